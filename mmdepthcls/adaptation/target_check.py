"""Refuse a target whose images are those that a model is tested on, or those of the source. Pure."""
from __future__ import annotations

import os.path as osp
from collections.abc import Sequence

from ..datasets.eigen import eigen_split
from ..datasets.kitti_layout import place_of_image


def check_target(images: Sequence[str], test_images: Sequence[str] = (), transductive: bool = False) -> None:
    """See that no image of a target is of KITTI's 28 test drives of the Eigen split, or of a test set.

    Args:
        images: paths of the target's images.
        test_images: paths of those of the test set.
        transductive: allow them.

    Raises:
        ValueError: names the first image.
    """
    if transductive:
        return
    drives = {drive for drive, _ in eigen_split('test')}
    places = [(path, place_of_image(path) or place_of_image(osp.realpath(path))) for path in images]
    of_test = [(path, place.drive) for path, place in places if place is not None and place.drive in drives]
    remedy = ("Take others (KITTIDepthDataset: split='train' or 'fit'), or say that the adaptation is transductive, "
              'here and beside every number: self_training.transductive=True.')
    if of_test:
        raise ValueError(f'{len(of_test)} of the {len(images)} images of the target are of the test drives of the '
                         f'Eigen split, the first is {of_test[0][0]}. {remedy}')
    tested = {osp.realpath(path) for path in test_images}
    shared = [path for path in images if osp.realpath(path) in tested]
    if shared:
        raise ValueError(f'{len(shared)} of the {len(images)} images of the target are in the test_dataloader too, the '
                         f'first is {shared[0]}. {remedy}')


def check_apart(images: Sequence[str], source_images: Sequence[str]) -> None:
    """See that no image of a target is of the source too, which has its depth.

    Args:
        images: paths of the target's images.
        source_images: paths of the source's.

    Raises:
        ValueError: names the first.
    """
    known = set(map(osp.realpath, source_images))
    shared = [path for path in images if osp.realpath(path) in known]
    if shared:
        raise ValueError(f'{len(shared)} of the {len(images)} images of the target are of the source too, the first is '
                         f'{shared[0]}: their depth is trained on. Give train_dataloader.dataset.datasets two sets '
                         'that share none: [SOURCE, TARGET]')
