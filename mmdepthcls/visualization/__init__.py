"""Depth as pictures on a fixed color scale, the same in every frame. ``depth_color`` and ``figures`` are pure."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
