"""From arguments to what is drawn: models, pictures, colors, loaded when a kind of figure first needs them."""
from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from ...bins import DepthBins, SIDBins
from ...config.config_class import class_name
from ...config.config_parts import leaf_datasets, tested_model
from ...visualization.depth_color import DepthColors
from ..running import command_line, readiness
from ..running.program import UsageError
from . import captions
from .kinds import Subject
from .sample_pictures import choose_samples, pictures_of

NO_MODEL = SIDBins(1.0, 80.0, 71)


class Studio:
    """What a run of the command draws.

    Args:
        args: parsed arguments.
        numbers: kind -> how many pictures where nobody says; None: all.

    Raises:
        ValueError, OSError, UsageError: for what cannot be had; says what to give.
    """

    def __init__(self, args: Any, numbers: dict[str, int | None]) -> None:
        self.args, self._numbers = args, numbers
        self.drawn: list[str] = []
        self._subjects: dict[tuple[int, ...], Subject] = {}
        self.cfg = None
        if args.config is not None:
            self.cfg = command_line.load_config(args)
            if not args.data and args.kind != ['ladder']:
                readiness.check_run(self.cfg, (args.split, ))
            if not tested_model(self.cfg).get('bins'):
                raise ValueError(f'the model of {args.config}, {class_name(self.cfg.model)}, has no bins: figures are '
                                 'of a DepthClassifier')

    @property
    def sheet(self) -> str:
        """File of the paper's predictions."""
        if self.cfg is None or self.args.data:
            return captions.sheet_name(())
        loader = self.cfg.get(f'{self.args.split}_dataloader')
        return captions.sheet_name(map(class_name, leaf_datasets(loader.dataset)) if loader else ())

    def subject(self, kind: str) -> Subject:
        """What is drawn for a kind; kinds of as many pictures share what is predicted."""
        if kind == 'ladder':
            return Subject('', {}, self._ladder_bins, [], DepthColors(), self.args.width, '')
        if kind == 'points':
            self._check_points()
        chosen = tuple(choose_samples([each.path for each in self._pictures.pictures], self.args.pictures or
                                      self._numbers[kind], self.args.images))
        if chosen not in self._subjects:
            pictures = [self._pictures.pictures[index] for index in chosen]
            first = next(iter(self._models.values())).inferencer
            low, high = first.loaded.depth_range
            colors = DepthColors(low, high, self.args.scale, self.args.colormap)
            self._subjects[chosen] = Subject(
                self._title, self._models, first.loaded.classifier.bins, pictures, colors, self.args.width, self.sheet,
                dict(max_interval_ratio=self.args.max_interval_ratio, drop_unsupervised=self.args.drop_unsupervised))
            if kind != 'reliability':
                self.drawn += [each.path for each in pictures if each.path not in self.drawn]
        check_possible(kind, self._subjects[chosen])
        return self._subjects[chosen]

    def _check_points(self):
        first = next(iter(self._models.values())).inferencer
        if self.args.max_interval_ratio is not None:
            first.check_outputs(['interval'])

    @cached_property
    def _pictures(self):
        args = self.args
        found = pictures_of(self.cfg, args.data, args.split, args.image_folder, args.depth_folder, args.depth_scale)
        if not found.pictures:
            raise UsageError(f'{found.name} holds no picture')
        return found

    @cached_property
    def _models(self):
        args, (first, second) = self.args, self.args.names
        models = {'model' if args.after is None else first: self._predictor(
            args.model, None if args.model else self.cfg, args.checkpoint)}
        if args.after is not None:
            if args.after.endswith(('.safetensors', '.onnx', '.xml')):
                models[second] = self._predictor(args.after, None, None)
            else:
                cfg = self.cfg
                if args.after_config is not None:
                    from ..running.config_files import find_config
                    cfg = readiness.read_config(find_config(args.after_config))
                models[second] = self._predictor(None, cfg, args.after)
        return models

    def _predictor(self, model, cfg, checkpoint):
        from ...apis.depth_inferencer import DepthInferencer
        from .sample_prediction import SamplePredictor
        args = self.args
        return SamplePredictor(DepthInferencer(model, config=cfg, checkpoint=checkpoint, device=args.device,
                                               cameras=args.cameras, focal_px=args.focal_px, fov=args.fov))

    @property
    def _title(self):
        args = self.args
        if args.config is not None:
            name = f'{Path(args.config).name}, {Path(args.checkpoint).name}'
        else:
            name = Path(args.model).name if args.model else 'the model of this package'
        return name if not args.data else f'{name}, {self._pictures.name}'

    @property
    def _ladder_bins(self) -> DepthBins:
        args = self.args
        if self.cfg is not None:
            from mmseg.registry import TASK_UTILS
            return TASK_UTILS.build(tested_model(self.cfg).bins)
        if args.model is not None:
            return next(iter(self._models.values())).inferencer.loaded.classifier.bins
        low, high = args.range or (NO_MODEL.min_depth, NO_MODEL.max_depth)
        if low == 0:  # SID has no 0
            from ...bins import UDBins
            return UDBins(low, high, args.num_bins or NO_MODEL.num_bins)
        return SIDBins(low, high, args.num_bins or NO_MODEL.num_bins)


def check_possible(kind: str, subject: Subject) -> None:
    """Refuse, before anything is predicted, what cannot be drawn of these models and pictures.

    Raises:
        UsageError: says what to give.
    """
    if kind == 'reliability':
        for name, predictor in subject.models.items():
            if predictor.lacks_probabilities:
                raise UsageError(f'--kind reliability, {name}: {predictor.lacks_probabilities}')
    if kind in ('errors', 'reliability') and all(picture.depth is None for picture in subject.pictures):
        raise UsageError(f'--kind {kind}: none of these pictures has ground truth; give pictures with measured depth')
