"""Losses that train a head to classify depth, for ``loss_decode`` of a config. ``measured_pixels`` is pure."""
from ...compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
