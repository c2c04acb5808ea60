"""Whether an image and its depth show the same pixels, as far as their headers tell. Pure."""
from __future__ import annotations

from typing import Any

from .common_size import check_view, resizing_remedy
from .depth_format import DepthFileError
from .files.image_header import ImageHeader, orientation_remedy


def check_pixels(sample: dict, image: ImageHeader, depth: tuple[int, int], obeyed: bool, follows_exif: bool) -> None:
    """Refuse a pair of which the two have different sizes, or may be turned against each other.

    Args:
        sample: with ``img_path``, ``depth_map_path`` and, where one of the two is to be resized, ``resized``.
        image: header of the image.
        depth: H, W.
        obeyed: the pipeline turns images as their EXIF orientation tag says.
        follows_exif: depth shows what such a tag says.

    Raises:
        DepthFileError: names both files, and the remedy.
    """
    shape = image.shape(obeyed)
    if sample.get('resized') is not None:
        check_view(shape, depth, sample['img_path'], sample['depth_map_path'])
    elif shape != depth:
        remedy = orientation_remedy(sample['img_path'], obeyed, depth)
        raise DepthFileError(
            f'{sample["depth_map_path"]}: depth has {depth[0]} x {depth[1]} pixels, but its image '
            f'{sample["img_path"]} has {shape[0]} x {shape[1]}. {remedy}They must show the same '
            f'pixels: pair the right files{"" if remedy else resizing_remedy(shape, depth)}.')
    if obeyed and image.hides_orientation and not follows_exif:
        raise DepthFileError(
            f'{sample["img_path"]}: its EXIF orientation tag {image.orientation} mirrors or turns the image and '
            f'keeps its size, so that nothing tells whether {sample["depth_map_path"]} shows it before or after. '
            "Say so: LoadImageFromFile(color_type='color_ignore_orientation') in the pipeline if depth shows the "
            "pixels as stored, or the dataset's depth_follows_exif=True if it shows them turned.")


def obeys_orientation(pipeline: Any) -> bool:
    """Whether the images that a pipeline loads are turned as their EXIF orientation tag says, as MMCV's are."""
    for transform in getattr(pipeline, 'transforms', ()):
        color_type = getattr(transform, 'color_type', None)
        if isinstance(color_type, str):
            stored = color_type == 'unchanged' or color_type.endswith('ignore_orientation')
            return not stored and getattr(transform, 'imdecode_backend', 'cv2') in ('cv2', 'pillow')
    return True
