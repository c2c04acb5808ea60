"""Scores of depth maps. All is pure but the evaluators (``*_evaluator``, ``submission_metric``)."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'DepthEvaluator': 'depth_evaluator',
    'EdgeEvaluator': 'edge_evaluator',
    'KITTISubmission': 'submission_metric',
    'Protocol': 'protocols',
    'SubmissionWriter': 'files.submission',
    'UncertaintyEvaluator': 'uncertainty_evaluator',
    'Views': 'views',
    'best_constant': 'baselines',
    'build_protocol': 'protocols',
    'check_submission': 'files.submission',
    'crop_region': '.crops',
    'depth_errors': 'errors',
    'mean_depth_map': 'baselines',
    'score_image': 'protocol_scores',
    'summarize': 'protocol_scores',
})
