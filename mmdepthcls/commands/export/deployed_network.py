"""All that lies between the pixels of a picture and metres, as one module that can be put into a file."""
import torch
import torch.nn.functional as F
from torch import nn

from ...apis.interval_widening import widened
from ...models.image_bins_head import ImageBinsHead
from ...models.uncertainty import confidence, interval

SOFTMAX_OUTPUTS = ('confidence', 'interval')
# What is decoded is computed from these, by their names in ModelDescription.decode_at.
AT_LOGITS, AT_OUTPUT = 'logits', 'output'


class DeployedNetwork(nn.Module):
    """A ``DepthClassifier`` from RGB 0..255 to metres: channel order, normalization, padding, network, temperature,
    decoder, at the place that the model's ``decode_at`` says.

    Args:
        model (DepthClassifier): in eval mode.
        factor (float): by which metres are multiplied, for a camera that is known beforehand.
        scale (float): likewise, of the model's calibration.
        widening (float): of the interval, see :func:`mmdepthcls.apis.interval_widening.widened`.
        trained_focal_px (float, optional): with it ``forward`` takes focal lengths, and multiplies metres by theirs
            over this one.
        output_size (tuple[int, int], optional): height and width of what is given. Default: those of the picture.
    """

    def __init__(self, model, factor=1.0, scale=1.0, widening=1.0, trained_focal_px=None, output_size=None):
        super().__init__()
        self.model, self.factor, self.widening = model, factor * scale, widening
        self.trained_focal_px = trained_focal_px
        self.output_size = output_size
        edges, centers = model.bins.tensors('cpu', torch.float32)
        self.register_buffer('edges', edges.clone(), persistent=False)
        self.register_buffer('centers', centers.clone(), persistent=False)

    @property
    def outputs(self):
        """tuple[str]: names of what ``forward`` gives."""
        return ('depth', *(SOFTMAX_OUTPUTS if self.model.decoder.of_softmax else ()))

    def forward(self, image, focal_px=None):
        """Metres of pictures.

        Args:
            image (Tensor): (N, H, W, 3) RGB, 0..255, uint8 or float32.
            focal_px (Tensor, optional): (N, ) float32, pixels of this very picture; 0: unknown, nothing is corrected.

        Returns:
            tuple[Tensor]: depth (N, H, W) m; and of a softmax confidence (N, H, W) and interval (N, 2, H, W) m.
        """
        size = image.shape[1:3]
        images = self._padded(self._normalized(image.permute(0, 3, 1, 2).contiguous().float()))
        features, head = self.model.extract_feat(images), self.model.decode_head
        logits = head.forward(features).float() / self.model.temperature
        centers, edges = self._bins(head, features)
        where = self.model.test_cfg['decode_at']
        if where != AT_LOGITS:
            logits = self._resized(logits, images.shape[2:])
        if where == AT_OUTPUT:
            logits = self._at_output(logits, images.shape[2:], size)
        maps = [self.model.decoder(logits, centers, edges)]
        if self.model.decoder.of_softmax:
            maps += [confidence(logits), interval(logits, centers, edges)]
        if where != AT_OUTPUT:
            maps = [self._at_output(each, images.shape[2:], size) for each in maps]
        factor = self._metres(focal_px)
        depth = (maps[0] * factor)[:, 0]
        if len(maps) == 1:
            return (depth, )
        sure, ends = maps[1:]
        if self.widening != 1:
            ends = torch.cat(widened(ends[:, :1], ends[:, 1:], self.widening), dim=1)
        return depth, sure[:, 0], ends * factor

    def _normalized(self, images):
        """As the preprocessor does what it loads as BGR."""
        preprocessor = self.model.data_preprocessor
        # Its name differs from stack to stack.
        flips = getattr(preprocessor, 'channel_conversion', False) or getattr(
            preprocessor, '_channel_conversion', False)
        if not flips:
            images = images.flip(1)
        return (images - preprocessor.mean) / preprocessor.std if preprocessor._enable_normalize else images

    def _padded(self, images):
        preprocessor = self.model.data_preprocessor
        test_cfg, value = preprocessor.test_cfg or {}, preprocessor.pad_val
        height, width = images.shape[2:]
        if test_cfg.get('size') is not None:
            rows, columns = test_cfg['size']
            below, right = torch.sym_max(rows - height, 0), torch.sym_max(columns - width, 0)
        elif (test_cfg.get('size_divisor') or 1) > 1:
            divisor = test_cfg['size_divisor']
            below, right = -height % divisor, -width % divisor
        else:
            return images
        return F.pad(images, (0, right, 0, below), value=value)

    def _bins(self, head, features):
        if not isinstance(head, ImageBinsHead):
            return self.centers, self.edges
        edges, centers = head.predict_bins(features)
        return centers[:, :, None, None], edges[:, :, None, None]

    def _resized(self, values, size):
        return F.interpolate(values, size=tuple(size), mode='bilinear', align_corners=self.model.align_corners)

    def _at_output(self, values, padded, size):
        """Without padding, and of the size of the output."""
        if self.model.test_cfg['decode_at'] == AT_LOGITS:  # else they are of that size
            values = self._resized(values, padded)
        values = values[:, :, :size[0], :size[1]]
        return values if self.output_size is None else self._resized(values, self.output_size)

    def _metres(self, focal_px):
        if focal_px is None:
            return self.factor
        known = torch.where(focal_px > 0, focal_px / self.trained_focal_px, torch.ones_like(focal_px))
        return (known * self.factor)[:, None, None, None]
