"""A trial of a model: one training step and one prediction on random images, without pretrained weights."""
import copy
import io
import logging
import math
import re
import warnings
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass

import torch
from mmengine.config import ConfigDict
from mmengine.logging import MMLogger
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmengine.structures import PixelData
from mmseg.registry import MODELS, OPTIM_WRAPPERS
from mmseg.structures import SegDataSample

from ...config.config_class import is_a

SMALL = (64, 96)
NEEDS_LARGER = 'its pooling windows need larger images'
SGD = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))


@dataclass(frozen=True)
class Trial:
    """What a model did.

    Args:
        size (tuple[int, int]): height and width of the images.
        losses (dict[str, float]): of the training step.
        num_parameters (int): of the whole model.
    """

    size: tuple
    losses: dict
    num_parameters: int


def without_pretrained(model):
    """Config of a model that loads no pretrained weights.

    Args:
        model (dict): not changed.

    Returns:
        dict: a copy.
    """
    if isinstance(model, dict):
        return {key: _no_weights(key, value) for key, value in model.items()}
    if isinstance(model, (list, tuple)):
        return type(model)(without_pretrained(value) for value in model)
    return copy.deepcopy(model)


def _no_weights(key, value):
    if key == 'pretrained':
        return False if isinstance(value, bool) else None  # timm's is a switch
    if key == 'init_cfg':
        return None
    return without_pretrained(value)


def random_batch(size, max_depth, num=2):
    """Random images with depth, a third of it measured.

    Args:
        size (tuple[int, int]): height, width.
        max_depth (float): of the depth, m.
        num (int): N.

    Returns:
        dict: as a data loader gives it: ``inputs``, ``data_samples``.
    """
    generator = torch.Generator().manual_seed(0)
    batch = dict(inputs=[], data_samples=[])
    for index in range(num):
        sample = SegDataSample(metainfo=dict(img_path=f'random image {index}', ori_shape=size, img_shape=size))
        depth = max_depth * torch.rand(1, *size, generator=generator)
        sample.gt_depth_map = PixelData(data=depth * (torch.rand(1, *size, generator=generator) < 1 / 3))
        batch['inputs'].append(torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=generator))
        batch['data_samples'].append(sample)
    return batch


def try_model(model, size=SMALL, predicted_size=None, optim_wrapper=None):
    """Build a depth classifier, train it for a step and predict.

    Args:
        model (dict): its config, not changed; pretrained weights are left out.
        size (tuple[int, int]): height and width of the random images.
        predicted_size (tuple[int, int], optional): of the image to predict for. Default: ``size``.
        optim_wrapper (dict, optional): the config's. Default: SGD. Mixed precision is left out: CPUs have none.

    Returns:
        Trial

    Raises:
        ValueError: with the reason, if anything fails.
    """
    model = ConfigDict(without_pretrained(model))
    model.setdefault('data_preprocessor', dict(type='DepthDataPreProcessor'))
    model.data_preprocessor.update(size=size, size_divisor=None)
    try:
        with DefaultScope.overwrite_default_scope('mmseg'), torch.random.fork_rng(), quiet():
            return _run(model, size, predicted_size or size, optim_wrapper or SGD)
    except Exception as error:  # of the host, in whatever form
        raise ValueError(reason_of(error)) from error


@contextmanager
def quiet():
    """Without the host's remarks on what it builds."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        # Some optimizer constructors print every parameter.
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter('ignore')
            yield
    finally:
        logger.setLevel(level)


def _run(model, size, predicted_size, optim_wrapper):
    torch.manual_seed(0)
    network = MODELS.build(model)
    losses = _train(network, random_batch(size, network.bins.max_depth), optim_wrapper)
    network.eval()
    with torch.no_grad():
        result = network.test_step(random_batch(predicted_size, network.bins.max_depth, num=1))[0]
    depth = result.pred_depth_map.data
    low, high = network.bins.min_depth, network.bins.max_depth
    if tuple(depth.shape) != (1, *predicted_size) or not ((depth >= low) & (depth <= high)).all():
        raise ValueError(f'the prediction for an image of {predicted_size} has shape {tuple(depth.shape)} and '
                         f'{depth.min():.3g} to {depth.max():.3g} m, expected {low:g} to {high:g} m')
    return Trial(size, losses, sum(parameter.numel() for parameter in network.parameters()))


def _train(network, batch, optim_wrapper):
    """One step. Returns the losses."""
    wrapper = ConfigDict(copy.deepcopy(optim_wrapper))
    if is_a(wrapper, OPTIM_WRAPPERS, 'AmpOptimWrapper'):
        wrapper = ConfigDict({**wrapper, 'type': 'OptimWrapper'})
        for key in ('loss_scale', 'dtype', 'use_fp16'):
            wrapper.pop(key, None)
    optimizer = build_optim_wrapper(network, wrapper)
    before = [parameter.detach().clone() for parameter in network.backbone.parameters() if parameter.requires_grad]
    network.train()
    losses = {name: float(value) for name, value in network.train_step(copy.deepcopy(batch), optimizer).items()}
    if not all(math.isfinite(value) for value in losses.values()):
        raise ValueError(f'the loss is not finite: {losses}')
    after = [parameter for parameter in network.backbone.parameters() if parameter.requires_grad]
    if before and all(torch.equal(old, new) for old, new in zip(before, after, strict=True)):
        raise ValueError('no parameter of the backbone moves in a training step')
    return losses


def reason_of(error):
    """What an error of the host means.

    Args:
        error (Exception)

    Returns:
        str: one line.

    >>> reason_of(KeyError("'mmpretrain.ConvNeXt is not in the mmseg::model registry. Please check'"))
    'needs mmpretrain.ConvNeXt, which is not installed'
    >>> reason_of(ValueError('no'))
    'no'
    """
    text = ' '.join(str(error.args[0] if error.args else error).split())
    operator = re.search(r'(mmcv\.ops\.\w+) is a compiled operator', text)
    if operator:
        return f'needs {operator.group(1)}, a compiled operator that this mmcv does not have'
    if 'Output size is too small' in text:
        return f'{NEEDS_LARGER} ({text})'
    missing = re.search(r'((?:mmdet|mmpretrain)\.\w+) is not in the', text)
    if missing:
        return f'needs {missing.group(1)}, which is not installed'
    if re.search(r'expected input.* to have \d+ channels', text):
        return f'its parts have different numbers of channels ({text[:300]})'
    if isinstance(error, ValueError):
        return text
    return f'{type(error).__name__}: {text[:300]}'
