"""MMEngine's saving, made safe: a checkpoint is complete before anything that it replaces is removed.

``save_checkpoint`` writes by :func:`~mmdepthcls.checkpoint_writer.write_checkpoint`. ``CheckpointHook``, and classes
built on it, work as they are written; but what they remove is kept until what they save is complete, what they note of
a save that fails is forgotten, and ``last_checkpoint`` is replaced in one step.
"""
import io
import logging
import os.path as osp
import sys
from contextlib import contextmanager
from functools import wraps

from ..atomic_file import remove_leftovers, write_atomically
from ..checkpoint_writer import FULL, POINTER, FullDiskError, allowing, full_disk, not_finite, write_checkpoint

POLICY, POLICIES = 'on_full_disk', ('go_on', 'stop')
SUPERSEDED, STOPPED = 'superseded_ckpts', 'stopped_ckpt'  # in the message hub, and so in every checkpoint
# Modules that hold save_checkpoint by its name.
HOLDERS = ('mmengine.runner.checkpoint', 'mmengine.runner', 'mmengine.runner.runner')
_NOTED = ('keep_ckpt_ids', 'last_ckpt', SUPERSEDED)  # by the hook in the message hub, besides what is best


def mend_save_checkpoint(module):
    """Mend ``mmengine.runner.checkpoint``."""
    stock = module.save_checkpoint
    if hasattr(stock, '__wrapped__'):
        return

    @wraps(stock)
    def save_checkpoint(checkpoint, filename, file_client_args=None, backend_args=None):
        if file_client_args is not None or backend_args is not None or '://' in str(filename) \
                or not isinstance(checkpoint, dict):
            return stock(checkpoint, filename, file_client_args, backend_args)
        return write_checkpoint(checkpoint, filename)

    for name in HOLDERS:
        if getattr(sys.modules.get(name), 'save_checkpoint', None) is stock:
            sys.modules[name].save_checkpoint = save_checkpoint


def mend_checkpoint_hook(module):
    """Mend ``mmengine.hooks.checkpoint_hook``."""
    hook = module.CheckpointHook
    if hasattr(hook.before_train, '__wrapped__'):
        return
    hook.on_full_disk, hook.is_saving, hook._failure, hook._infinite = POLICIES[0], False, None, frozenset()
    hook.__init__ = _with_policy(hook.__init__)
    hook.before_train = _tidied(hook.before_train)
    hook.after_train = _complaining(hook.after_train)
    hook._save_best_checkpoint = _naming_scores(hook._save_best_checkpoint)
    for name in ('_save_checkpoint_with_step', '_save_best_checkpoint'):
        setattr(hook, name, _as_one(getattr(hook, name)))
    module.open = open_pointer  # the only file that this module opens


def open_pointer(file, mode='r', *args, **options):
    """In the place of ``open``: what is written to ``last_checkpoint`` takes effect in one step."""
    if mode == 'w' and osp.basename(file) == POINTER:
        return _PointerFile(file)
    return open(file, mode, *args, **options)


class _PointerFile(io.StringIO):
    def __init__(self, path):
        super().__init__()
        self._path = path

    def close(self):
        if not self.closed:
            write_atomically(self._path, self.getvalue().encode(), durably=True)
        super().close()


class LaterRemovals:
    """A file backend that removes nothing yet.

    Args:
        backend (BaseStorageBackend): that does the work.
        runner (Runner): whose message hub notes what is to be removed, so that the saved checkpoint knows of it.
    """

    def __init__(self, backend, runner):
        self._backend, self._runner, self._waiting = backend, runner, []

    def __getattr__(self, name):
        return getattr(self._backend, name)

    def remove(self, path):
        """Remove a file later."""
        self._wait(self._backend.remove, path)

    def rmtree(self, path):
        """Remove a folder later."""
        self._wait(self._backend.rmtree, path)

    def _wait(self, function, path):
        self._waiting.append((function, path))
        self._runner.message_hub.update_info(SUPERSEDED, [osp.basename(path) for _, path in self._waiting])

    def carry_out(self, kept):
        """Remove all now, but what has been written anew.

        Args:
            kept (set[str]): names of files.
        """
        for function, path in self._waiting:
            if osp.basename(path) not in kept and self._backend.exists(path):
                function(path)
        if self._waiting:
            self._runner.message_hub.update_info(SUPERSEDED, [])


def _with_policy(stock):
    @wraps(stock)
    def __init__(self, *args, **options):
        policy = options.pop(POLICY, POLICIES[0])
        if policy not in POLICIES:
            raise ValueError(f'CheckpointHook.{POLICY}: expected one of {POLICIES}, got {policy!r}')
        stock(self, *args, **options)
        self.on_full_disk = policy

    return __init__


def _tidied(stock):
    @wraps(stock)
    def before_train(self, runner):
        stock(self, runner)
        self._infinite = _infinite_buffers(runner)
        if _is_first() and '://' not in str(self.out_dir):
            for folder in {str(self.out_dir), str(runner.work_dir)}:
                remove_leftovers(folder)
            _remove_superseded(self, runner)

    return before_train


