"""The depth classifier and its parts."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'AdaptiveBinsHead': 'adaptive_bins_head',
    'ArgmaxDecoder': 'decoders',
    'BinLogits': 'bin_logits',
    'BinsUser': 'bins_user',
    'Decoder': 'decoders',
    'DeepLabV2Head': 'deeplabv2_head',
    'DenseCRF': 'crf',
    'DepthClassifier': 'depth_classifier',
    'DepthDataPreProcessor': 'data_preprocessor',
    'DepthTTAModel': 'depth_tta',
    'ExpectationDecoder': 'decoders',
    'ImageBins': 'image_bins',
    'ImageBinsHead': 'image_bins_head',
    'LocalExpectationDecoder': 'decoders',
    'OrdinalDecoder': 'ordinal_decoder',
    'QuantileDecoder': 'decoders',
    'RegressionDecoder': 'regression_decoder',
})
