"""Packaging: every setting is in settings.ini. FURNN_BUILD_KERNEL=1 puts the kernel into the wheel."""
import importlib.util
import os
from configparser import ConfigParser
from pathlib import Path

from setuptools import Distribution, find_packages, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

with_kernel = os.environ.get('FURNN_BUILD_KERNEL') == '1'


class BuildKernel(build_py):
    "Compile the CPU kernel, for each instruction set, into the folder that becomes the wheel"

    def run(self):
        super().run()
        if with_kernel and not self.editable_mode:
            spec = importlib.util.spec_from_file_location('build', 'furnn/kernels/build.py')
            build = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(build)
            for variant in build.variants():
                build.compile_library(Path(self.build_lib, 'furnn', 'kernels'), variant)


class WithKernel(Distribution):
    "A distribution that is made for one platform if it carries the kernel"

    def has_ext_modules(self):
        return with_kernel


class AnyPython(bdist_wheel):
    "A wheel for every Python of its platform: the kernel does not use Python's interface"

    def get_tag(self):
        return ('py3', 'none', super().get_tag()[2])

parser = ConfigParser(delimiters=['='])
parser.read('settings.ini', encoding='utf-8')
cfg = parser['DEFAULT']
readme = Path('README.md')
suffix = '_requirements'

setup(
    cmdclass={'build_py': BuildKernel, 'bdist_wheel': AnyPython},
    distclass=WithKernel,
    name=cfg['lib_name'],
    version=cfg['version'],
    description=cfg['description'],
    long_description=readme.read_text(encoding='utf-8') if readme.exists() else cfg['description'],
    long_description_content_type='text/markdown',
    author=cfg['author'],
    author_email=cfg['author_email'],
    keywords=cfg['keywords'],
    url=cfg['repository'] or None,
    license='Apache-2.0',
    classifiers=[
        'Development Status :: 3 - Alpha',
        'Intended Audience :: Science/Research',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Typing :: Typed',
        *(f'Programming Language :: Python :: {version}' for version in cfg['python_versions'].split()),
    ],
    python_requires=f">={cfg['min_python']}",
    packages=find_packages(include=[cfg['lib_path'], cfg['lib_path'] + '.*']),
    package_data={cfg['lib_path']: ['py.typed', 'assets/*', 'kernels/*.cpp']},
    install_requires=cfg['requirements'].split(),
    extras_require={k[:-len(suffix)]: v.split() for k, v in cfg.items() if k.endswith(suffix)},
    entry_points={
        'console_scripts': cfg['console_scripts'].split(),
        'nbdev': [f"{cfg['lib_path']}={cfg['lib_path']}._modidx:d"],
    },
    project_urls={'Documentation': cfg['site_url']} if cfg['site_url'] else {},
    zip_safe=False,
)
