"""Errors that papers print, as they print them, to set beside one's own. Pure.

Nothing here is recomputed. Oluwafemi, Zou and Kumar, *Deep Classification Network for Monocular Depth Estimation*
(2019), say neither which ground truth nor which crop they score, so that no protocol here is known to be theirs.
"""
from dataclasses import dataclass

from ..errors import PRINTED_NAMES

PAPER = 'Oluwafemi et al., 2019'


@dataclass(frozen=True)
class PublishedTable:
    """Rows of a published table.

    Args:
        source (str): where they are printed, and under which conditions as far as these are said.
        rows (dict[str, tuple]): method -> errors, in the order of :data:`~mmdepthcls.evaluation.errors.PRINTED_NAMES`.
    """
    source: str
    rows: dict

    def errors(self):
        """dict[str, dict[str, float]]: method -> metric -> value."""
        return {method: dict(zip(PRINTED_NAMES, values, strict=True)) for method, values in self.rows.items()}


PUBLISHED = {
    'kitti_eigen': PublishedTable(f'{PAPER}, Table 1: KITTI, test images of Eigen et al., to 80 m', {
        'Make3D': (0.601, 0.820, 0.926, 0.280, 8.734, 0.361),
        'Eigen et al.': (0.692, 0.899, 0.967, 0.190, 7.156, 0.270),
        'Liu et al.': (0.647, 0.882, 0.961, 0.217, 6.986, 0.289),
        'LRC (CS + K)': (0.861, 0.949, 0.976, 0.114, 4.935, 0.206),
        'Kuznetsov et al.': (0.862, 0.960, 0.986, 0.113, 4.621, 0.189),
        'DORN, VGG': (0.915, 0.980, 0.993, 0.081, 3.056, 0.132),
        'DORN, ResNet': (0.932, 0.984, 0.994, 0.072, 2.727, 0.120),
        # A d1 of .796 beside an abs_rel of .075 is odd, and printed.
        PAPER: (0.796, 0.985, 1.000, 0.075, 2.499, 0.156),
    }),
    'synthia': PublishedTable(f'{PAPER}, Table 2: SYNTHIA', {
        PAPER: (0.785, 0.937, 0.945, 0.108, 9.270, 0.206),
    }),
}


def published_table(name):
    """A published table.

    Args:
        name (str): one of :data:`PUBLISHED`.

    Returns:
        PublishedTable

    Raises:
        ValueError: for an unknown name; lists those there are.
    """
    if name not in PUBLISHED:
        raise ValueError(f'published: no table {name!r}; there are {", ".join(PUBLISHED)}')
    return PUBLISHED[name]
