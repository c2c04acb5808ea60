"""Of which measured pictures the focal length was known, and for which cameras a scale therefore holds. Pure."""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ...apis.description_check import CORRECTED, UNCORRECTED
from ...count_text import counted, some_of
from .measured_image import MeasuredImage

MOST = 3  # places that a focal length is known from, in words: a file of cameras may have one a picture
TELL = '--focal-px PX, --fov DEG or --cameras FILE tells it'
ALONE = 'The scale then holds for this camera alone, and predict corrects nothing beside it'


class KnownCameras(NamedTuple):
    """What the focal lengths of a calibration's pictures were taken for.

    Args:
        sources: where the focal length is known from ('': unknown) -> pictures.
        wanted: metres are corrected by what is known (no ``--no-focal-correction``).
        trained: the model knows the focal length of its training.
    """
    sources: dict[str, int]
    wanted: bool = True
    trained: bool = True

    @property
    def known(self) -> bool:
        """Whether all of them are."""
        return '' not in self.sources

    @property
    def scale_focal(self) -> str:
        """Of :data:`~mmdepthcls.apis.description_check.SCALE_FOCALS`."""
        return CORRECTED if self.wanted and self.trained and self.known else UNCORRECTED

    @property
    def short(self) -> str:
        """For the model file."""
        if self.scale_focal == CORRECTED:
            return f'focal lengths: {some_of(self.sources, MOST)}'
        return 'focal length unknown' if self.wanted and self.trained else 'not corrected by a focal length'

    def text(self) -> str:
        """For people."""
        if not self.wanted:
            return f'Focal length: nothing was corrected by it (--no-focal-correction). {ALONE}'
        if not self.trained:
            return f'Focal length: the model does not know that of its training, and nothing was corrected. {ALONE}'
        if not self.known:
            return f'Focal length: unknown. {ALONE}; {TELL}'
        known = some_of((f'{source}: {counted(number, "picture")}' for source, number in self.sources.items()), MOST)
        return f'Focal length: known ({known}). The scale holds for any camera whose focal length predict is told'

    def check(self) -> None:
        """Refuse pictures of which some were corrected and some were not: no one scale is of both.

        Raises:
            ValueError: says how many, and what to do.
        """
        unknown, total = self.sources.get('', 0), sum(self.sources.values())
        if self.wanted and self.trained and 0 < unknown < total:
            known = some_of(filter(None, self.sources), MOST)
            raise ValueError(f'the focal length is unknown of {unknown} of {counted(total, "picture")} and known of '
                             f'the others ({known}): no scale holds for both. {TELL} for all; --no-focal-correction '
                             'leaves all as the model says them, for pictures of one camera')


def known_cameras(images: Sequence[MeasuredImage], wanted: bool, trained: bool) -> KnownCameras:
    """See :class:`KnownCameras`.

    Args:
        images: that were measured.
        wanted, trained: likewise.
    """
    counts = Counter('EXIF' if each.camera.startswith('EXIF') else each.camera for each in images)
    return KnownCameras(dict(sorted(counts.items())), wanted, trained)
