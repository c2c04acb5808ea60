"""What the numbers in depth files mean: one description for datasets, the doctor and every tool. Pure."""
from __future__ import annotations

import dataclasses
import math
import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np

KITTI_SCALE = 256.0
PACKED = 24  # bits of a number that lies in three channels of 8
BITS = (8, 16, PACKED)


class DepthFileError(ValueError):
    """A depth (or image) file that cannot be used; the message names the file, the fault and the remedy."""


@dataclass(frozen=True)
class DepthFormat:
    """What the numbers in a depth file mean.

    Depth is ``(value - offset) / scale`` metres; with ``focal_baseline`` the files hold disparity, and depth is
    ``focal_baseline / ((value - offset) / scale)``. In both, 0, negative, NaN and infinite values and those listed in
    ``invalid`` mean "no measurement" and become 0.

    Args:
        scale: stored units per metre (256 for KITTI, 1000 for millimetres), or per pixel of disparity. Default: 256 for
            whole numbers, 1 for floating point.
        channels: channels of a file; where there are several, the first (red) counts.
        invalid: stored values that mean "no measurement" beside 0; one number is taken too.
        offset: subtracted from stored values, in their unit.
        focal_baseline: focal length times baseline, pixels * metres; for disparity.
        key: name of the array in a .npz; not needed if one of them alone can be depth.
        bits: whole numbers with fewer are refused. 8 reads depth that really was stored with 8 bits; ``scale`` must
            then be given, since a picture of depth looks the same. 24 reads PNGs whose red, green and blue are the
            lowest, middle and highest 8 bits of one number (CARLA, some of SYNTHIA's sets), and whose fourth channel,
            if there is one, does not count: give ``scale``.
        mask: depth has a file of the same size beside it whose zeros mean "no measurement", and this stands in its name
            before the ending: '_mask' for ``0_depth.npy`` and ``0_depth_mask.npy``.
        projection: the files hold LiDAR points, and this makes them depth: a :class:`.PointProjection`. The dataset
            knows it.
        spelling: how messages spell a setting, so that the remedy is one of the tool that prints it.

    Raises:
        ValueError: for settings without sense.
    """
    scale: float | None = None
    channels: int = 1
    invalid: tuple[float, ...] = ()
    offset: float = 0.0
    focal_baseline: float | None = None
    key: str | None = None
    bits: int = 16
    mask: str | None = None
    projection: Any = None
    spelling: str = dataclasses.field(default='depth_format=dict({name}={value})', compare=False, repr=False)

    @classmethod
    def of(cls, settings: dict | DepthFormat | None) -> DepthFormat:
        """The format that a config describes.

        Raises:
            ValueError: for what is none, and settings that there are not.
        """
        if isinstance(settings, cls):
            return settings
        names = [each.name for each in dataclasses.fields(cls)]
        if not isinstance(settings, (dict, type(None))) or not set(names).issuperset(settings or ()):
            told = ', '.join(name for name in names if name not in ('projection', 'spelling'))
            raise ValueError(f'depth_format must be a dict of {told}, such as dict(scale=1000.0), got {settings!r}')
        return cls(**(settings or {}))

    def __post_init__(self) -> None:
        invalid = self.invalid if isinstance(self.invalid, (tuple, list, set)) else (self.invalid, )
        object.__setattr__(self, 'invalid', tuple(invalid))
        for name in ('scale', 'focal_baseline'):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and 0 < value < math.inf):
                raise ValueError(f'depth_format: {name} must be > 0, got {value!r}')
        for expected, right, got in (
            ('channels must be 1..4', self.channels in (1, 2, 3, 4), self.channels),
            ('invalid must be numbers', all(map(_is_number, self.invalid)), self.invalid),
            ('offset must be a finite number', _is_number(self.offset) and math.isfinite(self.offset), self.offset),
            (f'bits must be one of {BITS}', self.bits in BITS, self.bits),
            (f'scale must be given with bits={self.bits}', self.bits == 16 or self.scale is not None, self.scale),
            ("mask must be a part of a file's name, such as '_mask'", self.mask is None or _is_part_of_name(self.mask),
             self.mask),
        ):
            if not right:
                raise ValueError(f'depth_format: {expected}, got {got!r}')

    def spell(self, name: str, value: object = '...') -> str:
        """How the user of this format writes the setting ``name``."""
        return self.spelling.format(name=name, option=name.replace('_', '-'), value=value)

    def scale_of(self, values: np.ndarray) -> float:
        """Stored units per metre (or pixel of disparity) of the a file's numbers: ``scale``, or what is usual.

        Args:
            values: as they are stored.
        """
        return self.scale or (KITTI_SCALE if values.dtype.kind == 'u' else 1.0)

    def metres(self, values: np.ndarray) -> np.ndarray:
        """Metric depth of stored values.

        Args:
            values: (H, W) unsigned integers or floating point.

        Returns:
            (H, W) float32 metres, 0 = no measurement.
        """
        scale = self.scale_of(values)
        if self._is_plain() and values.dtype.kind == 'u' and scale == np.float32(scale):
            return np.divide(values, np.float32(scale), dtype=np.float32)
        valid = (values > 0) & np.isfinite(values) & ~self.is_marked(values)
        # In double precision up to the end: stored values are taken at their word.
        units = values.astype(np.float64) - self.offset
        valid &= units > 0
        units = np.where(valid, units, 1.0) / np.float64(scale)
        depth = units if self.focal_baseline is None else self.focal_baseline / units
        with np.errstate(over='ignore'):
            depth = np.where(valid, depth, 0.0).astype(np.float32)
        depth[np.isinf(depth)] = 0
        return depth

    def predicted_metres(self, values: np.ndarray) -> np.ndarray:
        """Metric depth of stored predictions, bad values and all: whoever scores them counts them.

        Args:
            values: (H, W) unsigned integers or floating point.

        Returns:
            (H, W) float32, or float64 where that does not hold every value as it is. NaN, infinite and negative values
            stay what they are; those in ``invalid`` are 0, "not predicted"; no disparity is infinite depth.
        """
        if self._is_plain():
            # Single precision where it holds every value as it is.
            dtype = np.float32 if np.can_cast(values.dtype, np.float32) else np.float64
            return np.divide(values.astype(dtype, copy=False), dtype(self.scale_of(values)))
        depth = (values.astype(np.float64) - self.offset) / self.scale_of(values)
        if self.focal_baseline is not None:
            with np.errstate(divide='ignore'):
                depth = self.focal_baseline / depth
        # A whole number 0 means "none" in every format, whatever the offset.
        return np.where(self.is_marked(values) | (values == 0 if values.dtype.kind == 'u' else False), 0.0, depth)

    def is_marked(self, values: np.ndarray) -> np.ndarray:
        """(H, W) bool: which stored values are one of ``invalid``."""
        marked = np.zeros(values.shape, bool)
        for value in self.invalid:
            marked |= values == value
            if values.dtype == np.float64:  # 65.535 that was single precision before
                marked |= values == np.float64(np.float32(value))
        return marked

    def _is_plain(self):
        return self.offset == 0 and self.focal_baseline is None and not self.invalid


def _is_part_of_name(value):
    return isinstance(value, str) and value.strip() == value != '' and not set('/\\') & set(value)


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
