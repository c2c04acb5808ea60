"""The camera that a MiniDrive is taken with: the same streets can be seen through any. Pure."""
from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

from ...camera import resized_focal
from .scene import FOCAL, Scene
from .sparse import TOP

MEAN_HEIGHT = 1.65  # metres, of the scenes as they are drawn
# What a camera on or beside a road can be; farther off, the picture shows nothing of a street.
LIMITS = {'focal': (0.1, 10.0), 'height': (0.3, 8.0), 'pitch': (-30.0, 30.0), 'aspect': (0.25, 4.0)}
UNITS = {'focal': 'image widths', 'height': 'metres', 'pitch': 'degrees', 'aspect': 'as a ratio'}
_LIDAR_TOP = 0.0424  # upward slope of the uppermost laser: where `sparsify` begins in the default camera's pictures


@dataclass(frozen=True)
class CameraSetup:
    """A camera and how it is mounted.

    Scenes keep their own small differences in height and angles about what is said here.

    Args:
        focal: Horizontal focal length in image widths.
        height: Metres over the road, mean of the scenes.
        pitch: Degrees downwards, added to each scene's own.
        aspect: Width of a pixel / its height; the vertical focal length in pixels is `aspect` times the horizontal one.

    Raises:
        ValueError: for what is beyond `LIMITS`.
    """

    focal: float = FOCAL
    height: float = MEAN_HEIGHT
    pitch: float = 0.0
    aspect: float = 1.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            low, high = LIMITS[name]
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise ValueError(f"a camera's {name} ({UNITS[name]}) must be from {low:g} to {high:g}, got {value!r}")

    def focal_px(self, width: int) -> float:
        """Focal length in pixels of pictures of this width; of pixels that are not square, the geometric mean."""
        return resized_focal(self.focal * width, 1.0, self.aspect)

    def take(self, scene: Scene) -> Scene:
        """The scene, seen by this camera; nothing else of it changes."""
        own = scene.camera
        return replace(scene, camera=replace(
            own, focal=float(self.focal), height=own.height * (self.height / MEAN_HEIGHT),
            pitch=own.pitch + math.radians(self.pitch), aspect=float(self.aspect)))

    def lidar_top(self, height: int, width: int) -> float:
        """Share of a picture's height above which the LiDAR on the car sees nothing; see :func:`.sparse.sparsify`."""
        if self == CameraSetup():
            return TOP
        slope = math.tan(math.atan(_LIDAR_TOP) + math.radians(self.pitch))
        return min(max(0.5 - slope * self.focal * width * self.aspect / height, 0.0), 0.9)

    def facts(self) -> dict:
        """What a manifest says of it."""
        return {name: float(value) for name, value in asdict(self).items()}
