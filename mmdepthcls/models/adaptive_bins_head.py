"""A head whose bins differ from image to image."""
from mmengine.model import BaseModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from torch import nn

from .bin_width_network import BinWidthNetwork
from .distribution import check_space
from .head_config import fit_heads
from .head_loss import loss_of_image_bins
from .image_bins import change_widths

# AdaBins' eq. 6: its eq. 4 (SILog with a factor of 10) and 0.1 times its eq. 5.
ADABINS_LOSS = (dict(type='ExpectationSILogLoss', loss_weight=10.0), dict(type='BinChamferLoss', loss_weight=0.1))
# What a head must leave to BaseDecodeHead, so that its logits are K a pixel and mean what they seem to.
LEFT_TO_BASE = ('loss', 'loss_by_feat', 'predict', 'predict_by_feat')


@MODELS.register_module()
class AdaptiveBinsHead(BaseModule):
    """Bins predicted for each image (AdaBins: Bhat et al., 2021; BinsFormer: Li et al., 2022), around any head of
    MMSegmentation that classifies pixels::

        decode_head=dict(type='AdaptiveBinsHead', head=dict(type='UPerHead', in_channels=[...], ...))

    The head inside gives K logits a pixel. A small transformer over the deepest features that it uses gives each image
    its bins: the model's own with their widths changed (:func:`~mmdepthcls.models.image_bins.change_widths`). Untrained
    it changes nothing: the model is the one with fixed bins. First and last edge are always the model's.

    A checkpoint of a model with the head inside alone is a start for training: its names of weights are understood.

    Losses are those of an image's own bins: ``ExpectationSILogLoss`` and ``BinChamferLoss``, which train the widths;
    beside them ``SparseCrossEntropyLoss`` and ``FocalDepthLoss``, to labels that the image's bins make of its depth.
    Auxiliary heads keep the fixed bins. Every training sample needs ``gt_depth_map``.

    Args:
        num_classes (int): K, given by :class:`~mmdepthcls.models.DepthClassifier`.
        head (dict): config of the head inside, without ``loss_decode``.
        space (str): widths are shares of 'depth' (as in the papers) or of 'log' depth (needs ``min_depth`` > 0).
        floor (float): least width of a bin, as a share of its fixed width; in (0, 1].
        network (dict, optional): arguments of :class:`~mmdepthcls.models.bin_width_network.BinWidthNetwork`.
        in_index (int, optional): which features the network sees. Default: the last that the head inside uses.
        in_channels (int, optional): their channels. Default: likewise.
        loss_decode (dict or list[dict]): Default: AdaBins' loss.
        init_cfg (dict, optional): see :class:`mmengine.model.BaseModule`.

    Attributes:
        image_bins (ImageBins or None): of the images of the last forward that was not for training, without gradient.

    Raises:
        ValueError: for a head inside that does not classify pixels or samples them, losses that need fixed bins, losses
            of which none trains the widths or none the logits, and other arguments out of range.
    """

    #: Of a model with this head: what the default loss trains.
    default_decoder = dict(type='ExpectationDecoder')

    def __init__(self, num_classes, head, space='depth', floor=0.01, network=None, in_index=None, in_channels=None,
                 loss_decode=ADABINS_LOSS, init_cfg=None):
        super().__init__(init_cfg)
        if not 0 < floor <= 1:
            raise ValueError(f'AdaptiveBinsHead: expected 0 < floor <= 1, got {floor!r}')
        self.space, self.floor = check_space(self, space), floor
        self.head = _build_inner(head, num_classes)
        self.num_classes = self.out_channels = num_classes
        self.ignore_index, self.align_corners = self.head.ignore_index, self.head.align_corners
        self.in_index = _last(self.head.in_index) if in_index is None else in_index
        in_channels = _last(head.get('in_channels')) if in_channels is None else in_channels
        if in_channels is None:
            raise ValueError('AdaptiveBinsHead: the head inside does not say its in_channels. Set '
                             'decode_head.in_channels to the channels of the features at decode_head.in_index.')
        self.width_network = BinWidthNetwork(in_channels, num_classes, **(network or {}))
        losses = loss_decode if isinstance(loss_decode, (list, tuple)) else [loss_decode]
        self.loss_decode = nn.ModuleList(MODELS.build(dict(loss)) for loss in losses)
        _check_losses(self.loss_decode)
        self.bins = self.image_bins = None

    def set_bins(self, bins):
        """Take the fixed bins (:class:`mmdepthcls.bins.DepthBins`) of the model, which calls this when it is built.

        Raises:
            ValueError: for bins of another number, and for ``space='log'`` that begins at 0 m.
        """
        if bins.num_bins != self.num_classes:
            raise ValueError(f'AdaptiveBinsHead: {self.num_classes} logits a pixel, but the bins are {bins!r}')
        if self.space == 'log' and bins.min_depth == 0:
            raise ValueError("AdaptiveBinsHead: space='log' needs model.bins.min_depth > 0, got 0. Raise it, or set "
                             "space='depth'.")
        self.bins = bins

    def predict_bins(self, inputs):
        """Bins of images (:class:`~mmdepthcls.models.image_bins.ImageBins`, with gradient) from their features."""
        return change_widths(self.width_network(inputs[self.in_index]), self.bins, self.space, self.floor)

    def forward(self, inputs):
        """Logits (N, K, h, w) of a list of feature maps; the bins that they are of are in ``image_bins``."""
        self.image_bins = self.predict_bins(inputs).detach()
        return self.head(inputs)

    def predict(self, inputs, batch_img_metas, test_cfg):
        """Logits (N, K, H, W) at the size of the network's input."""
        return self.head.predict_by_feat(self.forward(inputs), batch_img_metas)

    def loss(self, inputs, batch_data_samples, train_cfg):
        """Losses by name, and ``acc_seg`` in percent."""
        # Not kept in the module: EMAHook copies it, which tensors with a history refuse.
        return loss_of_image_bins(self, self.head(inputs), self.predict_bins(inputs), batch_data_samples)

    def take_inner_names(self, state_dict, prefix):
        """Rename, in place, the weights of a checkpoint that has the head inside where this head is.

        Args:
            state_dict (dict): weights.
            prefix (str): of this head's keys.
        """
        keys = [key for key in state_dict if key.startswith(prefix)]
        if not any(key.startswith((f'{prefix}head.', f'{prefix}width_network.')) for key in keys):
            for key in keys:
                state_dict[f'{prefix}head.{key[len(prefix):]}'] = state_dict.pop(key)


