"""The maps of a sample under a warp or a crop: which follow the image, how they are read, what lies outside."""
import cv2
import numpy as np

from ...bins import IGNORE_INDEX

MAX_CHANNELS = 4  # that OpenCV warps at once
COLOR_TYPES = (np.uint8, np.uint16, np.float32)  # that OpenCV converts


def fields_of(results):
    """Names of the maps of a sample that follow its image."""
    return {*results.get('seg_fields', ()), 'gt_depth_map', 'gt_seg_map'} & results.keys()


def is_depth(key):
    return key.startswith('gt_depth_map')


def outside_of(key):
    """Value outside the image: no measurement, or no label."""
    return 0 if is_depth(key) else IGNORE_INDEX


def checked_size(name, size):
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f'{name}: crop_size must be (height, width), both >= 1, got {size}')
    return tuple(size)


def crop_offset(spare, position):
    """First row or column of a crop; ``spare`` is image size minus crop size, negative where padding is needed."""
    low, high = min(spare, 0), max(spare, 0)
    return (low + high) // 2 if position == 'center' else int(np.random.randint(low, high + 1))


def _outside_image(image, color):
    """What lies outside an image, one number a channel.

    Args:
        image (ndarray): (H, W) or (H, W, C).
        color (sequence of float): three numbers for a color of 0..255; or one a channel, in the image's own range.

    Returns:
        tuple[float]: the color; its mean for gray; followed by 0 for alpha and whatever comes behind the third channel.
    """
    channels = image.shape[2] if image.ndim == 3 else 1
    color = np.atleast_1d(np.asarray(color, float))
    if color.size == channels and channels != 3:
        return tuple(color)
    if channels < 3:
        color = np.full(channels, color.mean())
    if image.dtype == np.uint16:  # white is 65535
        color = color * 257
    color = np.pad(color, (0, max(channels - color.size, 0)))[:channels]
    return tuple(np.rint(color) if image.dtype.kind in 'ui' else color)


def sample_image(image, matrix, size, color):
    outside = _outside_image(image, color)
    if image.ndim == 3 and image.shape[2] == 3 and image.dtype in COLOR_TYPES:
        # OpenCV 5 warps four channels in half the time of three.
        image = cv2.cvtColor(image, cv2.COLOR_BGR2BGRA)
        return cv2.cvtColor(sample_map(image, matrix, size, cv2.INTER_LINEAR, outside), cv2.COLOR_BGRA2BGR)
    if image.ndim == 2 or image.shape[2] <= MAX_CHANNELS:
        return sample_map(image, matrix, size, cv2.INTER_LINEAR, outside).reshape(*size, *image.shape[2:])
    return np.stack([sample_map(np.ascontiguousarray(image[..., channel]), matrix, size, cv2.INTER_LINEAR, value)
                     for channel, value in enumerate(outside)], axis=-1)


def sample_map(array, matrix, size, interpolation, outside):
    return cv2.warpAffine(array, matrix, size[::-1], flags=interpolation | cv2.WARP_INVERSE_MAP,
                          borderMode=cv2.BORDER_CONSTANT, borderValue=outside)


def crop_sample(results, box, pad_value):
    """Cut ``box`` (top, left, height, width) out of every field; it may reach over the image's border."""
    outside = _outside_image(results['img'], pad_value)
    results['img'] = _cut(results['img'], box, outside[0] if results['img'].ndim == 2 else outside)
    for key in fields_of(results):
        results[key] = _cut(results[key], box, outside_of(key))
    results['img_shape'] = results['ori_shape'] = box[2:]
    results['crop_box'] = box
    results.pop('full_shape', None)
    return results


def _cut(array, box, padding):
    top, left, height, width = box
    result = np.empty((height, width, *array.shape[2:]), array.dtype)
    result[...] = padding
    rows, cols = (slice(max(first, 0), min(first + length, size))
                  for first, length, size in ((top, height, array.shape[0]), (left, width, array.shape[1])))
    result[rows.start - top:rows.stop - top, cols.start - left:cols.stop - left] = array[rows, cols]
    return result
