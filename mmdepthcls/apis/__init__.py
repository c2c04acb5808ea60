"""Using a trained model: ``DepthInferencer``, from pictures to metres, and the model in one file."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
