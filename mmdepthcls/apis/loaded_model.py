"""A model that predicts, with what is known of its training: of a model file, or of a config and a checkpoint."""
from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict
from mmengine.registry import DefaultScope
from mmengine.runner.checkpoint import load_state_dict
from mmseg.registry import MODELS
from torch import nn

from ..checkpoint_file import read_checkpoint, weights_of
from ..config.config_class import class_name, is_a
from ..config.unread_key import check_new_key
from ..models.decoded_maps import check_decoder
from ..models.depth_classifier import DepthClassifier
from ..models.image_bins_head import ImageBinsHead
from .description_check import UNCORRECTED
from .exported_model import ExportedModel
from .graph_file import SUFFIXES
from .input_pipeline import InputPipeline, pipeline_of_config

SUFFIX = '.safetensors'
WITHOUT_CRF = "without the model's CRF, which exported files do not have"
GIVE = 'Give a model file (--model FILE.safetensors), or --config CONFIG and --checkpoint FILE.pth'


@dataclass(frozen=True)
class LoadedModel:
    """A model in eval mode, and how to use it.

    Args:
        model: the classifier, or what averages its views.
        classifier: the classifier itself; or the network of an exported file.
        pipeline: makes the network's input of a picture.
        identity: what tells the model from others: names and SHA-256 of its files.
        focal_px: focal length that it was trained at, in pixels of the network's input; None: unknown.
        supervised_rows: first row that its training supervised, as a share of the input's height; None: unknown.
        max_depth_supervised: m; None: unknown.
        remark: what whoever uses it should know of its training.
        scale: by which metres are multiplied, of a calibration.
        interval_widening: of a calibration, see :class:`~mmdepthcls.apis.ModelDescription`; None: none.
        built_in: by which an exported file has multiplied its metres already.
        scale_focal: of the calibration, see :class:`~mmdepthcls.apis.ModelDescription`.
    """
    model: nn.Module | ExportedModel
    classifier: DepthClassifier | ExportedModel
    pipeline: InputPipeline
    identity: dict[str, Any]
    focal_px: float | None = None
    supervised_rows: float | None = None
    max_depth_supervised: float | None = None
    remark: str = ''
    scale: float = 1.0
    interval_widening: dict[str, Any] | None = None
    built_in: float = 1.0
    scale_focal: str | None = None

    @property
    def calibration(self) -> tuple[float, dict[str, Any] | None]:
        """Scale and widening of the intervals by a calibration, also where an exported file has them built in."""
        if isinstance(self.classifier, ExportedModel):
            about = self.classifier.description.model
            return about.scale, about.interval_widening
        return self.scale, self.interval_widening

    @property
    def of_one_camera(self) -> bool:
        """Whether its calibration has taken in the focal length of a camera, so that a correction by the focal length
        would correct twice."""
        return self.scale_focal == UNCORRECTED

    @property
    def depth_range(self) -> tuple[float, float]:
        """m, between which it answers, for a picture of the focal length that it was trained at."""
        bins = self.classifier.bins
        factor = self.scale * self.built_in
        return bins.min_depth * factor, bins.max_depth * factor

    @property
    def canonical_focal_px(self) -> float | None:
        """Of the canonical camera that it was trained with; None: it was trained with none, or an exported file has a
        camera built in."""
        if not isinstance(self.classifier, ExportedModel):
            return self.classifier.canonical_focal_px
        about = self.classifier.description
        return about.model.model.get('canonical_focal_px') if isinstance(about.focal, str) else None

    def check_outputs(self, outputs: Sequence[str]) -> None:
        """Refuse outputs that the model cannot give.

        Raises:
            ValueError: names them.
        """
        if isinstance(self.classifier, ExportedModel):
            self.classifier.check_outputs(outputs)
        else:
            check_decoder(self.classifier.decoder, dict(self.classifier.test_cfg, outputs=tuple(outputs)),
                          isinstance(self.classifier.decode_head, ImageBinsHead))

    @property
    def tells_supervision(self) -> bool:
        """Whether it is known where its training was told the truth."""
        return self.supervised_rows is not None or self.max_depth_supervised is not None


def load_any_model(model: str | os.PathLike[str] | None, config: str | Config | None,
                   checkpoint: str | os.PathLike[str] | None, device: str, cfg_options: dict | None = None,
                   tta: bool = False) -> LoadedModel:
    """Load a model to predict with.

    Args:
        model: a model file, or an exported one (``.onnx``, ``.xml``); None with ``config`` None: the one that
            comes with the package.
        config, checkpoint, cfg_options, tta: see :class:`~mmdepthcls.apis.DepthInferencer`.
        device: where it computes.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: for what does not go together, or is no depth classifier.
    """
    if model is not None and (config is not None or checkpoint is not None):
        raise ValueError('a model file is all that is needed: give either it (--model), or a config and a checkpoint')
    if config is not None and checkpoint is not None:
        return _of_config(config, os.fspath(checkpoint), device, cfg_options, tta)
    if config is not None or checkpoint is not None:
        raise ValueError(f'a {"checkpoint" if config is None else "config"} alone says too little: --config and '
                         '--checkpoint go together')
    if cfg_options:
        raise ValueError('--cfg-options needs --config and --checkpoint: a model file has no config')
    return _of_file(shipped_model() if model is None else os.fspath(model), device, tta)


