"""Keep a resumed training to the bins it began with."""
from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ..models.bin_checkpoint import EDGES_KEY, BinMismatchError, describe, same_edges


@HOOKS.register_module()
class ResumeBinsHook(Hook):
    """Refuse to resume with other bins: the optimizer's state belongs to the old ones.

    Starting a new training from such a checkpoint (``load_from``) is fine: what does not fit begins anew.

    Raises:
        BinMismatchError: names both.
    """

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the checkpoint's bins with the model's."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        edges = checkpoint.get('state_dict', {}).get(EDGES_KEY)
        bins = getattr(model, 'bins', None)
        if runner.cfg.get('resume') and edges is not None and bins is not None and not same_edges(edges, bins):
            raise BinMismatchError(f'Cannot resume: the training began with {describe(edges)}; the model has {bins!r}. '
                                   'Set model.bins back, or start anew with load_from and without resume.')
