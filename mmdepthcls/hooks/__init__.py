"""Hooks of MMEngine's runner that stop what would be trained for nothing, and resume what was moved."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
