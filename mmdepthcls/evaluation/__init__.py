"""Scores of depth maps. All is pure but the evaluators (``*_evaluator``, ``submission_metric``)."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
