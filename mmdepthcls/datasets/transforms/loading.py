"""Loading of metric depth."""
from functools import lru_cache

from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmseg.registry import TRANSFORMS

from .. import velodyne
from ..depth_png import KITTI_SCALE, DepthFileError, decode_depth_png


def _add_depth(results, depth, path):
    """Put a depth map into a sample, after comparing it with the image's original shape.

    Test pipelines load depth after ``Resize``: ground truth stays as it is on disk.
    """
    if 'ori_shape' in results and tuple(results['ori_shape'][:2]) != depth.shape:
        raise DepthFileError(f'{path}: depth has {depth.shape[0]} x {depth.shape[1]} pixels, but its image '
                             f'{results.get("img_path")} has {results["ori_shape"][0]} x {results["ori_shape"][1]}. '
                             'They must show the same pixels: pair the right files.')
    results['gt_depth_map'] = depth
    # mmseg's geometric transforms follow the fields named here, with nearest-neighbour sampling.
    fields = results.setdefault('seg_fields', [])
    if 'gt_depth_map' not in fields:  # twice would be flipped twice
        fields.append('gt_depth_map')
    return results


@TRANSFORMS.register_module()
class LoadDepth(BaseTransform):
    """Load a depth map from a 16-bit PNG, verified before it is decoded. Does nothing where a sample has none.

    Required Keys:

    - depth_map_path (str, optional)
    - depth_scale (float, optional): PNG units per metre; the dataset knows. Else ``scale``.
    - depth_channels (int, optional): channels of the PNG; the dataset knows. Else ``channels``.
    - ori_shape (tuple, optional): compared with the depth's.

    Added Keys:

    - gt_depth_map (ndarray): (H, W) float32 metres, 0 = no measurement; also named in ``seg_fields``.

    Args:
        scale (float): default PNG units per metre, 256 as in KITTI.
        channels (int): default number of channels.

    Raises:
        DepthFileError: (a ValueError) for a file that is no intact 16-bit PNG or of another size; names it.
    """

    def __init__(self, scale=KITTI_SCALE, channels=1):
        self.scale = scale
        self.channels = channels

    def transform(self, results):
        """Add ``gt_depth_map``."""
        path = results.get('depth_map_path')
        if path is None:
            return results
        depth = decode_depth_png(fileio.get(path), path, results.get('depth_scale', self.scale),
                                 results.get('depth_channels', self.channels))
        return _add_depth(results, depth, path)

    def __repr__(self):
        return f'{type(self).__name__}(scale={self.scale}, channels={self.channels})'


@TRANSFORMS.register_module()
class LoadVelodyneDepth(BaseTransform):
    """Project a raw LiDAR scan into the image. Does nothing where a sample has none.

    Required Keys:

    - velodyne_path (str, optional)
    - calibration_folder (str), camera (int): with it.
    - ori_shape (tuple): the image's.

    Added Keys:

    - gt_depth_map (ndarray): (H, W) float32 metres, 0 = no point; also named in ``seg_fields``.

    Args:
        convention (str): 'kitti' or 'monodepth', see :func:`mmdepthcls.datasets.velodyne.project_velodyne`.
    """

    def __init__(self, convention='kitti'):
        if convention not in velodyne.CONVENTIONS:
            raise ValueError(f'LoadVelodyneDepth: convention must be one of {velodyne.CONVENTIONS}, got {convention!r}')
        self.convention = convention

    def transform(self, results):
        """Add ``gt_depth_map``."""
        path = results.get('velodyne_path')
        if path is None:
            return results
        calibration = _calibration(results['calibration_folder'], results['camera'])
        depth = velodyne.project_velodyne(velodyne.read_scan(path), calibration, results['ori_shape'][:2],
                                          self.convention)
        return _add_depth(results, depth, path)

    def __repr__(self):
        return f'{type(self).__name__}(convention={self.convention!r})'


_calibration = lru_cache(maxsize=64)(velodyne.read_calibration)
