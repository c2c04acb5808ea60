"""How a pipeline reads the samples of a dataset. Pure."""
from dataclasses import dataclass

import numpy as np

from .depth_format import DepthFormat


@dataclass(frozen=True)
class Reading:
    """How the pipeline reads a sample, and what its depth is compared with.

    Args:
        depth_format (DepthFormat): of samples that have none of their own.
        convention (str): of ``LoadVelodyneDepth``.
        edges (ndarray, optional): (K + 1,) of the bins, m.
        depth_root (str): KITTI's folder of depth PNGs, for comparing scans.
        annotated (bool): the ground truth is KITTI's annotated depth, of which it is known which frames have it.
    """
    depth_format: DepthFormat = DepthFormat()
    convention: str = 'kitti'
    edges: np.ndarray | None = None
    depth_root: str = ''
    annotated: bool = False
