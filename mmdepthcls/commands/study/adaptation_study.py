"""What a study of adaptations trains: rows that differ in how they use a target's images, from equal starts."""
import copy
import os.path as osp
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from mmengine.config import Config

from .plan import base_of, file_words, fingerprint_of, read_plan

REQUIRED = ('base', 'worlds', 'seeds', 'options', 'start_options', 'starts', 'rows', 'reference', 'oracle',
            'pipelines', 'comparisons')
SOURCE, TARGET, BOTH = 'source', 'target', 'both'
ROW, START, CONSTANT = 'row', 'start', 'constant'
BEST_CONSTANT = 'best constant depth'
# Of a config, what a run's numbers depend on.
DECIDES = ('model', 'train_dataloader', 'test_dataloader', 'optim_wrapper', 'param_scheduler', 'train_cfg',
           'custom_hooks', 'randomness', 'self_training')


@dataclass(frozen=True)
class AdaptationRun:
    """One training.

    Args:
        row (str): its name in the plan, or that of a start.
        seed (int): of the weights and the order of the data.
        part (str): 'row'; 'start': what rows begin with; 'constant': nothing is trained.
    """
    row: str
    seed: int
    part: str = ROW

    @property
    def name(self):
        """str: fit for a file."""
        return f'{self.part}_{file_words(self.row)}_{self.seed}'


class AdaptationStudy:
    """A study as its config file says; ``configs/study/adaptation.py`` explains the keys.

    Args:
        path (str): the file.

    Raises:
        ValueError: for missing keys, for names that the file does not define, and for rows whose files would have one
            name.
    """

    def __init__(self, path):
        self.path = path
        cfg = read_plan(path, 'a study of adaptations', REQUIRED)
        self.base, self.base_name = base_of(cfg, path)
        self.worlds, self.pipelines = cfg.worlds.to_dict(), cfg.pipelines.to_dict()
        self.seeds, self.options = tuple(cfg.seeds), cfg.options.to_dict()
        self.start_options, self.starts = cfg.start_options.to_dict(), cfg.starts.to_dict()
        self.rows, self.reference, self.oracle = cfg.rows.to_dict(), cfg.reference, cfg.oracle
        self.comparisons = [tuple(each) for each in cfg.comparisons]
        self.conclusion = cfg.get('conclusion', '')
        self._check()

    def _check(self):
        named = {self.reference, self.oracle, *(name for each in self.comparisons for name in each[1:])}
        used = {key: {row.get(key) for row in self.rows.values()} for key in ('start', 'on')}
        for what, names, known in (('reference, oracle and comparisons name', named, self.rows),
                                   ('the rows begin with', used['start'], self.starts),
                                   ('the rows train on', used['on'], (SOURCE, TARGET, BOTH)),
                                   ('worlds name', set(self.worlds), (SOURCE, TARGET)),
                                   ('pipelines name', set(self.pipelines), (SOURCE, TARGET, 'test'))):
            unknown = sorted(str(each) for each in names - set(known))
            if unknown:
                raise ValueError(f'{self.path}: {what} {", ".join(unknown)}; expected one of {", ".join(known)}')
        runs = [run.name for some in self.phases() for run in some if run.seed == self.seeds[0]]
        alike = sorted(name for name, times in Counter(runs).items() if times > 1)
        if alike:
            raise ValueError(f'{self.path}: two rows would have the file {alike[0]}.json: call them something else, in '
                             'a-z and 0-9')

    @cached_property
    def _base_config(self):
        return Config.fromfile(self.base)

    def make_data(self, folder):
        """Write the scenes of both worlds.

        Args:
            folder (Path): where each gets one of its own.
        """
        from ..minidrive.writer import make_minidrive
        for name, options in self.worlds.items():
            make_minidrive(folder / name, **options)

    def phases(self):
        """list[list[AdaptationRun]]: seed by seed the starts, then the rows, which need them."""
        first = [AdaptationRun(BEST_CONSTANT, self.seeds[0], CONSTANT)]
        return [some for seed in self.seeds for some in (
            [*(first if seed == self.seeds[0] else ()), *(AdaptationRun(name, seed, START) for name in self.starts)],
            [AdaptationRun(name, seed) for name in self.rows])]

    def runs(self):
        """list[AdaptationRun]: of all phases."""
        return [run for some in self.phases() for run in some]

    def start_of(self, run):
        """AdaptationRun: what a row begins with."""
        return AdaptationRun(self.rows[run.row]['start'], run.seed, START)

    def config(self, run, data_root, work_dir):
        """The config that trains a run.

        Args:
            run (AdaptationRun): which, a row or a start.
            data_root (str): folder of the two worlds.
            work_dir (str): for the run's files.

        Returns:
            Config: with ``self_training`` for a row that labels its target.
        """
        cfg = copy.deepcopy(self._base_config)
        row = self.rows[run.row] if run.part == ROW else dict(start=run.row, on=SOURCE)
        for options in (self.options, self.start_options if run.part == START else {}, self.starts[row['start']],
                        row.get('options') or {}):
            cfg.merge_from_dict(copy.deepcopy(dict(options)))
        loader, data = cfg.train_dataloader, {
            domain: dict(type='MiniDriveDataset', data_root=osp.join(data_root, domain), split='train',
                         pipeline=copy.deepcopy(self.pipelines[domain])) for domain in (SOURCE, TARGET)}
        if row['on'] == BOTH:
            data[TARGET]['images_only'] = True
            loader.dataset = dict(type='TwoDomainDataset', datasets=[data[SOURCE], data[TARGET]])
            loader.sampler = dict(type='InfiniteSampler', shuffle=True)
            loader.batch_sampler = dict(type='TwoDomainBatchSampler')
        else:
            if row['on'] == TARGET:
                data[TARGET]['ground_truth'] = 'sparse'  # a LiDAR's, as a car has it
            loader.dataset = data[row['on']]
        cfg.test_dataloader.dataset = dict(
            type='MiniDriveDataset', data_root=osp.join(data_root, TARGET), split='test', test_mode=True,
            pipeline=copy.deepcopy(self.pipelines['test']))
        if 'self_training' in row:
            # A round adds its number.
            cfg.self_training = dict(copy.deepcopy(row['self_training']), seed=100 * run.seed)
        cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
        cfg.randomness = dict(seed=run.seed)
        cfg.work_dir, cfg.experiment_name = work_dir, run.name
        return cfg

    def fingerprint(self, run):
        """str: changes with everything that a run's numbers depend on, as far as configs say it."""
        cfg = {} if run.part == CONSTANT else self.config(run, '', '').to_dict()
        parts = [{key: cfg.get(key) for key in DECIDES}, self.worlds]
        if run.part == ROW:
            parts.append(self.fingerprint(self.start_of(run)))
        return fingerprint_of(parts)
