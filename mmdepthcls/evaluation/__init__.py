"""Scores of depth maps. ``errors``, ``crops``, ``baselines`` and ``table`` are pure."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'DepthEvaluator': 'depth_evaluator',
    'best_constant': 'baselines',
    'crop_region': 'crops',
    'depth_errors': 'errors',
    'mean_depth_map': 'baselines',
})