def _build_inner(cfg, num_classes):
    if 'loss_decode' in cfg:
        raise ValueError('AdaptiveBinsHead: loss_decode stands in its own config, not in that of the head inside, '
                         'where labels of fixed bins mean nothing. Remove decode_head.head.loss_decode.')
    head = MODELS.build(fit_heads(cfg, num_classes, 'decode_head.head'))
    kind = type(head)
    if not isinstance(head, BaseDecodeHead) or head.sampler is not None or any(
            getattr(kind, name) is not getattr(BaseDecodeHead, name) for name in LEFT_TO_BASE):
        raise ValueError(f'AdaptiveBinsHead: {kind.__name__} has a loss or a prediction of its own, or a pixel '
                         'sampler. The head inside must give K logits a pixel and no more, as DeepLabV2Head, '
                         'UPerHead, SegformerHead, FCNHead and PSPHead do.')
    return head


def _check_losses(losses):
    for loss in losses:
        if not getattr(loss, 'of_image_bins', False):
            raise ValueError(f'AdaptiveBinsHead: {type(loss).__name__} is for fixed bins. Use ExpectationSILogLoss and '
                             'BinChamferLoss, and beside them SparseCrossEntropyLoss or FocalDepthLoss.')
    if not any(loss.trains_bins for loss in losses):
        raise ValueError('AdaptiveBinsHead: none of its losses trains the widths of the bins. Add ExpectationSILogLoss '
                         'or BinChamferLoss.')
    if all(getattr(loss, 'of_centers', False) for loss in losses):
        raise ValueError('AdaptiveBinsHead: none of its losses trains the logits. Add ExpectationSILogLoss.')


def _last(values):
    return values[-1] if isinstance(values, (list, tuple)) else values
