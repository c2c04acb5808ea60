"""Adapting a model that was trained on one domain (source) to images of another (target), whose depth nobody knows."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
