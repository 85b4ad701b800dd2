"Tasks: what they are, and each of them by its class, imported when it is first used."
from importlib import import_module

from furnn.tasks.base import TASKS, Sequences, Task, fetch, make_task, register_task

_MODULES = {cls: module for module, cls in (place.split(":") for place in TASKS.values())}


def __getattr__(name: str):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