def shipped_model() -> str:
    """Path of the model file that comes with the package.

    Raises:
        FileNotFoundError: if there is none; says what to give.
    """
    found = sorted(Path(__file__).parent.glob(f'*{SUFFIX}'))
    if not found:
        raise FileNotFoundError(f'no model comes with this installation. {GIVE}')
    return str(found[0])


def file_hash(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file, hexadecimal."""
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def _of_file(path, device, tta):
    if not os.path.exists(path):
        raise FileNotFoundError(f'model {path} does not exist. {GIVE}')
    if os.path.splitext(path)[1].lower() in SUFFIXES:
        return _of_exported(path, device, tta)
    from .model_file import load_model  # with it comes safetensors, which a config does not need
    classifier, description = load_model(path, device)
    pipeline = InputPipeline([dict(step) for step in description.pipeline], mirrored=tta)
    return LoadedModel(
        _averaging(classifier, {}, device) if tta else classifier, classifier, pipeline,
        dict(model=os.path.basename(path), sha256=file_hash(path), tta=tta), description.focal_px,
        description.supervised_rows, description.max_depth_supervised, _remark(description), description.scale,
        description.interval_widening, scale_focal=description.scale_focal)


def _of_exported(path, device, tta):
    if tta:
        raise ValueError(f'{path}: test-time augmentation is not in exported files. Give the model file that it was '
                         'made of')
    if not str(device).startswith('cpu'):
        raise ValueError(f'{path}: exported files are computed on the CPU here (device=\'cpu\', --device cpu); for '
                         'a GPU give the model file that it was made of, or use the file with its own runtime')
    exported = ExportedModel(path)
    about, description = exported.description, exported.description.model
    farthest, focal = description.max_depth_supervised, description.focal_px
    factor = about.focal_factor * description.scale  # calibration and camera are in the file
    identity = dict(model=os.path.basename(path), sha256=file_hash(path), tta=False)
    weights = os.path.splitext(path)[0] + '.bin'
    if path.lower().endswith('.xml'):
        identity['weights_sha256'] = file_hash(weights)
    return LoadedModel(
        exported, exported, InputPipeline([dict(step) for step in description.pipeline]), identity,
        focal and focal * about.focal_factor, description.supervised_rows, farthest and farthest * factor,
        '; '.join(filter(None, (_remark(description), WITHOUT_CRF if description.model.get('crf') else ''))),
        built_in=factor, scale_focal=description.scale_focal)


def _remark(description):
    return '; '.join(filter(None, (_text(description.training_data), _text(description.scenes))))


def _of_config(config, checkpoint, device, cfg_options, tta):
    cfg = copy.deepcopy(config) if isinstance(config, Config) else Config.fromfile(config)
    for key, value in (cfg_options or {}).items():
        check_new_key(cfg, key)
        cfg.merge_from_dict({key: value})
    if not is_a(cfg.get('model') or {}, MODELS, 'DepthClassifier'):
        raise ValueError(f'{cfg.filename}: expected a config of a DepthClassifier, got model.type='
                         f'{class_name(cfg.get("model") or {})!r}. make-config turns a recipe of MMSegmentation into '
                         'one')
    if not os.path.exists(checkpoint):
        raise FileNotFoundError(f'checkpoint {checkpoint} does not exist')
    pipeline = pipeline_of_config(cfg, tta)
    with DefaultScope.overwrite_default_scope('mmseg'):
        classifier = MODELS.build(without_pretrained(cfg.model))
        weights = weights_of(read_checkpoint(checkpoint), checkpoint)
        load_state_dict(classifier, {name.removeprefix('module.'): each for name, each in weights.items()},
                        strict=False, logger='silent')
    options = {key: str(value) for key, value in sorted((cfg_options or {}).items())}
    identity = dict(config=os.path.basename(cfg.filename or ''), content=_hash_of_text(f'{cfg.model} {pipeline}'),
                    checkpoint=os.path.basename(checkpoint), sha256=file_hash(checkpoint), options=options, tta=tta)
    classifier.to(device).eval()
    model = _averaging(classifier, cfg.get('tta_model') or {}, device) if tta else classifier
    return LoadedModel(model, classifier, pipeline, identity, classifier.canonical_focal_px)


def _averaging(classifier, tta_model, device):
    """What averages the views of a picture: the config's, or where that is of segmentation ours."""
    if not tta_model or is_a(tta_model, MODELS, 'SegTTAModel'):
        tta_model = dict(type='DepthTTAModel')
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(ConfigDict(**tta_model, module=classifier)).to(device).eval()


def without_pretrained(model):
    """A model's config that fetches nothing: all weights come from the checkpoint."""
    model = copy.deepcopy(model)
    model.pretrained = None
    if model.backbone.get('pretrained') is True:
        model.backbone.pretrained = False
    return model


def _hash_of_text(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value):
    return ', '.join(map(str, value)) if isinstance(value, (list, tuple)) else str(value or '')
