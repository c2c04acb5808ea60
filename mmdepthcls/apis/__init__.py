"""What programs call: ``DepthInferencer``, from pictures to metres. ``camera``, ``point_cloud``, ``depth_result`` and all
that finds and reads pictures are pure."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
