"""DepthVisualizer: what MMSegmentation's hooks and tools call to draw depth samples."""
from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mmcv
import numpy as np
import torch
from mmengine.dist import master_only
from mmseg.registry import VISUALIZERS
from mmseg.structures import SegDataSample
from mmseg.visualization import SegLocalVisualizer

from ..bins import DEPTH_RANGE
from .depth_color import COLORMAP, INVALID, MAX_DEPTH, MIN_DEPTH, SCALE, DepthColors
from .figures import depth_figure

PATH_PARTS = 4  # of an image's path, for its stored name: tells KITTI's drives and cameras apart


@VISUALIZERS.register_module()
class DepthVisualizer(SegLocalVisualizer):
    """Draws image, true depth and predicted depth on one fixed color scale. Takes the place of SegLocalVisualizer,
    also in MMSegmentation's ``MMSegInferencer``, which accepts no other.

    It needs no ``dataset_meta``: depth has no classes and no palette.

    Args:
        name: name of the instance.
        image: (H, W, 3) uint8, RGB, the first image to show.
        vis_backends: MMEngine's visualization backends.
        save_dir: folder of the backends.
        min_depth: m, the first color. None: where the bins of the model begin whose prediction is drawn
            (``depth_range`` of the sample; the last one that was seen where a sample has none); before any was seen, 1.
        max_depth: m, the last color. None: where they end; before any was seen, 80.
        scale: 'log', 'linear' or 'inverse', see :class:`~mmdepthcls.visualization.depth_color.DepthColors`.
        colormap: name of a matplotlib colormap; 'turbo' is blue where it is near and red where it is far, as in the
            paper.
        invalid: RGB, 0-255, of pixels without depth.

    Raises:
        ValueError: the color scale makes no sense.

    Example:
        >>> visualizer = dict(type='DepthVisualizer', vis_backends=[dict(type='LocalVisBackend')], max_depth=80.0)
    """

    def __init__(self, name: str = 'visualizer', image: np.ndarray | None = None,
                 vis_backends: list[dict] | dict | None = None, save_dir: str | None = None,
                 min_depth: float | None = None, max_depth: float | None = None, scale: str = SCALE,
                 colormap: str = COLORMAP, invalid: Sequence[int] = INVALID) -> None:
        self._given, self._look = (min_depth, max_depth), dict(scale=scale, colormap=colormap, invalid=invalid)
        self.colors = self._colors((MIN_DEPTH, MAX_DEPTH))
        super().__init__(name=name, image=image, vis_backends=vis_backends, save_dir=save_dir)

    def _colors(self, depth_range):
        """Colors between the ends that the config gives, and for the rest over the bins' range, m."""
        ends = (own if given is None else given for given, own in zip(self._given, depth_range, strict=True))
        return DepthColors(*ends, **self._look)

    def set_dataset_meta(self, classes: Any = None, palette: Any = None, dataset_name: Any = None) -> None:
        """No effect: MMSegmentation's callers give classes and a palette, which depth does not have."""

    @master_only
    def add_datasample(self, name: str, image: np.ndarray, data_sample: SegDataSample | None = None,
                       draw_gt: bool = True, draw_pred: bool = True, show: bool = False, wait_time: float = 0,
                       out_file: str | None = None, step: int = 0, with_labels: bool | None = None,
                       with_image: bool = True) -> None:
        """Draw one sample; show it, write it to a file or hand it to the backends. ``get_image()`` then returns it.

        Args:
            name: name of the picture, see :func:`stored_name`.
            image: (H, W, 3) uint8, RGB. Where it is of another size than the depth and the sample has ``crop_box`` =
                (top, left, height, width), that part of it is drawn.
            data_sample: ``gt_depth_map`` and ``pred_depth_map``, each (1, H, W), m; a missing one leaves its panel out.
            draw_gt: whether to draw the truth.
            draw_pred: whether to draw the prediction.
            show: whether to open a window.
            wait_time: how long the window stays, s; 0 = until a key is pressed.
            out_file: file to write instead of handing the picture to the backends.
            step: step under which the backends record the picture.
            with_labels: no effect (MMSegmentation's callers pass it; depth has no class labels).
            with_image: no effect, likewise; the image is always drawn.

        Raises:
            ValueError: image and depth differ in size, or the sample's depth is not one map.
            OSError: ``out_file`` could not be written.
        """
        truth = depth_of(data_sample, 'gt_depth_map') if draw_gt else None
        prediction = depth_of(data_sample, 'pred_depth_map') if draw_pred else None
        if data_sample is not None and data_sample.get(DEPTH_RANGE) is not None:
            self.colors = self._colors(data_sample.get(DEPTH_RANGE))
        crop_box = None
        if data_sample is not None and any(depth is not None and depth.shape != image.shape[:2]
                                           for depth in (truth, prediction)):
            crop_box = data_sample.get('crop_box')
        figure = depth_figure(image, truth, prediction, crop_box=crop_box, **vars(self.colors))
        self.set_image(figure)
        if show:
            self.show(figure, win_name=name, wait_time=wait_time)
        if out_file is None:
            self.add_image(stored_name(name, data_sample), figure, step)
        elif not mmcv.imwrite(np.ascontiguousarray(figure[..., ::-1]), str(out_file)):
            raise OSError(f'could not write the figure to {out_file}; is the folder writable?')


def depth_of(data_sample: SegDataSample | None, key: str) -> np.ndarray | None:
    """The depth map ``key`` of a sample.

    Args:
        data_sample: where it is looked for.
        key: 'gt_depth_map' or 'pred_depth_map', a PixelData whose data is (1, H, W) or (H, W), m.

    Returns:
        (H, W) floating point, m; None where the sample has no such map.

    Raises:
        ValueError: the data is not one map.
    """
    if data_sample is None or key not in data_sample:
        return None
    depth = data_sample.get(key).data
    if isinstance(depth, torch.Tensor):
        depth = depth.detach().cpu()
        depth = (depth.float() if depth.dtype == torch.bfloat16 else depth).numpy()
    if depth.ndim == 3 and depth.shape[0] == 1:
        depth = depth[0]
    if depth.ndim != 2:
        raise ValueError(f'{key}.data must be one map, (1, H, W) or (H, W), got shape {tuple(depth.shape)}')
    return depth


def stored_name(name: str, data_sample: SegDataSample | None = None) -> str:
    """Name under which a picture is stored, such that no two images share one.

    MMSegmentation's hook names a picture 'test_' + the file's name and may never change the step, and KITTI numbers
    the frames of every drive from 0: one would overwrite the other. So the last four parts of the image's path take
    the place of the file's name, behind the name of its set, if it has one.

    Args:
        name: the caller's name, such as 'val_0000000005.png'.
        data_sample: its ``img_path`` and ``set_name`` are used; without a path, ``name`` is returned.

    Returns:
        Such as 'val_2011_09_26_drive_0001_sync_image_02_data_0000000005'.
    """
    path, set_name = (data_sample.get(key) if data_sample is not None else None for key in ('img_path', 'set_name'))
    parts = [part for part in re.split(r'[\\/:]+', str(path or '')) if part not in ('', '.', '..')]
    if not parts:
        return name
    file_name = parts[-1]
    parts = parts[-PATH_PARTS:]
    parts[-1] = file_name.rpartition('.')[0] or file_name
    prefix = name.removesuffix(file_name).removesuffix(parts[-1]).rstrip('_')
    return '_'.join(part for part in (prefix, set_name, *parts) if part)
