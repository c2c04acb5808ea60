"""The fully connected CRF under its public name; see :mod:`mmdepthcls.crf.dense_crf`."""
from .crf.dense_crf import dense_crf, label_compatibility

__all__ = ['dense_crf', 'label_compatibility']
