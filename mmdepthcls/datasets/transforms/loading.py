"""Loads ground truth in metres: depth files of every kind, or LiDAR scans that are projected on the way."""
from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmseg.registry import TRANSFORMS

from ...camera import resized_focal
from .. import velodyne
from ..common_size import DEPTH, check_view, nearest_depth, resized_image
from ..depth_file import DepthFileError, DepthFormat, read_depth
from ..exchanged_pair import refuse_exchanged
from ..files.image_header import orientation_remedy

MAIN = 'gt_depth_map'
VELODYNE_NAMES = {'kitti': 'velodyne', 'monodepth': 'velodyne_monodepth'}


def _add_depth(results, depth, path, name):
    """Put a depth map into a sample, after comparing it with the image's original shape.

    The first is ``gt_depth_map``, on which a model trains; others are ``gt_depth_map_NAME``, for protocols.

    Test pipelines load depth after ``Resize`` or ``KBCrop``: ground truth stays as it is on disk.
    """
    shape = _frame_shape(results)
    if shape is not None and shape != depth.shape:
        # Seen where the dataset did not verify: an image that has been loaded is the tag's, or not.
        remedy = ''.join(orientation_remedy(results.get('img_path'), obeyed, depth.shape)
                         for obeyed in (True, False) if depth.shape == shape[::-1])
        raise DepthFileError(f'{path}: depth has {depth.shape[0]} x {depth.shape[1]} pixels, but its image '
                             f'{results.get("img_path")} has {shape[0]} x {shape[1]}. {remedy}They must show the same '
                             'pixels: pair the right files (and load depth before a transform that crops or zooms).')
    key = MAIN if MAIN not in results or results.get('ground_truth') == name else f'{MAIN}_{name}'
    results[key] = depth
    if key == MAIN:
        results['ground_truth'] = name
    # mmseg's geometric transforms follow the fields named here, with nearest-neighbor sampling.
    fields = results.setdefault('seg_fields', [])
    if key not in fields:  # twice would be flipped twice
        fields.append(key)
    return results


def _frame_shape(results):
    """Height and width of the image as it is on disk, or None."""
    shape = results.get('full_shape', results.get('ori_shape'))
    return None if shape is None else tuple(shape[:2])


def _to_common_size(results, depth, path):
    """Image and depth of different resolutions as the data set says that one of them is brought to the other's size.

    An image that a transform has resized or cropped already stays; its frame then has the size of the depth, in which
    predictions are compared.
    """
    shape = _frame_shape(results)
    if shape is None or shape == depth.shape:
        return results, depth
    check_view(shape, depth.shape, results.get('img_path'), path)
    if results['resized'] == DEPTH:
        return results, nearest_depth(depth, shape)
    if 'full_shape' in results:
        raise DepthFileError(f"{path}: its image would be resized (resized='image'), and has been cropped before. Put "
                             'LoadDepth before the crop.')
    results = dict(results, ori_shape=depth.shape)
    image = results.get('img')
    if image is not None and image.shape[:2] == shape:
        results.update(img=resized_image(image, depth.shape), img_shape=depth.shape)
        if results.get('focal_px') is not None:
            scale = depth.shape[1] / shape[1], depth.shape[0] / shape[0]
            results['focal_px'] = resized_focal(results['focal_px'], *scale)
    elif image is not None and 'scale_factor' in results:
        results['scale_factor'] = (image.shape[1] / depth.shape[1], image.shape[0] / depth.shape[0])
    return results, depth


@TRANSFORMS.register_module()
class LoadDepth(BaseTransform):
    """Load a depth map, verified before it is decoded: PNG, .npy, .npz, TIFF, EXR, PFM or PGM. Does nothing where a
    sample has none.

    Required Keys:

    - depth_map_path (str, optional)
    - depth_format (DepthFormat, optional): what the numbers mean; the dataset knows. Else that of the arguments.
    - depth_name (str, optional): what this ground truth is called, such as 'annotated'; the dataset knows.
    - ori_shape (tuple, optional): compared with the depth's.
    - resized (str, optional): 'image' or 'depth', see :class:`~mmdepthcls.datasets.DepthDataset`; the dataset knows.

    Modified Keys:

    - img, img_shape, ori_shape, focal_px: where the image is brought to the size of the depth.

    Added Keys:

    - gt_depth_map (ndarray): (H, W) float32 metres, 0 = no measurement; also named in ``seg_fields``. Where another
      ground truth has been loaded before: ``gt_depth_map_NAME``.
    - ground_truth (str or None): name of ``gt_depth_map``.

    Args:
        **depth_format: default format, see :class:`mmdepthcls.datasets.depth_file.DepthFormat`; for example
            ``scale=1000.0``. Without: KITTI's PNG, metres * 256.

    Raises:
        DepthFileError: (a ValueError) for a file that is not intact, no depth or of another size; names it.
    """

    def __init__(self, **depth_format: Any) -> None:
        self.depth_format = DepthFormat(**depth_format)

    def transform(self, results: dict) -> dict:
        """Add ``gt_depth_map``."""
        path = results.get('depth_map_path')
        if path is None:
            return results
        depth_format = results.get('depth_format', self.depth_format)
        try:
            depth = read_depth(fileio.get(path), path, depth_format)
        except DepthFileError:
            refuse_exchanged(results, depth_format)
            raise
        if results.get('resized') is not None:
            results, depth = _to_common_size(results, depth, path)
        return _add_depth(results, depth, path, results.get('depth_name'))

    def __repr__(self):
        return f'{type(self).__name__}({self.depth_format})'


@TRANSFORMS.register_module()
class LoadVelodyneDepth(BaseTransform):
    """Project a raw LiDAR scan into the image. Does nothing where a sample has none.

    Required Keys:

    - velodyne_path (str, optional)
    - calibration_folder (str), camera (int): with it.
    - ori_shape (tuple): the image's.

    Added Keys:

    - gt_depth_map (ndarray): (H, W) float32 metres, 0 = no point; also named in ``seg_fields``. Where another ground
      truth has been loaded before: ``gt_depth_map_velodyne`` or ``gt_depth_map_velodyne_monodepth``.
    - ground_truth (str): name of ``gt_depth_map``: 'velodyne' or 'velodyne_monodepth'.

    Args:
        convention: 'kitti' or 'monodepth', see :func:`mmdepthcls.datasets.velodyne.project_velodyne`.
    """

    def __init__(self, convention: str = 'kitti') -> None:
        if convention not in velodyne.CONVENTIONS:
            raise ValueError(f'LoadVelodyneDepth: convention must be one of {velodyne.CONVENTIONS}, got {convention!r}')
        self.convention = convention

    def transform(self, results: dict) -> dict:
        """Add ``gt_depth_map``."""
        path = results.get('velodyne_path')
        if path is None:
            return results
        calibration = velodyne.known_calibration(results['calibration_folder'], results['camera'])
        depth = velodyne.project_velodyne(velodyne.read_scan(path), calibration, _frame_shape(results),
                                          self.convention)
        return _add_depth(results, depth, path, VELODYNE_NAMES[self.convention])

    def __repr__(self):
        return f'{type(self).__name__}(convention={self.convention!r})'
