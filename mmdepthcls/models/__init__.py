"""The depth classifier and its parts."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'AdaptiveBinsHead': 'adaptive_bins_head',
    'ArgmaxDecoder': 'decoders',
    'DeepLabV2Head': 'deeplabv2_head',
    'DenseCRF': 'crf',
    'DepthClassifier': 'depth_classifier',
    'DepthDataPreProcessor': 'data_preprocessor',
    'DepthTTAModel': 'depth_tta',
    'ExpectationDecoder': 'decoders',
    'LocalExpectationDecoder': 'decoders',
    'OrdinalDecoder': 'ordinal_decoder',
    'QuantileDecoder': 'decoders',
    'RegressionDecoder': 'regression_decoder',
})
