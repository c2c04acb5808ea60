"""Geometry that keeps image and depth registered to the pixel and invents no depth."""
import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ...bins import IGNORE_INDEX

# What lies outside an image: ImageNet's mean colour (BGR), no depth, no label.
MEAN_BGR = (103.53, 116.28, 123.675)
PADDING = {'gt_depth_map': 0, 'gt_seg_map': IGNORE_INDEX}


@TRANSFORMS.register_module()
class RandomDepthZoom(BaseTransform):
    """Zoom the image by s and divide depth by s (Eigen et al., 2014): an object that looks s times larger is s times
    nearer. Depth is sampled at the nearest pixel, never averaged.

    Modified Keys:

    - img (ndarray): (H, W, 3) -> (round(s H), round(s W), 3), bilinear.
    - gt_depth_map (ndarray, optional): (H, W) float32 m, same size as the image, divided by s.
    - img_shape

    Args:
        scale_range (tuple[float, float]): s is uniform in it; 0 < low <= high.

    Raises:
        ValueError: for a bad range, and if labels were made before (they would keep the depth before the zoom).
    """

    def __init__(self, scale_range=(1.0, 1.5)):
        low, high = scale_range
        if not 0 < low <= high:
            raise ValueError(f'RandomDepthZoom: scale_range must be 0 < low <= high, got {scale_range}')
        self.scale_range = (low, high)

    def _draw(self):
        return np.random.uniform(*self.scale_range)

    def transform(self, results):
        """Zoom image and depth."""
        if 'gt_seg_map' in results:
            raise ValueError('RandomDepthZoom divides depth, so DepthToBinLabel must come after it in the pipeline')
        height, width = results['img'].shape[:2]
        new_width = max(round(width * self._draw()), 1)
        scale = new_width / width  # the zoom that is done, after rounding to whole pixels
        size = (new_width, max(round(height * scale), 1))
        results['img'] = cv2.resize(results['img'], size, interpolation=cv2.INTER_LINEAR)
        results['img_shape'] = results['img'].shape[:2]
        if 'gt_depth_map' in results:
            # INTER_NEAREST would shift depth by up to half a pixel against the bilinear image.
            depth = cv2.resize(results['gt_depth_map'], size, interpolation=cv2.INTER_NEAREST_EXACT)
            results['gt_depth_map'] = depth / np.float32(scale)
        return results

    def __repr__(self):
        return f'{type(self).__name__}(scale_range={self.scale_range})'


@TRANSFORMS.register_module()
class DepthCrop(BaseTransform):
    """Crop image, depth and labels to one size, padding where the image is smaller: image with the mean colour, depth
    with 0 (no measurement), labels with 255.

    The crop becomes the image: ``ori_shape`` follows, so that at test time the prediction is compared with the cropped
    ground truth and is not stretched over the whole frame.

    Modified Keys:

    - img, gt_depth_map (optional), gt_seg_map (optional): to ``crop_size``.
    - img_shape, ori_shape

    Added Keys:

    - crop_box (tuple): top, left, height, width of the crop in the image before; negative top or left is padding.

    Args:
        crop_size (tuple[int, int]): height, width.
        position (str): 'random' or 'center'.
        pad_value (tuple[float]): BGR colour of the padding.

    Raises:
        ValueError: for a size that is not positive or an unknown position.
    """

    def __init__(self, crop_size, position='random', pad_value=MEAN_BGR):
        if len(crop_size) != 2 or min(crop_size) < 1:
            raise ValueError(f'DepthCrop: crop_size must be (height, width), both >= 1, got {crop_size}')
        if position not in ('random', 'center'):
            raise ValueError(f"DepthCrop: position must be 'random' or 'center', got {position!r}")
        self.crop_size = tuple(crop_size)
        self.position = position
        self.pad_value = pad_value

    def _offset(self, spare):
        """First row or column; ``spare`` is image size minus crop size, negative where padding is needed."""
        low, high = min(spare, 0), max(spare, 0)
        return (low + high) // 2 if self.position == 'center' else int(np.random.randint(low, high + 1))

    def transform(self, results):
        """Crop every field."""
        height, width = results['img'].shape[:2]
        top, left = self._offset(height - self.crop_size[0]), self._offset(width - self.crop_size[1])
        colour = np.rint(self.pad_value) if results['img'].dtype == np.uint8 else self.pad_value
        results['img'] = self._cut(results['img'], top, left, colour)
        for key, padding in PADDING.items():
            if key in results:
                results[key] = self._cut(results[key], top, left, padding)
        results['img_shape'] = results['ori_shape'] = self.crop_size
        results['crop_box'] = (top, left, *self.crop_size)
        return results

    def _cut(self, array, top, left, padding):
        height, width = self.crop_size
        result = np.empty((height, width, *array.shape[2:]), array.dtype)
        result[...] = padding
        rows, cols = (slice(max(first, 0), min(first + length, size))
                      for first, length, size in ((top, height, array.shape[0]), (left, width, array.shape[1])))
        result[rows.start - top:rows.stop - top, cols.start - left:cols.stop - left] = array[rows, cols]
        return result

    def __repr__(self):
        return f'{type(self).__name__}(crop_size={self.crop_size}, position={self.position!r})'
