"""Labels pixels with depth bins, so that stock models of MMSegmentation train on depth."""
from __future__ import annotations

from mmcv.transforms import BaseTransform
from mmseg.registry import TASK_UTILS, TRANSFORMS

from ...bins import IGNORE_INDEX, DepthBins
from ...camera import canonical_depth, check_camera_settings, missing_focal


@TRANSFORMS.register_module()
class DepthToBinLabel(BaseTransform):
    """Label every pixel with its depth bin, beside the metres. Belongs after all geometry, before ``PackSegInputs``.

    With it any stock MMSegmentation model trains on depth; a :class:`DepthClassifier` can also do without. Does
    nothing where a sample has no depth.

    Required Keys:

    - gt_depth_map (ndarray, optional): (H, W) float32 metres, 0 = no measurement.

    Added Keys:

    - gt_seg_map (ndarray): (H, W) uint8 labels, 255 = ignore; also named in ``seg_fields``.
    - seg_map_path (str): which bins made the labels; ``PackSegInputs`` carries it to the model, which compares.

    Args:
        bins: config or instance, e.g. ``dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)``. After a
            :class:`CanonicalCamera` they are of the metres of that camera.
        depth_range: of depth in metres of the camera that took the picture; outside pixels get no label. As the model's
            ``depth_range``. Default: the bins alone decide.

    Raises:
        ValueError: after a :class:`CanonicalCamera` for a sample of unknown focal length; names the image.
    """

    def __init__(self, bins: dict | DepthBins, depth_range: tuple[float, float] | None = None) -> None:
        self.bins = bins if isinstance(bins, DepthBins) else TASK_UTILS.build(bins)
        self.depth_range = check_camera_settings(None, depth_range, 'DepthToBinLabel')[1]

    def transform(self, results: dict) -> dict:
        """Add ``gt_seg_map``."""
        if 'gt_depth_map' not in results:
            return results
        canonical, focal = results.get('canonical_focal_px'), results.get('focal_px')
        if canonical is not None and focal is None:
            raise ValueError(missing_focal(results.get('img_path'), results.get('focal_lost')))
        depth = results['gt_depth_map']
        if canonical is not None or self.depth_range is not None:
            depth = canonical_depth(depth, focal, canonical, self.depth_range)
        results['gt_seg_map'] = self.bins.encode(depth, IGNORE_INDEX)
        results.setdefault('seg_fields', []).append('gt_seg_map')
        results['seg_map_path'] = repr(self.bins) + (
            '' if canonical is None else f' of a canonical camera of {canonical:g} px')
        return results

    def __repr__(self):
        return f'{type(self).__name__}(bins={self.bins!r})'