def _complaining(stock):
    @wraps(stock)
    def after_train(self, runner):
        stock(self, runner)
        if self._failure is not None:
            raise FullDiskError(f'The training is complete, and its last weights are not saved: {self._failure}')

    return after_train


def _naming_scores(stock):
    @wraps(stock)
    def save_best(self, runner, metrics):
        wanted = getattr(self, 'key_indicators', ())  # none where no best is kept
        unknown = [each for each in wanted if each != 'auto' and each not in metrics]
        if unknown:
            raise ValueError(f'default_hooks.checkpoint.save_best={unknown[0]!r} is no score of the validation, which '
                             f'gives {", ".join(map(str, metrics))}')
        return stock(self, runner, metrics)

    return save_best


def _as_one(stock):
    @wraps(stock)
    def save(self, runner, *args, **options):
        with _saving(self, runner):
            return stock(self, runner, *args, **options)

    return save


@contextmanager
def _saving(hook, runner):
    """What a hook does to save one checkpoint: all of it, or nothing."""
    if hook.is_saving:  # the best checkpoint is followed by the latest once more
        yield
        return
    backend, before = hook.file_backend, _notes(hook, runner)
    hook.file_backend = later = LaterRemovals(backend, runner)
    hook.is_saving = True
    _supersede_stopped(hook, runner, later)
    try:
        with allowing(hook._infinite):
            yield
        hook._failure = None
        later.carry_out(_names(hook))
    except BaseException as error:
        _restore(hook, runner, before)
        if not isinstance(error, FullDiskError) and getattr(error, 'errno', None) not in FULL:
            raise
        if not isinstance(error, FullDiskError):  # of the pointer
            error = full_disk(_pointer_path(runner), 1000)
        if hook.on_full_disk == 'stop':
            raise error from None
        hook._failure = error
        _log(f'{error}. The training goes on ({POLICY}={hook.on_full_disk!r})')
    finally:
        hook.file_backend, hook.is_saving = backend, False


def _pointer_path(runner):
    from pathlib import Path
    return Path(runner.work_dir, POINTER)


def _log(message):
    from mmengine.logging import print_log
    print_log(message, logger='current', level=logging.WARNING)


def _is_first():
    from mmengine.dist import is_main_process
    return is_main_process()


def _notes(hook, runner):
    """What the hook and the message hub know of checkpoints."""
    info = runner.message_hub.runtime_info
    noted = {key: list(value) if isinstance(value, list) else value for key, value in dict(info).items()
             if key in _NOTED or key.startswith(('best_score', 'best_ckpt'))}
    own = {key: type(value)(value, value.maxlen) if hasattr(value, 'maxlen') else
           dict(value) if isinstance(value, dict) else value for key, value in vars(hook).items()
           if key in ('keep_ckpt_ids', 'last_ckpt', 'best_ckpt_path', 'best_ckpt_path_dict')}
    return noted, own


def _restore(hook, runner, notes):
    noted, own = notes
    info = runner.message_hub.runtime_info
    for key in _notes(hook, runner)[0].keys() - noted.keys():
        info.pop(key)
    for key, value in noted.items():
        info[key] = value
    vars(hook).update(own)


def _names(hook):
    """set[str]: of the checkpoints that are the latest and the best now."""
    paths = [hook.last_ckpt, getattr(hook, 'best_ckpt_path', None),
             *getattr(hook, 'best_ckpt_path_dict', {}).values()]
    return {osp.basename(path) for path in paths if path}


def _supersede_stopped(hook, runner, later):
    """The checkpoint of a run that was stopped within an epoch is not needed when the next one is complete."""
    name = runner.message_hub.runtime_info.get(STOPPED)
    path = later.join_path(hook.out_dir, osp.basename(name)) if name else None
    if path and later.isfile(path):  # else it is the one that is saved now
        if _is_first():
            later.remove(path)
        runner.message_hub.runtime_info.pop(STOPPED)


def _remove_superseded(hook, runner):
    """Remove what the checkpoint that is resumed had replaced, where the process was killed before it could."""
    info, resumed = runner.message_hub.runtime_info, getattr(runner, '_load_from', None)
    names = info.get(SUPERSEDED)
    if not isinstance(names, list) or not names or not isinstance(resumed, str):
        return
    if osp.realpath(osp.dirname(resumed)) == osp.realpath(hook.out_dir):
        for name in map(osp.basename, map(str, names)):
            path = osp.join(hook.out_dir, name)
            if name.endswith('.pth') and name not in {*_names(hook), osp.basename(resumed)} and osp.isfile(path):
                hook.file_backend.remove(path)
    runner.message_hub.update_info(SUPERSEDED, [])


def _infinite_buffers(runner):
    """frozenset[str]: buffers of a model that are infinite by design: they were before it was trained."""
    model = runner.model
    while hasattr(model, 'module'):
        model = model.module
    buffers = {name: value for name, value in getattr(model, 'named_buffers', dict)()}
    return frozenset(not_finite(buffers))
