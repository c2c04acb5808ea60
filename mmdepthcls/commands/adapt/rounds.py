"""The rounds of a self-training: label, train, and again."""
import copy
import json
import math
import os.path as osp
import shutil
from pathlib import Path

from mmengine.config import ConfigDict
from mmengine.dist import barrier, get_world_size, init_dist, is_distributed, is_main_process
from mmengine.model import is_model_wrapper
from mmengine.registry import DefaultScope
from mmseg.registry import DATASETS

from ...adaptation.target_labelling import LABELS, READINGS, RECORD, TargetLabelling
from ...adaptation.target_reader import TargetReader
from ...atomic_file import write_atomically
from ...hooks.resume_point import damage_of, resume_point
from ...json_text import json_text
from ..running import console
from ..running.first_process import say

TRAINING, LOG, TRAINED = 'training', 'log', 'training.json'
CROWDED = 1.5  # times the portion, from which on it is said that more is kept


class Rounds:
    """Runs rounds, or goes on with them.

    Args:
        plan (AdaptationPlan): checked.
    """

    def __init__(self, plan):
        self.plan, self.settings = plan, plan.settings

    def run(self):
        """All that are left."""
        launcher = self.plan.cfg.get('launcher', 'none')
        if launcher != 'none' and not is_distributed():
            init_dist(launcher, **(self.plan.cfg.get('env_cfg') or {}).get('dist_cfg', {}))
        for number in range(1, self.settings.rounds + 1):
            self.label(number)
            say(describe(self.record(number)))
            self.train(number)
        result, number = self.weights(self.settings.reported), self.settings.reported
        say(f'Result: {osp.relpath(result)} (round {number}, as was fixed before)')

    def folder(self, number):
        """Path: of a round."""
        return self.plan.folder / f'round_{number}'

    def weights(self, number):
        """str: checkpoint that a round ends with; of round 0 the start."""
        if number == 0:
            return self.plan.start
        return str(self.folder(number) / TRAINING / json.loads(self._trained(number).read_text('utf-8'))['checkpoint'])

    def _trained(self, number):
        """File that is there when a round's training is done; with other processes it would have other steps."""
        return self.folder(number) / TRAINED

    def record(self, number):
        """dict: what is known of a round's labels."""
        return json.loads((self.folder(number) / RECORD).read_text('utf-8'))

    def iterations(self):
        """int: steps of a round."""
        return max(1, math.ceil(self.settings.epochs * self.plan.num_images / (self.plan.per_batch * get_world_size())))

    def label(self, number):
        """Label the target with the weights of the round before, unless that is done."""
        folder = self.folder(number)
        if (folder / RECORD).is_file() and ((folder / LABELS).is_dir() or self._trained(number).is_file()):
            if is_main_process():
                shutil.rmtree(folder / READINGS, ignore_errors=True)
            return
        say(f'Round {number} of {self.settings.rounds}: labelling {self.plan.num_images} images with '
            f'{osp.relpath(self.weights(number - 1))}')
        runner = console.build_runner(self.labelling_config(number), lines=False, tables=False)
        runner.load_or_resume()
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        with DefaultScope.overwrite_default_scope('mmseg'):
            dataset = DATASETS.build(self.plan.target(self.plan.labelled_with()))
        reader = TargetReader(model.eval(), self.settings)
        TargetLabelling(reader, dataset, folder, self.settings, self.plan.workers).run(number)

    def labelling_config(self, number):
        """Config: of a runner that has the weights and no data."""
        cfg = self._config(number, LOG)
        for split in ('train', 'val', 'test'):
            cfg[f'{split}_dataloader'] = cfg[f'{split}_cfg'] = None
        cfg.val_evaluator = cfg.test_evaluator = cfg.optim_wrapper = cfg.param_scheduler = cfg.auto_scale_lr = None
        cfg.load_from, cfg.resume = self.weights(number - 1), False
        return cfg

    def train(self, number):
        """Train on the source and the labels, unless that is done."""
        if self._trained(number).is_file() and not damage_of(self.weights(number)):
            self._drop_labels(number)
            return
        cfg = self.training_config(number)
        iterations = cfg.train_cfg.max_iters
        last = Path(cfg.work_dir, f'iter_{iterations}.pth')
        if damage_of(last):
            point = resume_point(cfg.work_dir).needed()
            cfg.load_from, cfg.resume = (point.path, True) if point.path else (self.weights(number - 1), False)
            if point.path:
                say(str(point))
            console.build_runner(cfg).train()
            # With other processes than before it may have come farther already.
            last = Path(resume_point(cfg.work_dir).needed().path or last)
        barrier()
        if is_main_process():
            content = dict(checkpoint=last.name, iterations=iterations, processes=get_world_size())
            write_atomically(self._trained(number), json_text(content).encode(), durably=True)
        barrier()
        self._drop_labels(number)

    def _drop_labels(self, number):
        if is_main_process() and not self.settings.keep_labels:
            shutil.rmtree(self.folder(number) / LABELS, ignore_errors=True)

    def training_config(self, number):
        """Config: of a round's training; but what it begins with."""
        cfg, settings = self._config(number, TRAINING), self.settings
        iterations = self.iterations()
        cfg.train_cfg = ConfigDict(type='IterBasedTrainLoop', max_iters=iterations, val_interval=iterations)
        # Nothing is chosen by depth of the target: there is no validation, and no test while it is trained.
        for split in ('val', 'test'):
            cfg[f'{split}_dataloader'] = cfg[f'{split}_cfg'] = cfg[f'{split}_evaluator'] = None
        cfg.param_scheduler = None
        optimizer = cfg.optim_wrapper.optimizer
        optimizer.lr = settings.lr_of(number, optimizer.get('lr'))
        self._set_data(cfg, number)
        if settings.soft_labels is not None:
            cfg.model.decode_head.loss_decode = [
                ConfigDict(type='SoftLabelLoss', distance='log_depth', sigma=settings.soft_labels)]
        hooks = cfg.setdefault('default_hooks', ConfigDict())
        former = hooks.get('checkpoint') or {}
        interval = former.get('interval', iterations) if not former.get('by_epoch', True) else iterations
        hooks.checkpoint = ConfigDict(type='CheckpointHook', by_epoch=False, interval=max(1, min(interval, iterations)),
                                      max_keep_ckpts=1, save_param_scheduler=False)
        cfg.log_processor = dict(cfg.get('log_processor') or {}, by_epoch=False)
        return cfg

    def _set_data(self, cfg, number):
        datasets = cfg.train_dataloader.dataset.datasets
        share = self.settings.source_share_of(number)
        source = datasets[0]
        if share < 1:
            source = ConfigDict(type='DatasetShare', dataset=source, share=share,
                                seed=self.settings.source_seed_of(number))
        target = ConfigDict(type='PseudoLabelDataset', dataset=self.plan.target(),
                            labels=str(self.folder(number) / LABELS), rare=self.record(number)['rare'])
        cfg.train_dataloader.dataset.datasets = [source, target]

    def _config(self, number, part):
        """The config, for a part of a round."""
        cfg = copy.deepcopy(self.plan.cfg)
        cfg.pop('self_training')
        cfg.work_dir = str(self.folder(number) / part)
        # MMEngine keeps what it has logged by this name and the second, for the whole process.
        cfg.experiment_name = f'{Path(self.plan.folder).name}_round_{number}_{part}'
        cfg.randomness = dict(cfg.get('randomness') or {}, seed=self.settings.seed + number)
        return cfg


def describe(record):
    """str: a round's labels, for a person."""
    kept = record['kept_share']
    if not kept:
        return (f'Round {record["round"]}: no pixel is kept. Raise self_training.portion, or lower ignore_top and look '
                'at what the model predicts: nothing of the target is trained on')
    remark = ''
    if kept > CROWDED * record['portion']:
        remark = ('. That is more than the portion, since many pixels are equally sure: a smaller self_training.factor '
                  'tells them apart')
    bands = ', '.join(f'{row["from"]:g}-{row["to"]:g} m {_percent(row["kept_share"])}' for row in record['bands'])
    return (f'Round {record["round"]}: {_percent(kept)} of the candidates are labels (portion '
            f'{_percent(record["portion"])}; {bands}); mean depth {record["kept_mean_depth"]:.2f} m of '
            f'{record["mean_depth"]:.2f} m; {record["images_without_label"]} of {record["images"]} images without one'
            f'{remark}')


def _percent(share):
    return '-' if share is None else f'{100 * share:.3g} %'
