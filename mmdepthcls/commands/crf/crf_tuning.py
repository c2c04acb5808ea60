"""Find the settings of a CRF on the validation split."""
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import torch
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.registry import DATASETS, METRICS, MODELS

from ...atomic_file import check_not_input, write_atomically
from ...config.config_class import class_name, is_a
from ...config.config_parts import evaluators_of
from ...evaluation.protocol_scores import image_errors
from ...invocation import command
from ...json_text import json_text
from ...parallel import ProgressLine
from ..running.console import build_runner
from .crf_settings import SEARCHED
from .pattern_search import PatternSearch

WITHOUT = 'without'


class CRFTuning:
    """A search that writes down every score, and goes on from there.

    Args:
        cfg (Config): of a ``DepthClassifier`` with a validation split; changed. Where it has a ``model.crf``, the
            search begins there.
        checkpoint (str): weights.
        file (str or Path): scores that are known, JSON; made where it is missing.
        changes (dict): settings of :class:`~mmdepthcls.models.crf.DenseCRF` that are not those of the config.
        searched (sequence of str): settings to search.
        num_images (int): of the validation split, spread over it; 0: all.
        metric (str): one of ``mmdepthcls.commands.crf.crf_settings.METRICS_TO_TUNE``.
        ratio, finest (float): see :class:`~mmdepthcls.commands.crf.pattern_search.PatternSearch`.

    Raises:
        ValueError: if the config has no ``DepthClassifier``, validation split or ``DepthEvaluator``; if ``file`` is of
            another search.
    """

    def __init__(self, cfg, checkpoint, file, changes, searched=SEARCHED, num_images=100, metric='abs_rel',
                 ratio=2.0, finest=1.2):
        evaluator = _check(cfg)
        init_default_scope(cfg.get('default_scope', 'mmseg'))
        self.metric, self.file = metric, Path(file)
        check_not_input(self.file, checkpoint)
        crf = dict(cfg.model.get('crf') or dict(type='DenseCRF'), **changes)
        cfg.model.crf = crf
        settings = MODELS.build(dict(crf)).settings
        self.fixed = dict(crf, **{name: value for name, value in settings.items() if name != 'compatibility'})
        unset = [name for name in searched if settings[name] is None]
        if unset:
            raise ValueError(f'model.crf.{unset[0]} is to be searched and has no value to begin with: give it one')
        self.search = PatternSearch({name: settings[name] for name in searched}, ratio, finest)
        cfg.load_from, cfg.resume = checkpoint, False
        self.evaluator = METRICS.build(evaluator)
        about = dict(checkpoint=_hash_of_file(checkpoint), crf=self.fixed, searched=list(searched),
                     num_images=num_images, metric=metric, model=_hash(str(cfg.model).encode()),
                     data=_hash(str(cfg.val_dataloader.dataset).encode()), evaluator=_hash(str(evaluator).encode()))
        self.scores = self._read(json.loads(json.dumps(about, default=str)))
        self.loader = _loader(cfg, num_images)
        cfg.test_dataloader, cfg.test_cfg = cfg.val_dataloader, dict(type='TestLoop')
        cfg.test_evaluator = cfg.val_evaluator
        runner = build_runner(cfg)
        runner.load_or_resume()
        self.model = runner.model.eval()

    def run(self):
        """Search.

        Returns:
            tuple[dict, float, float]: the ``crf`` config of least error, its error, and the error without a CRF.

        Raises:
            ValueError: if no image has ground truth.
        """
        without = self._errors([None])[0]
        if math.isnan(without):
            raise ValueError(f'none of the {len(self.loader.dataset)} images has ground truth that the val_evaluator '
                             'scores, so no CRF is better than another. Look at val_dataloader: '
                             f'{command("check-data")} CONFIG')
        while points := self.search.ask():
            for point, error in zip(points, self._errors(points), strict=True):
                self.search.tell(point, error)
        best = self.search.best
        return dict(self.fixed, **best), self.search.errors[tuple(best.values())], without

    def _errors(self, points):
        """Mean error of settings over the images; every image goes through the network once."""
        tables = [self.scores.setdefault(_key(point), {}) for point in points]
        missing = [index for index in range(len(self.loader.dataset)) if any(str(index) not in each for each in tables)]
        line = ProgressLine(f'{self.metric} of {len(points)} settings', len(missing), 'images') if missing else None
        for index, data in enumerate(self.loader) if missing else ():
            if index in missing:
                self._score(data, {_key(point): point for point, table in zip(points, tables, strict=True)
                                   if str(index) not in table}, str(index))
                write_atomically(self.file, json_text(dict(about=self.about, scores=self.scores), None).encode())
                line.advance()
        return [_mean(table) for table in tables]

    @torch.no_grad()
    def _score(self, data, points, index):
        data = self.model.data_preprocessor(data, False)
        inputs, samples = data['inputs'], data['data_samples']
        metainfos = [sample.metainfo for sample in samples]
        logits = self.model.inference(inputs, metainfos)
        for key, point in points.items():
            crf = None if point is None else MODELS.build(dict(self.fixed, **point))
            refined = logits if crf is None else self.model.refine(logits, inputs, metainfos, crf)
            result = self.model.postprocess_result(refined, [samples[0].clone()], inputs.shape[2:])[0]
            self.evaluator.process({}, [result.to_dict()])
            score = self.evaluator.results.pop().scores[self.evaluator.protocols[0].name]
            errors = image_errors(score)
            self.scores[key][index] = None if errors is None else errors[self.metric]

    def _read(self, about):
        self.about = about
        if not self.file.is_file():
            if not self.file.absolute().parent.is_dir():
                raise ValueError(f'{self.file.absolute().parent}: no such folder to write {self.file.name} into')
            return {}
        content = json.loads(self.file.read_text(encoding='utf-8'))
        differing = [name for name in about if content.get('about', {}).get(name) != about[name]]
        if differing:
            raise ValueError(f'{self.file} holds the scores of another search ({", ".join(differing)} differ). Delete '
                             'it, or name another file')
        return content['scores']


