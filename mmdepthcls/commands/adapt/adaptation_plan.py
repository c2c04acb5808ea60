"""What an adaptation is made of, seen before it begins: settings, start, source and target."""
import copy
import hashlib
import json
from pathlib import Path

from mmengine.registry import DefaultScope
from mmengine.runner import load_checkpoint
from mmseg.registry import DATA_SAMPLERS, DATASETS, MODELS, TRANSFORMS

from ...adaptation.pseudo_label_files import label_names, names_digest
from ...adaptation.self_training import AUTHORS, SelfTraining
from ...adaptation.target_check import check_apart, check_target
from ...adaptation.target_data import image_paths
from ...adaptation.target_reader import check_model
from ...atomic_file import write_atomically
from ...config.config_check import is_local
from ...config.config_class import class_name, is_a
from ...config.config_parts import leaf_datasets
from ...hooks.folder_lock import hold
from ...json_text import json_text, without_nan
from ...models.bin_checkpoint import BinMismatchError
from ..running.first_process import is_first, say
from ..running.program import UsageError

PLAN = 'adaptation.json'
# What is in it, for messages.
WORDS = {'settings': 'settings', 'start_sha256': 'weights to begin with (--checkpoint)',
         'images_sha256': 'images of the target', 'config_sha256': 'model, optimizer, data or pipelines'}
# What may differ when an adaptation goes on: where data lie, and who loads them.
PLACES = {'data_root', 'num_workers', 'persistent_workers', 'prefetch_factor', 'pin_memory', 'verify', 'checkpoint'}


