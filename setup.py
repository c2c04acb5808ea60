"""Install mmdepthcls. ``pip install -e .`` alone installs no MMSegmentation: choose a stack with an extra."""
import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r"__version__ = '(.+?)'", (ROOT / 'mmdepthcls' / '__init__.py').read_text('utf-8')).group(1)

# Each stack provides the import names mmengine, mmcv and mmseg; install one of them only.
STACKS = {
    'onedl': ['onedl-mmengine>=0.10.12', 'onedl-mmcv>=2.3.6', 'onedl-mmsegmentation>=1.4.2', 'tensorboard'],
    'openmmlab': ['mmengine>=0.11.0rc3', 'mmcv-lite>=2.1.0,<2.2.0', 'mmsegmentation>=1.2.2', 'ftfy', 'regex',
                  'tensorboard'],
}

setup(
    name='mmdepthcls',
    version=VERSION,
    description='Metric depth by classification for any MMSegmentation model',
    long_description=(ROOT / 'README.md').read_text('utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    packages=find_packages(include=['mmdepthcls', 'mmdepthcls.*']),
    package_data={'mmdepthcls.datasets': ['*.csv']},
    python_requires='>=3.10',
    # No version bounds: a bound could change the torch or numpy of a working MMSeg environment. opencv-python and no
    # other distribution of OpenCV: mmcv requires this one on both stacks, and two of them overwrite each other's files.
    install_requires=['numpy', 'torch', 'opencv-python', 'matplotlib'],
    # timm: MMSegmentation's TIMMBackbone, such as configs/upernet_convnext-t_kitti_sid71.py.
    extras_require={
        **STACKS, 'timm': ['timm'],
        'test': ['coverage>=7.10', 'pytest', 'pytest-timeout', 'pytest-xdist', 'hypothesis', 'ruff', 'timm']},
)
