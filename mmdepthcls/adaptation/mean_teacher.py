"""A mean teacher: a moving average of the model labels the target, on which the model is trained in harder images."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmseg.models.utils import resize
from mmseg.registry import MODELS
from mmseg.utils import add_prefix

from .adaptation_method import AdaptationMethod, check_number, images_at, indices_by_domain
from .confidence import FACTOR, mass_within
from .depth_pasting import MIXES, pasted_region, random_boxes
from .image_jitter import jitter
from .network_output import bins_of, read_depth
from .teacher import Teacher
from .weighted_losses import losses_of_weighted_pixels, weighted_losses

WEIGHTS = ('pixel', 'image')


@MODELS.register_module()
class MeanTeacher(AdaptationMethod):
    """Trains the model on what a moving average of it (Tarvainen and Valpola, 2017) reads of the target's images as
    they come, in the same images made harder: changed in their looks, and with a part of an image of the source, whose
    depth is known, pasted over (after DACS, Tranheden et al., 2021, whose mixing of classes has no meaning for depth).

    The label of a pixel is the teacher's own reading; how far it is to be trusted is the probability that the depth
    lies within ``factor`` of it. Adds the losses of the decode head on these labels as ``target.loss_...``, divided by
    the number of all pixels, and ``target.share``, the percentage of the target's pixels that are trusted. A checkpoint
    holds model and teacher; it is the model that predicts.

    Args:
        loss_weight: of the target's losses.
        alpha: the greatest share that the average keeps at an iteration, see :class:`.Teacher`.
        threshold: probability from which on a reading is trusted, 0..1.
        factor: > 1.
        weights: 'pixel': what is not trusted has no label; 'image': all pixels of an image have one, with the share of
            its pixels that are trusted as their weight, as DACS does it.
        mix: 'depth': the source is pasted where it is nearer than the target's reading, so that nothing hides what is
            in front of it; 'cutmix': wherever the box is (Yun et al., 2019); 'none'.
        sides: least and greatest side of the box, as shares of the image's.
        jitter: of the looks, see :func:`.image_jitter.jitter`; 0: none.
        ignore_top: share of the rows that get no label, from the top: where a LiDAR sees nothing.
        max_depth: readings beyond get no label, m as the bins have them; None: the bins' last edge.

    Raises:
        ValueError: for arguments without sense; for a head whose losses cannot weight pixels; in training, for samples
            of the source without ``gt_depth_map``, if it is mixed.
    """

    def __init__(self, loss_weight: float = 1.0, alpha: float = 0.999, threshold: float = 0.6, factor: float = FACTOR,
                 weights: str = 'pixel', mix: str = 'depth', sides: tuple[float, float] = (0.3, 0.7),
                 jitter: float = 0.5, ignore_top: float = 0.0, max_depth: float | None = None) -> None:
        super().__init__(loss_weight)
        for name, value in dict(alpha=alpha, threshold=threshold, ignore_top=ignore_top).items():
            check_number(self, name, value, most=1)
        check_number(self, 'jitter', jitter, most=1)
        if alpha == 1 or ignore_top == 1:
            raise ValueError('MeanTeacher: alpha and ignore_top must be below 1')
        check_number(self, 'factor', factor, least=1 + 1e-6)
        if weights not in WEIGHTS or mix not in MIXES:
            raise ValueError(f'MeanTeacher: weights must be one of {WEIGHTS} and mix one of {MIXES}, got {weights!r} '
                             f'and {mix!r}')
        if len(sides) != 2 or not 0 < sides[0] <= sides[1] <= 1:
            raise ValueError(f'MeanTeacher: sides are the least and the greatest share, within 0..1, got {sides!r}')
        if max_depth is not None:
            check_number(self, 'max_depth', max_depth)
        self.alpha, self.threshold, self.factor, self.weights = alpha, threshold, factor, weights
        self.mix, self.sides, self.jitter, self.ignore_top, self.max_depth = mix, sides, jitter, ignore_top, max_depth

    def attach(self, model: Any) -> None:
        """See :class:`AdaptationMethod`."""
        name = type(self).__name__
        if not model.decoder.of_softmax and model.decoder.family != 'ordinal':
            raise ValueError(f'{name}: {type(model.decoder).__name__} reads no probabilities of bins, from which it '
                             "would follow what to trust. Take a decoder of a softmax, or model.adaptation=dict("
                             "type='DeepCORAL').")
        if not weighted_losses(model.decode_head):
            raise ValueError(f'{name}: no loss of the decode head is a sum over pixels that can be weighted. Add '
                             "dict(type='SparseCrossEntropyLoss') to model.decode_head.loss_decode.")
        self.teacher = Teacher(model, self.alpha)

    def loss(self, model: Any, inputs: torch.Tensor, data_samples: Sequence[Any]) -> dict[str, torch.Tensor]:
        """See :class:`AdaptationMethod`."""
        source, target = indices_by_domain(data_samples)
        samples = [data_samples[index] for index in source]
        self.teacher.follow(model)
        images = images_at(inputs, source)
        others, depth, weight, trusted = self._labelled(
            model, images_at(inputs, target), [data_samples[index] for index in target])
        others, depth, weight = self._mixed(images, samples, others, depth, weight)
        features = model.extract_feat(torch.cat([images, jitter(others, self.jitter)]))
        losses = model.loss_of_features([each[:len(source)] for each in features], samples)
        added = losses_of_weighted_pixels(model, [each[len(source):] for each in features], depth, weight)
        losses.update(add_prefix({name: self.loss_weight * value for name, value in added.items()}, 'target'))
        losses['target.share'] = 100 * trusted
        return losses

    @torch.no_grad()
    def _labelled(self, model, images, samples):
        """The images, their depth as the teacher reads it and the weights of its pixels, (N, 1, H, W); and the share
        that is trusted."""
        logits = self.teacher(images)
        with torch.autocast(images.device.type, enabled=False):
            depth = read_depth(model, logits)
            edges, centers = bins_of(model, logits)
            confidence = mass_within(logits.logits, depth, centers, edges, self.factor, not model.decoder.of_softmax)
            size = images.shape[2:]
            depth, confidence = (resize(each, size, mode='bilinear', align_corners=model.align_corners, warning=False)
                                 for each in (depth, confidence))
            usable = depth <= (self.max_depth or model.bins.max_depth)
            usable[:, :, :round(self.ignore_top * size[0])] = False
            for image, sample in zip(usable, samples, strict=True):  # padding is no image
                _, right, _, below = sample.metainfo.get('padding_size', (0, 0, 0, 0))
                image[:, size[0] - below:] = False
                image[..., size[1] - right:] = False
            trusted = (usable & (confidence >= self.threshold)).float()
        weight = trusted if self.weights == 'pixel' else usable * trusted.mean(dim=(1, 2, 3), keepdim=True)
        return images, depth, weight, trusted.mean()

    @torch.no_grad()
    def _mixed(self, images, samples, others, depth, weight):
        """Parts of the source's images pasted over the target's, with their depth."""
        if self.mix == 'none':
            return others, depth, weight
        for sample in samples:
            if 'gt_depth_map' not in sample:
                raise ValueError(f"{sample.metainfo.get('img_path')}: the sample has no gt_depth_map, which is pasted "
                                 'with its image. Put LoadDepth before PackDepthInputs in the pipeline of the source, '
                                 "or set model.adaptation.mix='none'.")
        partners = [index % len(samples) for index in range(len(others))]
        known = torch.stack([samples[index].gt_depth_map.data for index in partners]).to(depth.dtype)
        boxes = random_boxes(len(others), others.shape[2:], self.sides, others.device)
        pasted = pasted_region(self.mix, known, depth, boxes)
        return (torch.where(pasted, images_at(images, partners), others), torch.where(pasted, known, depth),
                torch.where(pasted, (known > 0).to(weight.dtype), weight))
