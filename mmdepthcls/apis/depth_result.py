"""What is known of one picture: metres, how sure they are, points, a figure. Pure."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..camera import PictureCamera
from ..visualization.figures import depth_figure
from .picture_source import PictureSource
from .point_cloud import PointCloud, point_cloud

# What may be asked for beside the depth, and the field of the model's results.
OUTPUTS = ('confidence', 'interval', 'std', 'entropy')


@dataclass
class DepthResult:
    """The depth of one picture of H x W pixels. Made by :class:`~mmdepthcls.apis.DepthInferencer`.

    Args:
        source: which picture.
        picture: (H, W, 3) uint8 RGB.
        depth: (H, W) float32 m; 0: nothing was predicted (outside of the benchmark's crop), or it was dropped.
        supervised: (H, W) bool: False where the model was never told the truth in its training (sky, above the rows
            that a LiDAR reaches, beyond the farthest depth), so that its answer there is a guess.
        depth_range: m, first and last edge of the model's bins, calibrated: the range of colors.
        camera: of the picture; None: unknown.
        correction: by which the model's metres were multiplied for the camera, see :mod:`mmdepthcls.camera`.
        assumed_camera: that a model takes pictures to be of, where the camera is unknown; None: unknown too.
        recompute: gives outputs that were not asked for at once.
        scale: of the model's calibration, by which its metres were multiplied as well.
        of_one_camera: the scale was calibrated without focal lengths: metres are those of the camera of the
            calibration, and nothing was corrected for this one.
    """
    source: PictureSource
    picture: np.ndarray
    depth: np.ndarray
    supervised: np.ndarray
    depth_range: tuple[float, float]
    camera: PictureCamera | None = None
    correction: float = 1.0
    assumed_camera: PictureCamera | None = None
    recompute: Callable[[Sequence[str]], dict[str, np.ndarray]] | None = field(default=None, repr=False)
    maps: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    scale: float = 1.0
    of_one_camera: bool = False

    def __repr__(self) -> str:
        height, width = self.depth.shape
        known = self.depth[self.depth > 0]
        metres = f'{known.min():.3g} to {known.max():.3g} m' if known.size else 'no depth'
        camera = f'{self.camera.focal_px:.4g} px ({self.camera.source})' if self.camera else 'unknown'
        factors = ''.join(f', {name} {value:.4g}' for name, value in (
            ('correction', self.correction), ('scale', self.scale)) if value != 1)
        maps = f', with {", ".join(sorted(self.maps))}' if self.maps else ''
        return f'DepthResult({self.source}: {height} x {width}, {metres}, focal length {camera}{factors}{maps})'

    @property
    def confidence(self) -> np.ndarray:
        """(H, W) float32 in [0, 1]: probability of the most probable bin; 0 where nothing was predicted."""
        return self._map('confidence')

    @property
    def interval(self) -> np.ndarray:
        """(2, H, W) float32 m: depth lies between with a probability of 90 %, says the model; or with that of its
        calibration."""
        return self._map('interval')

    @property
    def std(self) -> np.ndarray:
        """(H, W) float32 m: standard deviation."""
        return self._map('std')

    @property
    def entropy(self) -> np.ndarray:
        """(H, W) float32 nats, of the distribution over the bins."""
        return self._map('entropy')

    @property
    def interval_ratio(self) -> np.ndarray:
        """(H, W) float32: width of the interval for a metre of depth; great at edges, where one pixel is of two things
        and its depth of neither."""
        low, high = self.interval
        return np.divide(high - low, self.depth, out=np.zeros_like(self.depth), where=self.depth > 0)

    @property
    def has_supervision(self) -> bool:
        """Whether it is known of some pixels that the model was never told the truth there."""
        return not self.supervised.all()

    def points(self, *, min_confidence: float = 0.0, max_interval_ratio: float | None = None,
               drop_unsupervised: bool = False, max_depth: float | None = None,
               camera: PictureCamera | None = None) -> PointCloud:
        """Points in space, with the picture's colors.

        Args:
            min_confidence: leave out pixels that are less sure.
            max_interval_ratio: leave out pixels whose interval is wider than this times their depth: flying pixels at
                edges, such as 0.5.
            drop_unsupervised: leave out where the model was never told the truth.
            max_depth: m, leave out what is farther.
            camera: instead of the picture's own.

        Raises:
            ValueError: if neither the camera of the picture nor that of the model's training is known.
        """
        camera = camera or self.camera or self.assumed_camera
        if camera is None:
            raise ValueError(f'{self.source}: points need a focal length, and neither the picture nor the model says '
                             'one. Give it: focal_px=PIXELS, fov=DEGREES (--focal-px, --fov) or a file of cameras.')
        keep = np.ones(self.depth.shape, bool)
        if min_confidence > 0:
            keep &= self.confidence >= min_confidence
        if max_interval_ratio is not None:
            keep &= self.interval_ratio <= max_interval_ratio
        if drop_unsupervised:
            keep &= self.supervised
        if max_depth is not None:
            keep &= self.depth <= max_depth
        return point_cloud(self.depth, self.picture, camera, keep, self.supervised)

    def figure(self, **options: Any) -> np.ndarray:
        """Picture and depth beside each other, with the bar of the colors, (h, w, 3) uint8 RGB.

        Args:
            **options: see :func:`mmdepthcls.visualization.figures.depth_figure`; the colors are of the model's bins.
        """
        low, high = self.depth_range
        return depth_figure(self.picture, prediction=self.depth, **{**dict(min_depth=low, max_depth=high), **options})

    def without_unsupervised(self) -> DepthResult:
        """The same without depth where the model was never told the truth."""
        dropped = np.where(self.supervised, self.depth, np.float32(0))
        return DepthResult(**{**self.__dict__, 'depth': dropped})

    def _map(self, name):
        if name not in self.maps:
            if self.recompute is None:
                raise ValueError(f'{name} was not asked for: DepthInferencer(...)(inputs, outputs=[{name!r}])')
            self.maps.update(self.recompute((name, )))
        return self.maps[name]


def supervised_mask(shape: tuple[int, int], box: tuple[int, int, int, int], depth: np.ndarray,
                    first_row: float | None, max_depth: float | None) -> np.ndarray:
    """Where a model was told the truth in its training.

    Args:
        shape: H, W of the picture.
        box: top, left, height, width of the part that the network has seen.
        depth: (H, W) m, as the model says it, before any correction.
        first_row: that training ever supervised, as a share of the network's input's height; None: unknown.
        max_depth: m; None: unknown.

    Returns:
        (H, W) bool.
    """
    told = np.ones(shape, bool)
    if first_row is not None:
        # A row is told if its center lies below.
        told &= np.arange(shape[0])[:, None] + 0.5 >= box[0] + first_row * box[2]
    if max_depth is not None:
        told &= depth <= max_depth
    return told
