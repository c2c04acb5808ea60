"""What a study trains: variants of one config, on each ground truth, with each seed."""
import copy
import hashlib
import json
import os.path as osp
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from mmengine.config import Config, ConfigDict
from mmseg.registry import TASK_UTILS

from ...evaluation.protocols import USUAL_RANGE, scored_range
from ..minidrive.writer import make_minidrive

REQUIRED = ('base', 'data', 'ground_truths', 'seeds', 'options', 'default', 'variants', 'decoders', 'comparisons')
# Of a config, what a run's numbers depend on.
DECIDES = ('model', 'train_dataloader', 'val_dataloader_of_study', 'test_dataloader', 'optim_wrapper',
           'param_scheduler', 'train_cfg', 'custom_hooks', 'randomness')


@dataclass(frozen=True)
class Run:
    """One training.

    Args:
        variant (str): name in the plan.
        ground_truth (str): what MiniDrive's training depth is: 'dense' or 'sparse'. Tests are always dense.
        seed (int): of the weights and the order of the data.
    """
    variant: str
    ground_truth: str
    seed: int

    @property
    def name(self):
        """str: fit for a file."""
        return f'{self.ground_truth}_{file_words(self.variant)}_{self.seed}'


class Plan:
    """A study as its config file says; ``configs/study/`` explains the keys.

    Args:
        path (str): the file.

    Raises:
        ValueError: for missing keys, for names that the file does not define, and for variants whose files would have
            one name.
    """

    def __init__(self, path):
        self.path = path
        cfg = read_plan(path, 'a study', REQUIRED)
        self.base, self.base_name = base_of(cfg, path)
        self.data = dict(cfg.data)
        self.ground_truths, self.seeds = tuple(cfg.ground_truths), tuple(cfg.seeds)
        self.options, self.variants = cfg.options.to_dict(), cfg.variants.to_dict()
        self.decoders = cfg.decoders.to_dict()
        self.default, self.comparisons = cfg.default, [tuple(each) for each in cfg.comparisons]
        self.conclusion = cfg.get('conclusion', '')
        unknown = {self.default, *(name for each in self.comparisons for name in each[1:])} - set(self.variants)
        if unknown:
            raise ValueError(f'{path}: default and comparisons name {sorted(unknown)}, which is not among the '
                             f'variants: {", ".join(self.variants)}')

        names = Counter(Run(variant, '', 0).name for variant in self.variants)
        alike = [variant for variant in self.variants if names[Run(variant, '', 0).name] > 1]
        if alike:
            raise ValueError(f'{path}: the variants {", ".join(alike)} differ in nothing that a file name holds (a-z, '
                             '0-9): call them something else')

    def make_data(self, folder):
        """Write the scenes.

        Args:
            folder (Path): of MiniDrive.
        """
        make_minidrive(folder, **self.data)

    @cached_property
    def scored_range(self):
        """tuple[float, float]: depths, m, that all variants are tested on: those that the widest bins hold."""
        base = Config.fromfile(self.base).model.get('bins')
        bins = [TASK_UTILS.build(variant.get('bins', base)) for variant in self.variants.values()]
        return scored_range((min(each.min_depth for each in bins), max(each.max_depth for each in bins)))

    def phases(self):
        """list[list]: all runs at once: none needs another."""
        return [self.runs()]

    def runs(self):
        """list[Run]: seed by seed, so that what is there when a study is interrupted can be compared."""
        return [Run(variant, ground_truth, seed) for seed in self.seeds for ground_truth in self.ground_truths
                for variant in self.variants]

    def config(self, run, data_root, work_dir):
        """The config that trains a run.

        Args:
            run (Run): which.
            data_root (str): folder of MiniDrive.
            work_dir (str): for the run's logs.

        Returns:
            Config
        """
        cfg = Config.fromfile(self.base)
        cfg.merge_from_dict(copy.deepcopy(self.options))
        cfg.merge_from_dict(dict(model=copy.deepcopy(self.variants[run.variant])))
        for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
            loader.dataset.data_root = data_root
        cfg.train_dataloader.dataset.ground_truth = run.ground_truth
        cfg.model.setdefault('test_cfg', ConfigDict(mode='whole'))['outputs'] = ('logits', )
        cfg.randomness = dict(seed=run.seed)
        cfg.work_dir, cfg.experiment_name = work_dir, run.name
        cfg.val_dataloader_of_study, cfg.val_dataloader = cfg.val_dataloader, None
        cfg.val_cfg = cfg.val_evaluator = None
        return cfg

    def fingerprint(self, run):
        """str: changes with everything that a run's numbers depend on, as far as configs say it."""
        cfg = self.config(run, '', '').to_dict()
        parts = [{key: cfg.get(key) for key in DECIDES}, self.data, self.decoders]
        if self.scored_range != USUAL_RANGE:
            parts.append(self.scored_range)
        return fingerprint_of(parts)


def read_plan(path, what, required):
    """Config: of a study.

    Args:
        path (str): the file.
        what (str): kind of study, for the message.
        required (sequence of str): keys.

    Raises:
        ValueError: for missing keys.
    """
    cfg = Config.fromfile(path)
    missing = [key for key in required if key not in cfg]
    if missing:
        raise ValueError(f'{path}: {what} needs {", ".join(required)}; {", ".join(missing)} is missing')
    return cfg


def base_of(cfg, path):
    """tuple[str, str]: path and name of the config that a study, itself at ``path``, varies."""
    base = osp.normpath(osp.join(osp.dirname(path), cfg.base))
    return base, osp.splitext(osp.basename(base))[0]


def file_words(name):
    """str: a name in the letters of a file's.

    >>> file_words('CBST + canonical camera')
    'cbst-canonical-camera'
    """
    return re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')


def fingerprint_of(parts):
    """str: changes with anything in lists and dictionaries of a config's values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=repr).encode()).hexdigest()[:16]
