"""How a model's logits are read on the page: by which decoder, and whether a CRF sharpens them before."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...apis.exported_model import ExportedModel
from ...models.crf import DenseCRF
from ...models.decoders import (
    ArgmaxDecoder,
    Decoder,
    ExpectationDecoder,
    LocalExpectationDecoder,
    QuantileDecoder,
)
from ...models.depth_classifier import DepthClassifier

# What follows from the probabilities of bins, whatever the model was trained for. Decoders have no weights.
OF_SOFTMAX: dict[str, Decoder] = {
    'Mean depth': ExpectationDecoder(),
    'Mean of log depth': ExpectationDecoder(space='log'),
    'Median': QuantileDecoder(),
    'Most probable bin': ArgmaxDecoder(),
    'Mean around the most probable bin': LocalExpectationDecoder(),
}
OWN = "the model's own"


class LogitReading:
    """The ways in which one model's logits can be read.

    Args:
        classifier: the model, in whose place an exported file may stand: that is read in its one way.

    Attributes:
        decoders (dict): label -> decoder, the model's own first.
        has_crf (bool): whether a CRF can sharpen it.
        own_crf (bool): whether the model has one itself.
        sharpened_bins (int): of a pixel that a CRF sharpens; 0 where none can.
    """

    def __init__(self, classifier: DepthClassifier | ExportedModel) -> None:
        self._classifier = classifier
        self.decoders: dict[str, Decoder | None] = {}
        self.has_crf = self.own_crf = False
        self.sharpened_bins = 0
        if isinstance(classifier, ExportedModel):
            self.decoders = {'as it was exported': None}
            return
        own = classifier.decoder
        self.decoders[f'{_label_of(own)} ({OWN})'] = own
        if own.of_softmax:
            self.decoders |= {label: each for label, each in OF_SOFTMAX.items() if not _is_same(each, own)}
            self.has_crf, self.own_crf = True, classifier.crf is not None
            self.sharpened_bins = classifier.bins.num_bins

    @contextmanager
    def chosen(self, label: str, crf: bool) -> Iterator[None]:
        """Let the model be read so inside. One at a time: it is the model itself that is changed.

        Args:
            label: of :attr:`decoders`.
            crf: sharpen by the model's own CRF, or by one with the defaults of ``DenseCRF``.
        """
        classifier, decoder = self._classifier, self.decoders[label]
        if isinstance(classifier, ExportedModel) or decoder is None:
            yield
            return
        before = classifier.decoder, classifier.crf, classifier.test_cfg['decode_at']
        try:
            classifier.decoder = decoder
            classifier.crf = (classifier.crf or DenseCRF()) if crf and self.has_crf else None
            if classifier.crf is not None and before[2] == 'logits':
                classifier.test_cfg['decode_at'] = 'input'  # a CRF looks at the image
            yield
        finally:
            classifier.decoder, classifier.crf, classifier.test_cfg['decode_at'] = before


def _label_of(decoder):
    return next((label for label, each in OF_SOFTMAX.items() if _is_same(each, decoder)), type(decoder).__name__)


def _is_same(one, other):
    """Whether two decoders do the same: they have no weights, and are what their arguments say."""
    return type(one) is type(other) and _arguments(one) == _arguments(other)


def _arguments(decoder):
    return {key: value for key, value in vars(decoder).items() if not key.startswith('_') and key != 'training'}

