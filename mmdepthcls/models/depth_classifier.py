"""The segmentor that classifies depth bins and answers in metres."""
from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from mmseg.models import EncoderDecoder
from mmseg.registry import MODELS, TASK_UTILS
from mmseg.structures import SegDataSample
from mmseg.utils import add_prefix

from ..bins import DepthBins
from .attached_adaptation import attached_adaptation
from .bin_logits import BinLogits
from .canonical_metres import CanonicalMetres
from .classifier_state import TrainingPhase, add_state, take_state
from .counterparts import default_decoder, default_loss
from .crf import check_crf, refine
from .data_preprocessor import DepthDataPreProcessor, depth_preprocessor
from .decoded_maps import check_decoder, complete_test_cfg
from .decoders import Decoder
from .empty_batches import EmptyBatches
from .head_config import fit_heads
from .head_loss import connect_losses
from .image_bins_head import ImageBinsHead
from .label_census import LabelCensus
from .pretrained import loading_error
from .result_maps import ResultMaps
from .sliding_windows import averaged_windows


@MODELS.register_module()
class DepthClassifier(EncoderDecoder):
    """Depth estimation as pixel-wise classification of depth bins, with any backbone, neck and heads of MMSegmentation
    (Oluwafemi et al., 2019). One line turns a segmentation config into it::

        model = dict(type='DepthClassifier', bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71))

    The number of bins K is given to the decode head and all auxiliary heads as ``num_classes``, and their losses
    average over the pixels that have depth. Names of weights stay MMSegmentation's; ``bin_edges`` is saved beside them
    and compared before loading (see :mod:`mmdepthcls.models.bin_checkpoint`).

    Training: a sample's labels come from the pipeline (``DepthToBinLabel``; the first batch is checked against the
    bins) or, where a sample has none, from its ``gt_depth_map`` and the bins, on the device.

    Predicting: logits are divided by the temperature, upsampled bilinearly to the original image (``test_cfg`` mode
    'whole' or 'slide') and decoded in float32. Each result has

    - ``pred_depth_map``: (1, H, W) float32 metres, always; and in its metainfo ``depth_range``, the first and last edge
      of the bins, m, from which evaluators and the visualizer take what their configs leave open;
    - ``pred_sem_seg`` (1, H, W) int64 labels, ``seg_logits`` (K, H, W) float32, ``pred_confidence``, ``pred_entropy``
      (nats), ``pred_std`` (m), each (1, H, W) float32, and ``pred_interval`` (2, H, W) float32 m (quantiles 0.05 and
      0.95): if ``test_cfg['outputs']`` holds 'bins', 'logits', 'confidence', 'entropy', 'std', 'interval';
    - ``pred_depth_view`` (1, h, w) float32 metres at the size of the network's input, and with ``test_cfg['flip']``
      ``pred_depth_view_flipped``, the same for the mirror image, mirrored back: if it holds 'views'. The protocols of
      ``DepthEvaluator`` make their predictions of these.

    What :meth:`inference` gives carries all that is needed to read metres of it (:class:`.BinLogits`): nothing of a
    forward stays in the model, so results may be decoded whenever, in any order.

    With an :class:`~mmdepthcls.models.AdaptiveBinsHead` each image is decoded by its own bins. Labels and
    ``seg_logits`` stay those of ``bins``, windows and test-time augmentation are averaged over them (see
    docs/adaptive_bins.md).

    After a ``KBCrop`` H x W is the whole frame, and what was not predicted is label 255 and 0 in all else; the logits
    keep the size of the crop.

    ``test_cfg['decode_at']`` says where logits become metres: at the size of the 'output' (default: the original
    image), of the network's 'input', or of the 'logits' as the head gives them. The maps are then upsampled, not the
    logits: less time and memory, but metres mix at the borders of objects (see docs/uncertainty.md). ``seg_logits`` and
    test-time augmentation are always of the output's size.

    The temperature (``tools/fit_temperature.py``) is saved with the weights; 1 where a checkpoint has none and when a
    training begins.

    Args:
        bins: config or instance of the bins.
        backbone, decode_head, neck, auxiliary_head, train_cfg, pretrained, init_cfg: see
            :class:`mmseg.models.EncoderDecoder`.
        decoder: from logits and bin centers to metres. Default: the one that reads what the decode head's losses train
            (``OrdinalLoss``, or ``ExpectationSILogLoss`` alone); expectation of depth with an ``AdaptiveBinsHead``,
            whose loss trains it; else of log depth. With ``OrdinalDecoder`` heads without ``loss_decode`` train
            ``OrdinalLoss``.
        test_cfg: ``mode``, ``crop_size``, ``stride`` as in MMSegmentation, ``outputs``, ``flip`` and ``decode_at`` as
            above. Default ``dict(mode='whole')``. Where windows of mode 'slide' overlap, probabilities are averaged.
        data_preprocessor: a ``SegDataPreProcessor`` of an MMSegmentation config is replaced by
            ``DepthDataPreProcessor``, which does not pad depth with 255 m.
        require_edges: refuse to predict with a checkpoint that has no ``bin_edges``. Default True.
        crf: what sharpens the probabilities at the size of the network's input, such as
            :class:`~mmdepthcls.models.crf.DenseCRF`; see docs/crf.md. Default: none.
        canonical_focal_px: the bins are of the metres of one canonical camera of this focal length (pixels of the
            network's input), and labels are made for it; results are in the metres of the camera that took each
            picture, so that samples need ``focal_px`` (see docs/cameras.md). Saved with the weights and compared, as
            the edges are. Without samples to say the focal length, metres are those of the canonical camera. Default:
            bins are of each camera's own metres.
        depth_range: nearest and farthest depth in metres of the camera that took a picture: what lies outside is not
            learned, and results say it as their ``depth_range``. Default: the bins alone decide.
        adaptation: how batches of two domains are trained on, such as :class:`~mmdepthcls.adaptation.DeepCORAL`; see
            docs/adaptation_methods.md. It changes no prediction, and models without it take its checkpoints. Default:
            none.

    Raises:
        ValueError: for ``test_cfg`` without sense, cascaded heads, and losses, decoders and pixel samplers that do not
            go together (see :mod:`mmdepthcls.models.loss_family`); on the first batch for labels made by other
            bins; after 20 batches in a row without a pixel of depth.
        BinMismatchError: when weights made for other edges, or without the head, are loaded to predict.
    """

    def __init__(self,
                 bins: dict | DepthBins,
                 backbone: dict,
                 decode_head: dict,
                 decoder: dict | None = None,
                 neck: dict | None = None,
                 auxiliary_head: dict | list[dict] | None = None,
                 train_cfg: dict | None = None,
                 test_cfg: dict | None = None,
                 data_preprocessor: dict | None = None,
                 pretrained: str | None = None,
                 init_cfg: dict | list[dict] | None = None,
                 require_edges: bool = True,
                 crf: dict | None = None,
                 canonical_focal_px: float | None = None,
                 depth_range: Sequence[float] | None = None,
                 adaptation: dict | None = None,
                 **unknown: Any) -> None:
        if unknown or isinstance(decode_head, (list, tuple)):
            raise ValueError(f'DepthClassifier: got {sorted(unknown) or "a list of decode heads"}, which it does not '
                             'take. It extends EncoderDecoder; cascaded models (OCRNet, PointRend) are not supported.')
        bins = bins if isinstance(bins, DepthBins) else TASK_UTILS.build(bins)
        metres = CanonicalMetres(canonical_focal_px, depth_range)
        decoder = MODELS.build(decoder or default_decoder(decode_head))
        if not isinstance(decoder, Decoder):
            raise ValueError(f'model.decoder: {type(decoder).__name__} is no decoder. Derive the class from '
                             'mmdepthcls.models.Decoder, which says what it needs.')
        num_logits = decoder.num_logits or bins.num_bins
        loss = default_loss(decoder)
        decode_head = fit_heads(decode_head, num_logits, 'decode_head', loss)
        auxiliary_head = fit_heads(auxiliary_head, num_logits, 'auxiliary_head', loss)
        super().__init__(
            backbone=backbone,
            decode_head=decode_head,
            neck=neck,
            auxiliary_head=auxiliary_head,
            train_cfg=train_cfg,
            test_cfg=complete_test_cfg(test_cfg),
            data_preprocessor=depth_preprocessor(data_preprocessor),
            pretrained=pretrained,
            init_cfg=init_cfg)
        self.bins = bins
        self.decoder = decoder
        check_decoder(self.decoder, self.test_cfg, isinstance(self.decode_head, ImageBinsHead))
        self.crf = None if crf is None else MODELS.build(crf)
        check_crf(self.crf, self.decoder, self.test_cfg, self.data_preprocessor)
        self.require_edges = require_edges
        self.temperature = 1.0
        self._metres = metres
        self._census = LabelCensus(bins, self.decode_head.ignore_index, metres)
        if isinstance(self.data_preprocessor, DepthDataPreProcessor):
            self.data_preprocessor.census = self._census
        self._empty_batches = EmptyBatches()
        self._phase = TrainingPhase()
        self._pretrained = pretrained
        self._head_configs = copy.deepcopy(dict(decode_head=decode_head, auxiliary_head=auxiliary_head))
        connect_losses(self, bins)
        self.adaptation: Any = attached_adaptation(adaptation, self)

    @property
    def canonical_focal_px(self) -> float | None:
        """Focal length of the canonical camera, pixels of the network's input; None: there is none."""
        return self._metres.focal_px

    @property
    def depth_range(self) -> tuple[float, float] | None:
        """Nearest and farthest depth that are learned, m of each picture's camera; None: the bins alone decide."""
        return self._metres.depth_range

    def loss(self, inputs: torch.Tensor, data_samples: list[SegDataSample]) -> dict[str, torch.Tensor]:
        """Losses of a batch.

        Args:
            inputs: (N, 3, H, W) normalised images.
            data_samples: with ``gt_sem_seg`` or ``gt_depth_map``; for an ``adaptation`` with their ``domain``, and
                those of the target need neither.
        """
        if self.adaptation is not None:
            self._metres.to_canonical(data_samples)  # depth that an adaptation looks at is of the bins' metres
            return self.adaptation.loss(self, inputs, data_samples)
        return self.loss_of_features(self.extract_feat(inputs), data_samples)

    def loss_of_features(self, features: Sequence[torch.Tensor], data_samples: list[SegDataSample],
                         logits: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        """Losses of images whose features are known.

        Args:
            features: what :meth:`extract_feat` gives, (N, C, h, w) each.
            data_samples: with ``gt_sem_seg`` or ``gt_depth_map``.
            logits: (N, K, h, w), what the decode head makes of the features, where that is known too and the head is
                one that makes its losses of nothing else.
        """
        labelled = any(self._census.complete(data_samples))
        self._empty_batches.count(labelled, data_samples, self.bins)
        if logits is None:
            losses = self._decode_head_forward_train(features, data_samples)
        else:
            losses = add_prefix(self.decode_head.loss_by_feat(logits, data_samples), 'decode')
        if self.with_auxiliary_head:
            losses.update(self._auxiliary_head_forward_train(features, data_samples))
        # The host calls a batch without a single label 100 % accurate.
        return {name: value * labelled if 'acc_' in name else value for name, value in losses.items()}

    def predict(self, inputs: torch.Tensor, data_samples: list[SegDataSample] | None = None) -> list[SegDataSample]:
        """Depth of a batch, see the class.

        Args:
            inputs: (N, 3, H, W) normalised images.
            data_samples: what to add the results to.
        """
        size = inputs.shape[2:]
        if data_samples is None:
            metainfos = [dict(ori_shape=size, img_shape=size, pad_shape=size)] * len(inputs)
        else:
            metainfos = [sample.metainfo for sample in data_samples]
            for metainfo in metainfos:
                self._metres.factor(metainfo)  # what is missing is said before the network has run
        logits = self.refine(self.inference(inputs, metainfos), inputs, metainfos)
        results = self.postprocess_result(logits, data_samples, size)
        if self.test_cfg['flip'] and data_samples is not None:
            mirrored = self.inference(inputs.flip(-1), metainfos).flip(-1)
            mirrored = self.refine(mirrored, inputs, metainfos)
            self._write_views(results, mirrored, size, 'pred_depth_view_flipped')
        return results

    def refine(self, logits: BinLogits, inputs: torch.Tensor, batch_img_metas: list[dict],
               crf: torch.nn.Module | None = None) -> BinLogits:
        """What :meth:`inference` gave, after a CRF.

        Args:
            logits: (N, K, H, W); not changed.
            inputs: (N, 3, H, W) normalised images.
            batch_img_metas: of the images.
            crf: in place of the model's own. Without either, the logits as they are.

        Raises:
            ValueError: for a CRF that does not go with the model.
        """
        if crf is not None:
            check_crf(crf, self.decoder, self.test_cfg, self.data_preprocessor)
        crf = self.crf if crf is None else crf
        if crf is None:
            return logits
        images = self.data_preprocessor.pixel_values(inputs)
        _, centers = self.bins.tensors('cpu', torch.float64)
        return refine(crf, self._as_bin_logits(logits), images, batch_img_metas, centers)

    def inference(self, inputs: torch.Tensor, batch_img_metas: list[dict]) -> BinLogits:
        """Logits of images, divided by the temperature: (N, K, H, W) at the size of the input, or smaller where they
        are decoded as the head gives them; and the bins that they are of."""
        result = super().inference(inputs, batch_img_metas)
        if self.temperature == 1:
            return result
        return result._replace(logits=result.logits.float().div_(self.temperature))  # no second map

    def slide_inference(self, inputs: torch.Tensor, batch_img_metas: list[dict]) -> BinLogits:
        """As the host, but where windows overlap probabilities are averaged, not logits; of the model's bins."""
        return averaged_windows(self, inputs, batch_img_metas)

    def whole_inference(self, inputs: torch.Tensor, batch_img_metas: list[dict]) -> BinLogits:
        """Logits of whole images (at the size of the input, or as the head gives them), and their bins."""
        features, head = self.extract_feat(inputs), self.decode_head
        at_logits = self.test_cfg['decode_at'] == 'logits'
        logits = head.forward(features) if at_logits else head.predict(features, batch_img_metas, self.test_cfg)
        return BinLogits(logits, head.predict_bins(features).detach() if isinstance(head, ImageBinsHead) else None)

    def encode_decode(self, inputs: torch.Tensor, batch_img_metas: list[dict]) -> torch.Tensor:
        """The logits of :meth:`whole_inference` alone, as MMSegmentation has them."""
        return self.whole_inference(inputs, batch_img_metas).logits

    def _as_bin_logits(self, logits):
        """A plain tensor is of the model's bins, unless the head has others."""
        if isinstance(logits, BinLogits):
            return logits
        if isinstance(self.decode_head, ImageBinsHead):
            raise ValueError(f'{type(self.decode_head).__name__} gives each image bins of its own, and a tensor of '
                             'logits does not say which. Pass on what model.inference() returned; for logits of '
                             'model.bins (as seg_logits are) mmdepthcls.models.BinLogits(logits).')
        return BinLogits(logits)

    def postprocess_result(self, seg_logits: BinLogits | torch.Tensor, data_samples: list[SegDataSample] | None = None,
                           input_size: Sequence[int] | None = None) -> list[SegDataSample]:
        """Depth from logits.

        Args:
            seg_logits: (N, K, h, w) as :meth:`inference` gives them. A tensor is taken to be of the model's bins.
            data_samples: what to add the results to.
            input_size: height and width of the network's input. Default: of the logits.

        Returns:
            With ``pred_depth_map`` and whatever ``test_cfg['outputs']`` asks for.

        Raises:
            ValueError: for a tensor where images have bins of their own, and for logits that the decoder cannot read.
        """
        given = self._as_bin_logits(seg_logits)
        size = tuple(given.logits.shape[2:] if input_size is None else input_size)
        results = data_samples or [SegDataSample(metainfo=dict(focal_px=self.canonical_focal_px)) for _ in given.logits]
        maps = self._result_maps
        # One image after the other: at the original size logits are 132 MB for a KITTI frame and 71 bins.
        for result, each in zip(results, given.split(), strict=True):
            maps.write(result, each, size, self.decode_result)
        if 'views' in self.test_cfg['outputs'] and data_samples is not None:
            self._write_views(results, given, size, 'pred_depth_view')
        return results

    def decode_result(self, result: SegDataSample, logits: BinLogits | torch.Tensor) -> SegDataSample:
        """Write the outputs for full-size logits (K, H, W) of one image into a data sample, and remove what nobody
        asked for."""
        self._result_maps.write_decoded(result, self._as_bin_logits(logits))
        return result

    @property
    def _result_maps(self):
        return ResultMaps(self.bins, self.decoder, self._metres, self.test_cfg, self.align_corners)

    def _write_views(self, results, logits, input_size, name):
        maps = self._result_maps
        for result, each in zip(results, logits.split(), strict=True):
            maps.write_view(result, each, input_size, name)

    def init_weights(self) -> None:
        """Initial weights for training; an error about pretrained weights says how to give a local file."""
        self._phase.starts_training = True
        try:
            super().init_weights()
        except (OSError, ImportError, KeyError) as error:
            explained = loading_error(error, self.backbone, self._pretrained)
            if explained is None:
                raise
            raise explained from error

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        add_state(self, destination, prefix)

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs):
        take_state(self, state_dict, prefix, self._head_configs, self.training and self._phase.starts_training)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
