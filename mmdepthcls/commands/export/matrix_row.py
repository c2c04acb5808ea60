"""One line of the table of what can be exported."""
from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from mmengine.config import Config, ConfigDict
from mmseg.models.backbones.resnet import BasicBlock, Bottleneck
from mmseg.registry import MODELS

from ...apis.model_description import ModelDescription
from ...apis.model_file import write_model_file
from ...apis.pinned_classes import host_scope
from ..publish.published_config import model_of, published_config, published_pipeline, test_pipeline
from ..running.config_files import find_config
from .exact_rewrites import CannotExport
from .export_matrix import LOSSES
from .export_run import ExportRun

BLOCK = 0.2


def exported_row(name, config, changes, formats, pictures, training=None, size=None):
    """Make a model of a config, export it, and say how it went.

    Args:
        name (str): of the line.
        config (str): name of a config.
        changes (dict): of its model.
        formats (list[str]): 'onnx', 'openvino'.
        pictures (list[str], optional): to compare with.
        training (MatrixTraining, optional): where its weights come from; None: they are of chance.
        size (tuple[int, int], optional): of the pictures, where the network takes but one. Default: any.

    Returns:
        list[str]: cells.
    """
    with TemporaryDirectory() as folder:
        model_file = _model_file(Path(folder), config, changes, training)
        differences, shares, megabytes, proto = [], [], '', None
        for kind in formats:
            out = str(Path(folder, 'x.onnx' if kind == 'onnx' else 'x.xml'))
            args = Namespace(model=str(model_file), format=kind, out=out, size=size, batch=None, output_size=None,
                             focal_px=None, input_type='uint8', half=False, pictures=pictures, number=1, force=True)
            try:
                run = ExportRun(args)
                run.read_pictures()
                run.proto = proto
                comparison, files = run.write()
                proto = run.proto
            except CannotExport as error:
                proto = run.proto
                differences.append(str(error).partition('\n')[0][:200])
                shares.append('')
                continue
            depth = [each for each in comparison.differences if each.name == 'depth']
            differences.append(f'{max(each.largest for each in depth):.1g} m')
            beyond = max(each.beyond for each in comparison.differences)
            shares.append(f'all but {beyond:.3%} of the pixels, which are ties' if beyond else 'all pixels')
            megabytes = f'{sum(path.stat().st_size for path in files) / 1e6:.1f}'
    weights = 'chance' if training is None else f'trained, {training.iterations}'
    sizes = 'any' if size is None else '{} x {}'.format(*size)
    return [name, weights, sizes, megabytes, *differences, *shares]


def _model_file(folder, config, changes, training):
    cfg = Config.fromfile(find_config(config))
    cfg.default_scope = cfg.get('default_scope') or 'mmseg'
    if changes:
        cfg.model.decoder = changes['decoder']
        loss = LOSSES.get(changes['decoder']['type'])
        if loss:
            cfg.model.decode_head.loss_decode = loss
            cfg.model.pop('auxiliary_head', None)
    own, pipeline = published_model(cfg), published_pipeline(test_pipeline(cfg))
    torch.manual_seed(0)
    backbone = dict(own['backbone'])
    if backbone['type'] == 'TIMMBackbone':
        backbone['pretrained'] = False  # its default is True
    with host_scope():
        model = MODELS.build(ConfigDict(own, backbone=backbone))
    if training is None:
        see_pictures(model)
    else:
        model.load_state_dict(training.weights(cfg))
    path = folder / 'model.safetensors'
    write_model_file(path, model.eval(), ModelDescription(own, pipeline))
    return path


def published_model(cfg):
    """dict: a config's model as a model file has it."""
    return published_config(model_of(cfg), None)


def see_pictures(model):
    """Give norms the statistics of pictures, so that weights of chance neither explode nor vanish, and logits size.

    What the blocks of a ResNet add counts :data:`BLOCK`, as in trained ones; else each of a hundred layers of chance
    makes the rounding of those before it greater, and that is all that is seen.
    """
    for block in model.modules():
        if isinstance(block, (BasicBlock, Bottleneck)):
            torch.nn.init.constant_((block.norm3 if isinstance(block, Bottleneck) else block.norm2).weight, BLOCK)
    norms = [part for part in model.modules() if isinstance(part, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    images = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 128, 128)).astype(np.float32))
    with torch.no_grad():
        logits = model.decode_head.forward(model.extract_feat(images))
        for name, parameter in model.decode_head.named_parameters():
            if 'conv_seg' in name or parameter.shape[:1] == logits.shape[1:2]:
                parameter /= logits.std()
    for norm in norms:
        norm.eval()
