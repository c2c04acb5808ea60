"""Install mmdepthcls. ``pip install -e .`` alone installs no MMSegmentation: choose a stack with an extra."""
import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
VERSION = re.search(r"__version__ = '(.+?)'", (ROOT / 'mmdepthcls' / '__init__.py').read_text('utf-8')).group(1)

# Where the repository is published, without a '/' at the end. The one place that says so: the addresses in the metadata
# and the links of the README on a package index follow from it. Empty until it is published: .ci/release refuses that.
REPOSITORY = ''

# Each stack provides the import names mmengine, mmcv and mmseg; install one of them only.
STACKS = {
    'onedl': ['onedl-mmengine>=0.10.12', 'onedl-mmcv>=2.3.6', 'onedl-mmsegmentation>=1.4.2', 'tensorboard', 'timm'],
    'openmmlab': ['mmengine>=0.11.0rc3', 'mmcv-lite>=2.1.0,<2.2.0', 'mmsegmentation>=1.2.2', 'ftfy', 'regex',
                  'tensorboard', 'timm'],
}

# What writes and runs exported files. Each is needed for its format alone.
EXPORT = ['onnx', 'onnxscript', 'onnxruntime', 'openvino']

# The page of mmdepthcls app. Gradio brings the other two, and wants Pillow below 13.
APP = ['gradio>=6', 'fastapi', 'uvicorn']

# What builds the site of docs/.
DOCS = ['furo', 'myst-parser', 'sphinx>=8']

# What drives the browser of the tests of pages; the browser is the system's own.
PAGES = ['playwright']

# What mim, and mmdepthcls/shipped_files.py, find in the folder .mim of the package. An editable installation uses the
# repository's own; an sdist holds them in .mim only.
SHIPPED = ('configs', 'tools', 'model-index.yml')
MIM = Path('mmdepthcls', '.mim')


def read_me(repository=REPOSITORY):
    """The README, whose links to files of the repository lead to the published one, where there is one."""
    text = (ROOT / 'README.md').read_text('utf-8')
    if not repository:
        return text
    return re.sub(r'(!?)(\[[^\]]*\]\()(?!\w+:|#)', lambda match: (
        f'{match[1]}{match[2]}{repository}/{"raw" if match[1] else "blob"}/v{VERSION}/'), text)


def addresses(repository=REPOSITORY):
    """dict: what the metadata say of where the project is."""
    if not repository:
        return {}
    return dict(url=repository, project_urls={
        'Documentation': f'{repository}/blob/v{VERSION}/docs/index.md',
        'Changelog': f'{repository}/blob/v{VERSION}/CHANGELOG.md', 'Issues': f'{repository}/issues'})


def ship(folder):
    """Copy :data:`SHIPPED` into the package in ``folder``."""
    source = ROOT if (ROOT / SHIPPED[0]).is_dir() else ROOT / MIM
    shutil.rmtree(folder / MIM, ignore_errors=True)  # what an earlier build has left
    (folder / MIM).mkdir(parents=True)
    for name in SHIPPED:
        if (source / name).is_dir():
            shutil.copytree(source / name, folder / MIM / name, ignore=shutil.ignore_patterns('__pycache__', '*.pyc'))
        else:
            shutil.copy2(source / name, folder / MIM / name)


class BuildWithMim(build_py):
    """A wheel."""

    def run(self):
        super().run()
        if not self.editable_mode:
            ship(Path(self.build_lib))


class SdistWithMim(sdist):
    """A source distribution."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        ship(Path(base_dir))


setup(
    name='mmdepthcls',
    version=VERSION,
    description='Metric depth by classification for any MMSegmentation model',
    long_description=read_me(),
    long_description_content_type='text/markdown',
    **addresses(),
    author='The mmdepthcls authors',
    license='Apache-2.0',
    keywords=['depth estimation', 'monocular depth', 'metric depth', 'depth by classification', 'MMSegmentation',
              'OpenMMLab', 'computer vision', 'PyTorch'],
    classifiers=[
        'Development Status :: 4 - Beta', 'Environment :: Console', 'Intended Audience :: Developers',
        'Intended Audience :: Science/Research', 'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3 :: Only', 'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition', 'Typing :: Typed'],
    packages=find_packages(include=['mmdepthcls', 'mmdepthcls.*']),
    package_data={'': ['*.pyi'], 'mmdepthcls': ['py.typed'], 'mmdepthcls.datasets': ['*.csv'],
                  'mmdepthcls.apis': ['*.safetensors']},
    cmdclass={'build_py': BuildWithMim, 'sdist': SdistWithMim},
    entry_points={'console_scripts': ['mmdepthcls = mmdepthcls.__main__:main']},
    python_requires='>=3.10',
    # No version bounds: a bound could change the torch or numpy of a working MMSeg environment. opencv-python and no
    # other distribution of OpenCV: mmcv requires this one on both stacks, and two of them overwrite each other's files.
    install_requires=['numpy', 'torch', 'opencv-python', 'matplotlib', 'pillow', 'safetensors'],
    # timm: MMSegmentation's TIMMBackbone, which the model of this package and some configs have.
    extras_require={
        **STACKS, 'timm': ['timm'], 'export': EXPORT, 'app': APP, 'docs': DOCS, 'pages': PAGES,
        'test': ['coverage>=7.10', 'hypothesis', 'mypy==2.4.1', 'pytest', 'pytest-timeout', 'pytest-xdist', 'ruff',
                 *EXPORT]},
)
