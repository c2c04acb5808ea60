"""What is wrong with a config's data loaders: those that never end or have nothing to give, settings of no worker."""
from mmseg.registry import DATA_SAMPLERS, LOOPS

from .config_class import class_name, is_a
from .config_parts import SPLITS

# What torch refuses, or takes for something else, without worker processes.
OF_WORKERS = ('prefetch_factor', 'timeout', 'multiprocessing_context')


def check_loops(cfg):
    """Refuse a sampler that never ends where a loop waits for the end of its loader, and an interval of validations
    that is none.

    Args:
        cfg (Config or dict)

    Raises:
        ValueError: names the loader or the interval, and what to set.
    """
    training = cfg.get('train_cfg')
    if cfg.get('val_dataloader') and isinstance(training, dict):
        _whole('train_cfg.val_interval', training.get('val_interval', 1), 1,
               '. To train without validation set val_dataloader, val_cfg and val_evaluator to None')
    for split in SPLITS:
        loop, sampler = cfg.get(f'{split}_cfg'), (cfg.get(f'{split}_dataloader') or {})
        sampler = sampler.get('sampler') if isinstance(sampler, dict) else getattr(sampler, 'sampler', None)
        if loop is None or sampler is None or not _is_endless(sampler):
            continue
        by_epoch = isinstance(loop, dict) and loop.get('type') is None and loop.get('by_epoch', False)
        if split != 'train' or by_epoch or is_a(loop, LOOPS, 'EpochBasedTrainLoop'):
            raise ValueError(endless_message(split, class_name(sampler), class_name(loop) or {
                'train': 'EpochBasedTrainLoop', 'val': 'ValLoop', 'test': 'TestLoop'}[split]))


def _is_endless(sampler):
    """Whether a sampler, or its config, never ends."""
    if is_a(sampler, DATA_SAMPLERS, 'WeightedSetSampler'):
        return sampler.get('epoch_size') is None if isinstance(sampler, dict) else sampler.endless
    return is_a(sampler, DATA_SAMPLERS, 'InfiniteSampler')


def endless_message(split, sampler, loop):
    """str: that a loader never ends, and the remedy."""
    remedy = f"{split}_dataloader.sampler.type='DefaultSampler'"
    if sampler == 'WeightedSetSampler':
        remedy = (f'{split}_dataloader.sampler.epoch_size=N (samples)' if split == 'train' else
                  f"{split}_dataloader.sampler=dict(type='DefaultSampler', shuffle=False)")
    other = ", or train by iterations: train_cfg=dict(type='IterBasedTrainLoop', max_iters=...)"
    return (f'{loop} waits for the end of the {split}_dataloader, which its {sampler} never comes to. Set {remedy}'
            f'{other if split == "train" else ""}')


def mend_workers(cfg):
    """Loaders without worker processes have nothing to keep or to prefetch, and torch refuses what says so.

    Args:
        cfg (Config or dict): changed in place.

    Returns:
        list[str]: what was changed, a line a loader.

    Raises:
        ValueError: for a number of workers that is none.
    """
    said = []
    for split, loader in _loaders(cfg):
        number = _whole(f'{split}_dataloader.num_workers', loader.get('num_workers', 0), 0)
        needless = [key for key in OF_WORKERS if loader.get(key)] if number == 0 else []
        needless += ['persistent_workers'] if number == 0 and loader.get('persistent_workers') else []
        for key in needless:
            del loader[key]
        if needless:
            said.append(f'{split}_dataloader has num_workers=0: {", ".join(needless)} left out')
    return said


def mend_batches(cfg):
    """Have every image scored: what leaves out the last batch of a validation or test changes its numbers.

    Args:
        cfg (Config or dict): changed in place.

    Returns:
        list[str]: what was changed, a line a loader.

    Raises:
        ValueError: for a number of images a batch that is none.
    """
    said = []
    for split, loader in _loaders(cfg):
        _whole(f'{split}_dataloader.batch_size', loader.get('batch_size', 1), 1)
        if split != 'train' and loader.get('drop_last'):
            del loader['drop_last']
            said.append(f'{split}_dataloader: drop_last left out, since every image is scored')
    return said


def empty_message(split, loader):
    """str: that a loader has no batch, and the remedy."""
    size = loader.batch_size or getattr(loader.batch_sampler, 'batch_size', None)
    return (f'the {split}_dataloader has no batch: {len(loader.dataset)} samples are fewer than its batch_size={size}, '
            f'and drop_last leaves out a batch that is not full. Set {split}_dataloader.drop_last=False or a smaller '
            f'{split}_dataloader.batch_size')


def _loaders(cfg):
    """Splits and the configs of their loaders."""
    for split in SPLITS:
        loader = cfg.get(f'{split}_dataloader')
        if isinstance(loader, dict):
            yield split, loader


def _whole(key, value, least, remedy=''):
    """A whole number from ``least`` on; raises for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f'{key}: expected a whole number from {least} on, got {value!r}{remedy}')
    return value