class AdaptationPlan:
    """A config, taken apart.

    Args:
        cfg (Config): with ``self_training``, ``load_from`` and a two-domain ``train_dataloader``; not changed.

    Attributes:
        settings (SelfTraining)
        folder (Path): of everything.
        start (str): checkpoint of the source's model.
        per_batch (int): samples of the target in a batch of one process.
        workers (int): processes that load.

    Raises:
        UsageError: for a config that self-training cannot begin with; says what to set.
    """

    def __init__(self, cfg):
        self.cfg, self.folder = copy.deepcopy(cfg), Path(cfg.work_dir)
        if not isinstance(cfg.get('self_training'), dict):
            raise UsageError(f'{cfg.filename}: the config says nothing of self-training. Give it two domains and '
                             'self_training=dict(...), as configs/cbst_deeplabv2_r18_minidrive.py has them')
        self.settings = SelfTraining.of_config(cfg.self_training)
        if not is_a(cfg.get('model') or {}, MODELS, 'DepthClassifier'):
            raise UsageError(f'{cfg.filename}: expected model.type DepthClassifier, got '
                             f'{class_name(cfg.get("model") or {})!r}')
        method = cfg.model.get('adaptation')
        if method and not method.get('target_labels'):
            raise UsageError(f'model.adaptation: {class_name(method)!r} looks at no labels of the target, so that '
                             'self-training would do nothing. Set model.adaptation.target_labels=True to have both '
                             "(all but 'MeanTeacher', which makes labels of its own), take it out, or train by "
                             '`mmdepthcls train`')
        self._check_bins()
        self.start = cfg.get('load_from')
        if not self.start or not is_local(self.start):
            raise UsageError('the weights to begin with are missing: give --checkpoint FILE.pth, of a model that was '
                             f'trained on the source{f" (a file, not {self.start})" if self.start else ""}')
        self.per_batch = self._target_per_batch()
        self.workers = cfg.train_dataloader.get('num_workers', 0)
        self._check_target()
        if self.settings.lr is None and not _optimizer(cfg).get('lr'):
            raise UsageError('optim_wrapper.optimizer has no lr: set it, or self_training.lr')

    def _check_bins(self):
        number = self.cfg.model.bins.get('num_bins') if isinstance(self.cfg.model.get('bins'), dict) else None
        if number is not None and self.settings.num_groups > number and self.settings.rule != AUTHORS:
            raise UsageError(f'self_training.num_groups={self.settings.num_groups}: the model has {number} bins, and a '
                             'group is made of one at least')

    def _target_per_batch(self):
        loader = self.cfg.get('train_dataloader') or {}
        if not is_a(loader.get('dataset') or {}, DATASETS, 'TwoDomainDataset') or len(
                loader.dataset.get('datasets') or ()) != 2:
            raise UsageError("train_dataloader.dataset: expected dict(type='TwoDomainDataset', datasets=[SOURCE, "
                             f'TARGET]), got {class_name(loader.get("dataset") or {})!r}')
        sampler = loader.get('batch_sampler') or {}
        if not is_a(sampler, DATA_SAMPLERS, 'TwoDomainBatchSampler'):
            raise UsageError("train_dataloader.batch_sampler: expected dict(type='TwoDomainBatchSampler', source=...), "
                             f'got {class_name(sampler)!r}')
        source = sampler.get('source')
        size = loader.get('batch_size', 1)
        source = (size + 1) // 2 if source is None else source
        if not isinstance(source, int) or not 0 <= source < size:
            raise UsageError(f'train_dataloader.batch_sampler.source={source!r} of batch_size={size}: a batch needs '
                             'samples of the target too')
        return size - source

    def _check_target(self):
        target = self.cfg.train_dataloader.dataset.datasets[1]
        wrapper = next((each for each in _wrappers(target) if not is_a(each, DATASETS, 'ConcatDataset')), None)
        if wrapper is not None:
            raise UsageError(f'train_dataloader.dataset.datasets[1]: a target is one data set or a ConcatDataset of '
                             f'several, got {class_name(wrapper)!r}')
        for leaf in leaf_datasets(target):
            if not is_a(leaf, DATASETS, 'DepthDataset'):
                raise UsageError(f'train_dataloader.dataset.datasets[1]: {class_name(leaf)!r} is no DepthDataset of '
                                 'this package, of which alone it is known how to take images without depth. '
                                 'DepthFolderDataset takes any folder')
            if not any(is_a(step, TRANSFORMS, 'LoadDepth') for step in leaf.get('pipeline') or ()):
                raise UsageError('train_dataloader.dataset.datasets[1].pipeline: LoadDepth is missing, which loads the '
                                 'pseudo-labels')
        if self.settings.pipeline is None and not (self.cfg.get('test_dataloader') or {}).get('dataset'):
            raise UsageError('self_training.pipeline: there is no test_dataloader whose pipeline could be taken. Set '
                             'it to the steps by which images are labelled')

    def target(self, pipeline=None):
        """Config of the target's images alone.

        Args:
            pipeline (list, optional): in place of the one that it is trained with.
        """
        cfg = copy.deepcopy(self.cfg.train_dataloader.dataset.datasets[1])
        for leaf in leaf_datasets(cfg):
            leaf.images_only = True
            if pipeline is not None:
                leaf.pipeline = copy.deepcopy(pipeline)
        return cfg

    def labelled_with(self):
        """The pipeline by which images are labelled."""
        if self.settings.pipeline is not None:
            return self.settings.pipeline
        return leaf_datasets(self.cfg.test_dataloader.dataset)[0].pipeline

    def check_data(self):
        """See whether the source and the target's images are there, and none of these is of the test set or the source.

        Raises:
            ValueError: names the first that is, or what is wrong.
        """
        with DefaultScope.overwrite_default_scope('mmseg'):
            source = DATASETS.build(copy.deepcopy(self.cfg.train_dataloader.dataset.datasets[0]))
            target = DATASETS.build(self.target([]))
            # Keys that a _base_ has left over would be found after all images are labelled.
            DATASETS.build(dict(self.cfg.train_dataloader.dataset, datasets=[source, target]))
            paths = image_paths(target)
            self.names = label_names(paths)
            check_apart(paths, image_paths(source))
            check_target(paths, self._test_images(), self.settings.transductive)
        self.num_images = len(paths)

    def _test_images(self):
        """Paths of the test set's images, where it is on this machine."""
        found = []
        for leaf in leaf_datasets((self.cfg.get('test_dataloader') or {}).get('dataset') or {}):
            if is_a(leaf, DATASETS, 'DepthDataset'):
                leaf = dict(copy.deepcopy(leaf), images_only=True, verify=False, pipeline=[])
                try:
                    found += image_paths(DATASETS.build(leaf))
                except (FileNotFoundError, ValueError):  # testing will say so, if anybody tests
                    continue
        return found

    def check_start(self):
        """See whether the weights to begin with are those of the model, and the model can label.

        Raises:
            UsageError: for weights of another model; names their file.
            ValueError: for a model that cannot label.
        """
        with DefaultScope.overwrite_default_scope('mmseg'):
            model = MODELS.build(copy.deepcopy(self.cfg.model))
        check_model(model, self.settings)
        try:
            load_checkpoint(model.eval(), self.start, map_location='cpu', logger='silent')
        except BinMismatchError as error:
            raise UsageError(f'{self.start}: {error}') from error

    def begin(self):
        """Hold the work folder, and see that what is there is of the same adaptation.

        Raises:
            UsageError: if it is of another.
            UsageError, ValueError: see :meth:`check_start`; of an adaptation that is there that was seen.
        """
        if not is_first():
            return
        file = self.folder / PLAN
        if not file.is_file():
            self.check_start()  # before the folder is taken
        hold(self.folder, say=say)
        plan = self.identity()
        if file.is_file():
            found = _read_json(file)
            other = [WORDS[key] for key in plan if found.get(key) != plan[key]]
            if other:
                raise UsageError(f'{self.folder} holds an adaptation with other {", ".join(other)}'
                                 f'{_difference(found, plan)}. Name another --work-dir')
            return
        there = sorted(path.name for path in self.folder.glob('round_*'))
        if there:
            raise UsageError(f'{self.folder} holds {there[0]} and no {PLAN}, which says what it is of. Name another '
                             '--work-dir')
        write_atomically(file, json_text(plan).encode())

    def identity(self):
        """What must not change while an adaptation goes on."""
        cfg = {key: self.cfg.get(key) for key in ('model', 'optim_wrapper', 'train_dataloader')}
        cfg['pipeline'] = self.labelled_with()
        with open(self.start, 'rb') as file:
            start = hashlib.file_digest(file, 'sha256').hexdigest()
        return without_nan(dict(
            settings=json.loads(json_text(self.settings.as_dict())), start_sha256=start,
            images_sha256=names_digest(self.names),
            config_sha256=hashlib.sha256(_canonical(cfg).encode()).hexdigest()))


