"""Short trainings on generated street scenes, so that what is exported are weights that were trained."""
from pathlib import Path

from ...config.config_check import check_config
from ...json_text import json_text
from ..minidrive.writer import make_minidrive
from ..running import console

SCENES = 96
LAST = 1 << 30  # an iteration that is never reached


class MatrixTraining:
    """Trains what the rows of a table are made of; what is alike but for its decoder, once.

    Args:
        iterations (int): of each.
        folder (Path): for scenes and logs.
    """

    def __init__(self, iterations, folder):
        self.iterations, self.folder, self.known = iterations, Path(folder), {}

    def weights(self, cfg):
        """Weights of a config's model after a short training.

        Args:
            cfg (Config): on MiniDrive.

        Returns:
            dict[str, Tensor]: its state, without auxiliary heads.
        """
        model = cfg.model.to_dict()
        model.pop('decoder', None)  # what it must read is known by the losses
        key = json_text(model)
        if key not in self.known:
            self.known[key] = self._trained(cfg)
        return self.known[key]

    def _trained(self, cfg):
        scenes = make_minidrive(self.folder / 'minidrive', SCENES, 0, 0, progress=False)
        logs = self.folder / f'training{len(self.known)}'
        check_config(shortened(cfg, scenes, str(logs), self.iterations))
        console.begin()
        runner = console.build_runner(cfg, lines=False, tables=False)
        runner.train()
        return {name: value.cpu() for name, value in runner.model.state_dict().items()
                if not name.startswith('auxiliary_head.')}


def shortened(cfg, scenes, work_dir, iterations):
    """A config of a training that ends after some iterations and leaves logs alone.

    Args:
        cfg (Config): changed in place.
        scenes (Path): folder of MiniDrive.
        work_dir (str): for logs; of no other training.
        iterations (int): their schedules are shortened likewise.

    Returns:
        Config: the same.
    """
    share = iterations / cfg.train_cfg.max_iters
    for schedule in cfg.param_scheduler:
        begin = round(schedule.begin * share)
        schedule.update(begin=begin, end=max(round(schedule.end * share), begin + 1))
    cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=iterations)
    cfg.train_dataloader.dataset.data_root = str(scenes)
    for part in ('val', 'test'):
        for key in ('cfg', 'dataloader', 'evaluator'):
            cfg[f'{part}_{key}'] = None
    cfg.default_hooks.checkpoint = dict(type='CheckpointHook', by_epoch=False, interval=LAST, save_last=False)
    cfg.randomness = dict(seed=0)
    cfg.work_dir = work_dir
    cfg.visualizer.name = work_dir  # MMEngine knows visualizers by their names, and has one of a name
    return cfg
