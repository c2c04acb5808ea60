"""Keep a resumed training to the bins it began with."""
from __future__ import annotations

import logging

from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ..models.bin_checkpoint import EDGES_KEY, BinMismatchError, describe, same_edges, stored_edges
from ..models.canonical_metres import FOCAL_KEY, describe_focal, same_focal
from .resume_changes import accepted_changes, how_to_go_on


@HOOKS.register_module()
class ResumeBinsHook(Hook):
    """Refuse to resume with other bins, or another canonical camera: the optimizer's state belongs to the old ones.

    As many other bins are accepted where the config's ``accept_changes`` has 'bins'. Starting a new training from such
    a checkpoint (``load_from``) is fine: what does not fit begins anew.

    Raises:
        BinMismatchError: names both.
    """

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare the checkpoint's bins with the model's."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        edges = checkpoint.get('state_dict', {}).get(EDGES_KEY)
        bins = getattr(model, 'bins', None)
        if not runner._resume or edges is None or bins is None:
            return
        self._compare_cameras(checkpoint['state_dict'].get(FOCAL_KEY), getattr(model, 'canonical_focal_px', None))
        if same_edges(edges, bins):
            return
        text = f'the training began with {describe(edges)}; the model has {bins!r}'
        if len(edges) != len(bins.edges):
            raise BinMismatchError(f'Cannot resume: {text}. Set model.bins back, or start anew with load_from and '
                                   'without resume.')
        if 'bins' not in accepted_changes(runner.cfg):
            raise BinMismatchError(f'Cannot resume: {text}. {how_to_go_on("bins")}.')
        print_log(f'Resuming although {text}', logger='current', level=logging.WARNING)
        checkpoint['state_dict'][EDGES_KEY] = stored_edges(bins)

    def _compare_cameras(self, stored, canonical_px):
        if not same_focal(stored, canonical_px):
            raise BinMismatchError(f'Cannot resume: the training began {describe_focal(stored)}; the model has '
                                   f'canonical_focal_px={canonical_px}. Set model.canonical_focal_px back, or start '
                                   'anew with load_from and without resume.')
