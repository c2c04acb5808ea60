"""Protocols: how a depth is predicted and how it is scored, so that numbers can be compared. Pure.

"697 or 652 images, which crop, which cap, flipped?" - a metric without this means nothing. The presets reproduce the
conventions of well-known code; each is defined here once and printed beside its row.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from ..crops import Region, check_region

FLIPS = (None, 'mean', 'blend')
INPUT_CROPS = (None, 'kb', 'any')
MEANS = ('image', 'pixel')
LEAST_SQUARES = (None, 'scale', 'disparity')
# Of each alignment: what is printed beside its row, and what its row is called where all stand side by side.
SCALED = {None: 'no', 'median': 'median', 'scale': 'least squares', 'disparity': 'least squares, 1/m'}
ALIGNED_NAMES = {None: 'unscaled', 'median': 'median-scaled', 'scale': 'scale-aligned',
                 'disparity': 'scale-and-shift-aligned'}
# What papers score on KITTI, m; and what is scored where no model says which depths its bins hold.
USUAL_RANGE = (1e-3, 80.0)


@dataclass(frozen=True)
class Protocol:
    """One way of predicting and scoring.

    Args:
        name: what its row is called.
        ground_truth: which ground truth, of those that a sample carries: 'annotated', 'velodyne' (right projection),
            'velodyne_monodepth' (that of Godard et al.) or a name of your own. None: the sample's only one.
        input_crop: what the network must have seen: 'kb' (352 x 1216), None (the whole frame) or 'any'. Predictions of
            a crop are pasted back into the frame, the rest is "not predicted".
        flip: 'mean' of the predictions for the image and its mirror image, or 'blend': the mean, but at the left border
            the mirrored and at the right border the plain one, with ramps between 5 and 10 % of the width (Godard et
            al., 2017). None: the plain one.
        clamp: predictions are clamped to it, m, before anything is averaged or resized (with an alignment: after it).
        align_corners: how a prediction of another size is resized, bilinearly.
        region: which pixels count, see :func:`~mmdepthcls.crops.crop_region`.
        min_depth: ground truth must be greater, m.
        max_depth: ground truth must be less, m (the cap). None: no cap.
        include_max: whether ``max_depth`` itself counts.
        median_scaling: scale each prediction so that its median is the ground truth's.
        fill: fill what is not predicted as KITTI's development kit does, see :mod:`.filling`.
        mean: 'image': mean over images of each image's error; 'pixel': error over all pixels together.
        least_squares: align each prediction to the ground truth by least squares: 'scale' in depth, or 'disparity',
            scale and shift in 1/m; see :mod:`.depth_alignment`.

    Raises:
        ValueError: for settings without sense.
    """
    name: str
    ground_truth: str | None = None
    input_crop: str | None = None
    flip: str | None = None
    clamp: tuple[float, float] | None = USUAL_RANGE
    align_corners: bool = False
    region: Region = None
    min_depth: float = USUAL_RANGE[0]
    max_depth: float | None = USUAL_RANGE[1]
    include_max: bool = False
    median_scaling: bool = False
    fill: bool = False
    mean: str = 'image'
    least_squares: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, 'region', check_region(self.region))
        if self.clamp is not None:
            object.__setattr__(self, 'clamp', tuple(self.clamp))
        high = float('inf') if self.max_depth is None else self.max_depth
        for fault, expected, got in (
            (self.flip not in FLIPS, f'flip must be one of {FLIPS}', self.flip),
            (self.input_crop not in INPUT_CROPS, f'input_crop must be one of {INPUT_CROPS}', self.input_crop),
            (self.least_squares not in LEAST_SQUARES, f'least_squares must be one of {LEAST_SQUARES}',
             self.least_squares),
            (self.median_scaling and self.least_squares, 'give median_scaling or least_squares, not both',
             self.least_squares),
            (self.mean not in MEANS, f'mean must be one of {MEANS}', self.mean),
            (not 0 <= self.min_depth < high, 'expected 0 <= min_depth < max_depth', (self.min_depth, self.max_depth)),
            (self.clamp is not None and not (len(self.clamp) == 2 and 0 < self.clamp[0] < self.clamp[1]),
             'clamp must be (low, high), 0 < low < high', self.clamp),
        ):
            if fault:
                raise ValueError(f'protocol {self.name!r}: {expected}, got {got!r}')

    @property
    def range(self) -> tuple[float, float]:
        """To which predictions are clamped, or the usual range; bad ones become its worse end."""
        return self.clamp or USUAL_RANGE

    @property
    def alignment(self) -> str | None:
        """How predictions are brought to the ground truth's scale, see :mod:`.depth_alignment`; None: not at all."""
        return 'median' if self.median_scaling else self.least_squares

    def conditions(self) -> dict[str, str]:
        """What is printed beside a row."""
        low, high = f'{self.min_depth:g}', '' if self.max_depth is None else f'{self.max_depth:g}'
        cap = 'none' if not high else f'{"<=" if self.include_max else "<"} {high} m'
        crop = self.region if self.region is None or isinstance(self.region, str) else 'own'
        return {
            'ground truth': self.ground_truth or 'as given',
            'input': self.input_crop or 'full',
            'crop': crop or 'none',
            'cap': cap if low in ('0', '0.001') else f'{low} m {cap}',
            'flip': self.flip or 'no',
            'scaled': SCALED[self.alignment],
            'mean': self.mean,
        }


