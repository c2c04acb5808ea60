"""Labels pixels with depth bins, so that stock models of MMSegmentation train on depth."""
from __future__ import annotations

from mmcv.transforms import BaseTransform
from mmseg.registry import TASK_UTILS, TRANSFORMS

from ...bins import IGNORE_INDEX, DepthBins


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
        bins: config or instance, e.g. ``dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)``.
    """

    def __init__(self, bins: dict | DepthBins) -> None:
        self.bins = bins if isinstance(bins, DepthBins) else TASK_UTILS.build(bins)

    def transform(self, results: dict) -> dict:
        """Add ``gt_seg_map``."""
        if 'gt_depth_map' not in results:
            return results
        results['gt_seg_map'] = self.bins.encode(results['gt_depth_map'], IGNORE_INDEX)
        results.setdefault('seg_fields', []).append('gt_seg_map')
        results['seg_map_path'] = repr(self.bins)
        return results

    def __repr__(self):
        return f'{type(self).__name__}(bins={self.bins!r})'
