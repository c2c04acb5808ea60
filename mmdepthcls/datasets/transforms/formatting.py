"""The last step of a pipeline: packs image, depth and where the crop was for the model."""
from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from mmengine.structures import PixelData
from mmseg.datasets.transforms import PackSegInputs
from mmseg.registry import TRANSFORMS

from . import focal_tracking  # noqa: F401  (watches what packs)


@TRANSFORMS.register_module()
class PackDepthInputs(PackSegInputs):
    """MMSegmentation's ``PackSegInputs`` that also carries

    - where in the frame a crop was: the prediction of a :class:`KBCrop` is pasted back there, and
      :class:`DepthVisualizer` draws the part of the image that was predicted;
    - which data set a sample is of (``set_name``), where that has a name;
    - what the ground truth is called, and all others (``gt_depth_map_NAME``) as :class:`PixelData`, for protocols.

    As all that packs it carries ``focal_px``, in pixels of the network's input (:mod:`.focal_tracking`).

    Args:
        meta_keys (tuple[str]): keys of the sample that become its metainfo.
    """

    def __init__(self,
                 meta_keys: Sequence[str] = ('img_path', 'seg_map_path', 'ori_shape', 'img_shape', 'pad_shape',
                                             'scale_factor', 'flip', 'flip_direction', 'reduce_zero_label', 'crop_box',
                                             'full_shape', 'ground_truth', 'set_name')) -> None:
        super().__init__(meta_keys)

    def transform(self, results: dict) -> dict:
        """Pack a sample; the dictionary itself stays as it is."""
        image = results.get('img')
        if image is not None and image.ndim == 3:
            # Four times as fast as the host's transpose, which has nothing left to do.
            planes = np.empty((image.shape[2], *image.shape[:2]), image.dtype)
            cv2.split(image, list(planes))
            results = dict(results, img=planes.transpose(1, 2, 0))
        packed = super().transform(results)
        for key, depth in results.items():
            if key.startswith('gt_depth_map_'):
                packed['data_samples'].set_data({key: PixelData(data=torch.from_numpy(depth)[None])})
        return packed