def _wrappers(dataset):
    """Configs of data sets that hold others."""
    inner = dataset.get('datasets') or ([dataset['dataset']] if dataset.get('dataset') else [])
    return [dataset, *(each for part in inner for each in _wrappers(part))] if inner else []


def _optimizer(cfg):
    return (cfg.get('optim_wrapper') or {}).get('optimizer') or {}


def _canonical(value):
    """Text of a config, without what may change."""
    if isinstance(value, dict):
        return '{' + ','.join(f'{key!r}:{_canonical(value[key])}' for key in sorted(value, key=str)
                              if key not in PLACES) + '}'
    if isinstance(value, (list, tuple)):
        return '[' + ','.join(map(_canonical, value)) + ']'
    return f'{value.__module__}.{value.__qualname__}' if isinstance(value, type) else repr(value)


def _read_json(file):
    try:
        content = json.loads(file.read_text('utf-8'))
    except ValueError as error:
        raise UsageError(f'{file} is damaged ({error}). Name another --work-dir') from error
    return content if isinstance(content, dict) else {}


def _difference(found, plan):
    """What settings differ, for a message."""
    before, now = found.get('settings') or {}, plan['settings']
    changed = [f'{key}={before.get(key)!r} there, {value!r} now' for key, value in now.items()
               if before.get(key) != value]
    return f' ({"; ".join(changed)})' if changed else ''
