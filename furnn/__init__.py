"Full-capacity unitary recurrent networks. The names below are loaded when they are first used."
__version__ = "0.2.0"

from importlib import import_module

_PLACES = {
    "furnn.unitary": ("FullUnitary", "RestrictedUnitary", "EUNNUnitary", "HouseholderUnitary",
                      "ExpUnitary", "CayleyUnitary", "DiagonalUnitary", "UnitaryParameter",
                      "register_unitary"),
    "furnn.capacity": ("parameter_count",),
    "furnn.urnn": ("URNN", "URNNCell", "SwitchedURNN", "SequenceModel"),
    "furnn.optim": ("CayleyRMSprop", "CayleySGD", "CayleyAdam", "Together", "split_parameters",
                    "parameter_groups"),
    "furnn.tasks": ("make_task", "register_task"),
    "furnn.learner": ("fit", "evaluate"),
}
_MODULE = {name: module for module, names in _PLACES.items() for name in names}
__all__ = list(_MODULE)


def __getattr__(name: str):
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
