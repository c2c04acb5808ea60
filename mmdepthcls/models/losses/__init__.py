"""Losses of depth bins. ``measured_pixels`` is pure."""
from ...compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'BalancedCrossEntropyLoss': 'balanced_cross_entropy',
    'BinChamferLoss': 'chamfer',
    'CenterLoss': 'center_loss',
    'DepthLoss': 'depth_loss',
    'ExpectationSILogLoss': 'silog',
    'FocalDepthLoss': 'focal',
    'MeasuredPixels': 'measured_pixels',
    'OrdinalLoss': 'ordinal',
    'RegressionSILogLoss': 'silog',
    'SoftLabelLoss': 'soft_label',
    'SparseCrossEntropyLoss': 'cross_entropy',
})
