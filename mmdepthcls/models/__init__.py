"""``DepthClassifier``, which turns a segmentor of MMSegmentation into one of depth, and the parts that it adds."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
