"""What a study of cameras trains and tests: one network at several focal lengths and on a mixture of others, on the
same scenes."""
import copy
import os.path as osp
import re
from dataclasses import dataclass

from mmengine.config import Config

from ..minidrive.camera_setup import CameraSetup
from ..minidrive.writer import make_minidrive
from .plan import DECIDES, base_of, fingerprint_of, read_plan
from .record import MIXTURE, WITHOUT

REQUIRED = ('base', 'data', 'cameras', 'trained', 'seeds', 'options', 'ways', 'scored_range')


@dataclass(frozen=True)
class CameraRun:
    """One training.

    Args:
        camera (str): name in the plan; it took the pictures. 'mixture': those of the mixture did.
        seed (int): of the weights and the order of the data.
    """
    camera: str
    seed: int

    @property
    def name(self):
        """str: fit for a file."""
        return f'camera_{self.camera}_{self.seed}'


class CameraPlan:
    """A study of cameras as its config file says; ``configs/study/cameras.py`` explains the keys.

    Args:
        path (str): the file.

    Raises:
        ValueError: for missing keys, cameras that there cannot be, a trained camera that is not among them, where no
            way to test is without a canonical camera, and for a mixture that has none.
    """

    def __init__(self, path):
        self.path = path
        cfg = read_plan(path, 'a study of cameras', REQUIRED)
        self.base, self.base_name = base_of(cfg, path)
        self.data, self.cameras, self.trained = dict(cfg.data), dict(cfg.cameras), cfg.trained
        self.seeds, self.options, self.ways = tuple(cfg.seeds), cfg.options.to_dict(), cfg.ways.to_dict()
        self.scored_range = tuple(cfg.scored_range)
        self.mixture, self.mixture_way = dict(cfg.get('mixture', {})), cfg.get('mixture_way')
        self.conclusion = cfg.get('conclusion', '')
        if self.trained not in self.cameras:
            raise ValueError(f'{path}: trained is {self.trained!r}, which is not among the cameras: '
                             f'{", ".join(self.cameras)}')
        unfit = [name for name in (*self.cameras, *self.mixture)
                 if name == MIXTURE or not re.fullmatch(r'[\w.-]*\w', name)]
        if unfit:
            raise ValueError(f'{path}: a camera is called by letters, digits, _ . and -, as its folder is, and '
                             f'not {MIXTURE!r}, got {unfit[0]!r}')
        twice = [name for name in self.mixture if name in self.cameras]
        if twice:
            raise ValueError(f'{path}: {twice[0]!r} is among the cameras; mixture names those that {self.trained!r} is '
                             'mixed with and that are not tested')
        self._setups = {name: CameraSetup(focal=focal) for name, focal in {**self.cameras, **self.mixture}.items()}
        if WITHOUT not in self.ways:
            raise ValueError(f'{path}: ways must have {WITHOUT!r} (no canonical camera), got {", ".join(self.ways)}')
        if self.mixture and self._canonical_step() is None:
            raise ValueError(f'{path}: mixture_way must be the way, with a CanonicalCamera, by which cameras are mixed '
                             f'and tested, got {self.mixture_way!r}')

    def make_data(self, folder):
        """Write the scenes as every camera sees them.

        Args:
            folder (Path): one folder in it a camera.
        """
        for name, setup in self._setups.items():
            make_minidrive(folder / name, **self.data, camera=setup)

    def focal_px(self, camera):
        """float: focal length of a camera in pixels of its pictures."""
        return self._setups[camera].focal_px(self.data['width'])

    def phases(self):
        """list[list]: all runs at once: none needs another."""
        return [self.runs()]

    def runs(self):
        """list[CameraRun]: seed by seed, the camera that all are compared with first, the mixture last."""
        cameras = sorted(self.cameras, key=lambda name: name != self.trained)
        if self.mixture:
            cameras.append(MIXTURE)
        return [CameraRun(camera, seed) for seed in self.seeds for camera in cameras]

    def tests(self, run):
        """list[tuple[str, str]]: what a run is tested on, (camera, way). Those that were trained at another focal
        length are what is compared with: at their own, without. The mixture's is tested at all, as it was mixed."""
        if run.camera == MIXTURE:
            return [(camera, self.mixture_way) for camera in self.cameras]
        if run.camera != self.trained:
            return [(run.camera, WITHOUT)]
        return [(camera, way) for camera in self.cameras for way in self.ways]

    def config(self, run, data_root, work_dir):
        """The config that trains a run.

        Args:
            run (CameraRun): which.
            data_root (str): folder of all cameras' pictures.
            work_dir (str): for the run's logs.

        Returns:
            Config
        """
        cfg = Config.fromfile(self.base)
        cfg.merge_from_dict(copy.deepcopy(self.options))
        for loader in (cfg.train_dataloader, cfg.test_dataloader):
            loader.dataset.data_root = osp.join(data_root, run.camera)
        if run.camera == MIXTURE:
            self._mix(cfg, data_root)
        cfg.randomness = dict(seed=run.seed)
        cfg.work_dir, cfg.experiment_name = work_dir, run.name
        cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
        return cfg

    def _mix(self, cfg, data_root):
        cfg.model.canonical_focal_px = self.focal_px(self.trained)
        one = cfg.train_dataloader.dataset
        step = dict(self._canonical_step(), focal_px=cfg.model.canonical_focal_px)
        one.pipeline = [*one.pipeline[:-1], step, one.pipeline[-1]]
        roots = [osp.join(data_root, camera) for camera in (self.trained, *self.mixture)]
        cfg.train_dataloader.dataset = dict(type='ConcatDataset', datasets=[
            dict(copy.deepcopy(one), data_root=root) for root in roots])

    def _canonical_step(self):
        steps = [step for step in self.ways.get(self.mixture_way, ()) if step['type'] == 'CanonicalCamera']
        return copy.deepcopy(steps[0]) if steps else None

    def test_config(self, run, camera, way, data_root):
        """Model and data for a test of a run's weights.

        Args:
            run (CameraRun): whose weights.
            camera (str): that took the test's pictures.
            way (str): of :attr:`ways`. All but 'without' have the focal length that was trained at as their canonical
                one, at which training with a canonical camera is training without.
            data_root (str): see :meth:`config`.

        Returns:
            Config
        """
        cfg = self.config(run, data_root, '')
        dataset = cfg.test_dataloader.dataset
        dataset.data_root = osp.join(data_root, camera)
        dataset.pipeline = copy.deepcopy(self.ways[way])
        if way != WITHOUT:
            cfg.model.canonical_focal_px = self.focal_px(self.trained)
            for step in dataset.pipeline:
                if step['type'] == 'CanonicalCamera':
                    step['focal_px'] = cfg.model.canonical_focal_px
        return cfg

    def training_fingerprint(self, run):
        """str: changes with everything that a run's weights depend on, as far as configs say it."""
        cfg = self.config(run, '', '').to_dict()
        parts = {key: cfg.get(key) for key in DECIDES if key != 'test_dataloader'}
        camera = self.cameras[self.trained if run.camera == MIXTURE else run.camera]
        return fingerprint_of([parts, self.data, camera, *([self.mixture] if run.camera == MIXTURE else [])])

    def fingerprint(self, run):
        """str: changes with everything that a run's numbers depend on, as far as configs say it."""
        tests = {f'{camera}, {way}': [self.cameras[camera], self.ways[way]] for camera, way in self.tests(run)}
        return fingerprint_of([self.training_fingerprint(run), tests, self.scored_range])