def _hash(content):
    return hashlib.sha256(content).hexdigest()[:16]


def _hash_of_file(path):
    """Of the content: weights that are written again are others. The name, where MMEngine fetches them."""
    return _hash(Path(path).read_bytes()) if Path(path).is_file() else str(path)


def _check(cfg):
    """The config of the DepthEvaluator that scores."""
    evaluators, val = evaluators_of(cfg.get('val_evaluator')), cfg.get('val_dataloader')
    first = evaluators[0] if evaluators else {}
    if not is_a(cfg.model, MODELS, 'DepthClassifier') or not is_a(first, METRICS, 'DepthEvaluator') or not val:
        raise ValueError('expected a config of a DepthClassifier with a val_dataloader and a DepthEvaluator, got '
                         f"model.type={class_name(cfg.model)!r}, {'a' if val else 'no'} val_dataloader and "
                         f'{class_name(first) or None}')
    return first


def _loader(cfg, num_images):
    """Loader of images spread over the validation split, one after the other."""
    dataset = DATASETS.build(cfg.val_dataloader.dataset)
    if 0 < num_images < len(dataset):
        dataset.get_subset_(np.unique(np.linspace(0, len(dataset) - 1, num_images).astype(int)).tolist())
    return Runner.build_dataloader(dict(
        cfg.val_dataloader, batch_size=1, dataset=dataset, sampler=dict(type='DefaultSampler', shuffle=False)))


def _key(point):
    return WITHOUT if point is None else ' '.join(f'{name}={value:g}' for name, value in point.items())


def _mean(table):
    known = [value for value in table.values() if value is not None]
    return float(np.mean(known)) if known else float('nan')