def scored_range(depth_range: tuple[float, float] | None = None) -> tuple[float, float]:
    """Range of the depths that are scored, of what a model can predict.

    Args:
        depth_range: first and last edge of the model's bins, m.

    Returns:
        Above the first and below the second, m: up to the last edge, and from 1 mm on unless the bins begin (or all
        lie) nearer. :data:`USUAL_RANGE` without bins.

    >>> scored_range((0.5, 10.0)), scored_range((1.0, 80.0))
    ((0.001, 10.0), (0.001, 80.0))
    """
    if depth_range is None:
        return USUAL_RANGE
    first, last = map(float, depth_range)
    return first if 0 < first < USUAL_RANGE[0] else min(USUAL_RANGE[0], last / 1000), last


def range_protocol(name: str, min_depth: float | None = None, max_depth: float | None = None, region: Region = None,
                   depth_range: tuple[float, float] | None = None) -> Protocol:
    """The protocol of a range and a region alone: ``min_depth < gt < max_depth``, predictions clamped to that range.

    Args:
        name: what its row is called.
        min_depth: m; 0: whatever is measured counts, and predictions are clamped from 1 mm on. Default: of
            :func:`scored_range`.
        max_depth: m (the cap). Default: likewise.
        region: see :func:`~mmdepthcls.crops.crop_region`.
        depth_range: first and last edge of the model's bins, m.

    Raises:
        ValueError: unless 0 <= min_depth < max_depth, both finite.
    """
    low, high = scored_range(depth_range)
    low, high = low if min_depth is None else min_depth, high if max_depth is None else max_depth
    if not 0 <= low < high < float('inf'):
        open_end = ' (which nothing says: give max_depth too)' if max_depth is None else ''
        raise ValueError(f'expected 0 <= min_depth < max_depth, both finite metres, got {low:g} and {high:g}{open_end}')
    # Logarithms and quotients of predictions need an end beyond 0.
    return Protocol(name, input_crop='any', region=region, clamp=(low or scored_range((0, high))[0], high),
                    min_depth=low, max_depth=high)


PRESETS = {
    preset.name: preset for preset in (
        Protocol('eigen_raw', ground_truth='velodyne_monodepth', region='garg'),
        Protocol('eigen_annotated', ground_truth='annotated', region='garg'),
        Protocol('monodepth2', ground_truth='velodyne_monodepth', region='garg', median_scaling=True),
        Protocol('bts', ground_truth='annotated', input_crop='kb', region='garg'),
        Protocol('adabins', ground_truth='annotated', input_crop='kb', region='kb_garg', flip='mean',
                 align_corners=True),
        Protocol('kitti_devkit', ground_truth='annotated', clamp=None, min_depth=0.0, max_depth=None, fill=True),
        Protocol('nyu_eigen', region='nyu_eigen', clamp=(1e-3, 10.0), max_depth=10.0),
        Protocol('paper', ground_truth='velodyne', clamp=None, min_depth=0.0, include_max=True, mean='pixel'),
    )
}


def build_protocol(protocol: str | dict | Protocol) -> Protocol:
    """A protocol from a preset's name, a config, or itself.

    Args:
        protocol: a name in :data:`PRESETS`; or a dict of :class:`Protocol`'s arguments, where ``preset`` names what it
            is based on and ``name`` is the row's.

    Raises:
        ValueError: for an unknown preset; lists those there are.

    >>> build_protocol(dict(preset='eigen_annotated', max_depth=50.0, name='eigen_annotated, 50 m')).conditions()['cap']
    '< 50 m'
    """
    if isinstance(protocol, Protocol):
        return protocol
    settings = dict(preset=protocol) if isinstance(protocol, str) else dict(protocol)
    preset = settings.pop('preset', None)
    if preset is not None and preset not in PRESETS:
        raise ValueError(f'protocol: no preset {preset!r}; there are {", ".join(PRESETS)}')
    base = Protocol('own') if preset is None else PRESETS[preset]
    names = {field.name for field in dataclasses.fields(Protocol)}
    if set(settings) - names:
        raise ValueError(f'protocol {settings.get("name", preset)!r}: unknown settings '
                         f'{sorted(set(settings) - names)}; there are {sorted(names)}')
    return dataclasses.replace(base, **settings)


def build_protocols(protocols: Sequence[str | dict | Protocol]) -> list[Protocol]:
    """Protocols for one run; their names must differ.

    Args:
        protocols: see :func:`build_protocol`.
    """
    built = [build_protocol(protocol) for protocol in protocols]
    names = [protocol.name for protocol in built]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not built or twice:
        raise ValueError(f'protocols must be at least one, with different names, got {names}. Give each a name=...')
    return built


def with_alignments(protocols: Sequence[Protocol]) -> list[Protocol]:
    """Each protocol in metres and aligned, side by side.

    Args:
        protocols: with different names.

    Returns:
        Of each: itself, then what it is not of unscaled, median-scaled, scale-aligned and scale-and-shift-aligned (see
        :mod:`.depth_alignment`), which name ends with.

    >>> [protocol.name for protocol in with_alignments([PRESETS['monodepth2']])][:3]
    ['monodepth2', 'monodepth2, unscaled', 'monodepth2, scale-aligned']
    """
    return build_protocols([
        aligned for protocol in protocols for aligned in (protocol, *(
            dataclasses.replace(protocol, name=f'{protocol.name}, {label}', median_scaling=alignment == 'median',
                                least_squares=alignment if alignment in LEAST_SQUARES else None)
            for alignment, label in ALIGNED_NAMES.items() if alignment != protocol.alignment))])
