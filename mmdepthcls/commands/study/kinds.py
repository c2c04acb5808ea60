"""The kinds of studies: of variants of one config, of cameras, and of adaptations."""
from collections.abc import Callable
from dataclasses import dataclass

from mmengine.config import Config

from .adaptation_report import adaptation_report
from .adaptation_study import AdaptationStudy
from .adaptation_training import train_adaptation_run
from .camera_plan import CameraPlan
from .camera_report import camera_report
from .camera_training import train_camera_run
from .chart import draw_study
from .plan import Plan
from .study_report import study_report
from .training import train_run


@dataclass(frozen=True)
class Kind:
    """What a kind of study consists of.

    Args:
        plan (type): of its config file.
        train (Callable): trains and tests a run, see :func:`.training.train_run`.
        report (Callable): writes its report, see :func:`.study_report.study_report`.
        draw (Callable, optional): draws its chart, see :func:`.chart.draw_study`.
        keys (tuple[str, ...]): by which its file of records is known.
        out (str): where its report goes.
    """
    plan: type
    train: Callable
    report: Callable
    draw: Callable | None
    keys: tuple
    out: str

    @property
    def suffixes(self):
        """tuple[str, ...]: of the files beside the report."""
        return ('.json', '.png') if self.draw else ('.json', )


VARIANTS = Kind(Plan, train_run, study_report, draw_study, ('variant', 'ground_truth', 'fingerprint'), 'docs/study.md')
CAMERAS = Kind(CameraPlan, train_camera_run, camera_report, None, ('camera', 'seed', 'fingerprint'),
               'docs/camera_study.md')
ADAPTATIONS = Kind(AdaptationStudy, train_adaptation_run, adaptation_report, None, ('row', 'seed', 'fingerprint'),
                   'docs/adaptation_study.md')


def kind_of(path):
    """Kind: what a study's config file is; one that names cameras is of cameras, one that names worlds of
    adaptations."""
    cfg = Config.fromfile(path)
    return CAMERAS if 'cameras' in cfg else ADAPTATIONS if 'worlds' in cfg else VARIANTS
