"""Datasets of images with metric depth. What knows files, formats and splits is pure; the dataset classes and their
transforms need MMSegmentation."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
