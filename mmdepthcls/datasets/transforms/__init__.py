"""Transforms of training and test pipelines that know what depth is: loading, geometry, labels, packing."""
from ...compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
