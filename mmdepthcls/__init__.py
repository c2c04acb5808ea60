"""Metric depth by classification for any MMSegmentation model.

Importing the package, before or after MMSegmentation, makes MMSegmentation's registries know its datasets, transforms,
models, evaluators, hooks and visualizer. It imports nothing else: the pure modules (``bins``, ``evaluation.errors``,
...) work where no MMSegmentation is installed, and the first name that needs it says how to install it.
"""
from . import compat

__version__ = '0.1.0'

compat.prepare_host()
