"""The Eigen split of KITTI as data (Eigen et al., 2014), in the form everybody uses. Pure."""
from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

# Annotated depth accumulates scans around each frame, so a drive's first and last five frames have none.
UNANNOTATED_ENDS = 5
# Whole training drives, one of each kind of scene: city, road, residential. Together 6 % of the training frames.
VAL_DRIVES = ('2011_09_26_drive_0005', '2011_09_26_drive_0070', '2011_09_26_drive_0079', '2011_09_26_drive_0087')
EIGEN_PARTS = ('train', 'fit', 'val', 'test')
EIGEN_SPLITS = tuple(f'{part}{suffix}' for part in EIGEN_PARTS for suffix in ('', '_annotated'))


def eigen_split(name: str) -> list[tuple[str, int]]:
    """Frames of one part of the Eigen split.

    Args:
        name: 'train' (23 488 left frames of 33 drives: the paper's), 'val' (those of :data:`VAL_DRIVES`), 'fit'
            ('train' without 'val'), 'test' (697 of 28 other drives, in the customary order). With the suffix
            '_annotated' only the frames that have annotated ("improved") ground truth: train 23 158, test 652.

    Returns:
        Drive such as '2011_09_26_drive_0001', and frame number.

    Raises:
        ValueError: for another name; lists the names there are.

    >>> [len(eigen_split(name)) for name in ('train', 'train_annotated', 'test', 'test_annotated')]
    [23488, 23158, 697, 652]
    """
    if name not in EIGEN_SPLITS:
        raise ValueError(f'eigen_split: no split {name!r}; there are {", ".join(EIGEN_SPLITS)}')
    part, _, annotated = name.partition('_')
    if part == 'test':
        return [(row['drive'], int(row['frame'])) for row in _rows('eigen_test_frames.csv')
                if not annotated or row['has_annotated_gt'] == '1']
    margin = UNANNOTATED_ENDS if annotated else 0
    wanted = {'train': lambda drive: True, 'val': lambda drive: drive in VAL_DRIVES,
              'fit': lambda drive: drive not in VAL_DRIVES}[part]
    return [(row['drive'], frame) for row in _rows('eigen_train_drives.csv') if wanted(row['drive'])
            for frame in range(margin, int(row['num_frames']) - margin)]


@cache
def _rows(filename):
    with open(Path(__file__).parent / filename, newline='', encoding='utf-8') as file:
        return tuple(csv.DictReader(file))
