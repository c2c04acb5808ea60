"""Small inputs for the dense CRF by integer formulas, and what the authors' C++ code makes of them.

    pip install pydensecrf2==1.1
    python tests/crf_reference.py tests/data/dense_crf_reference.npz

writes the marginals of all CASES, float32 (K, H, W), by that package (densecrf of Kraehenbuehl & Koltun, wrapped by
Beyer; compiled with SSE). Number of pixels: a multiple of 4. That code works on four pixels at a time and fills up the
last four with black ones at the origin, whose vertices take part in the blur.
"""
import sys

import numpy as np

# name: size, labels, keyword arguments of dense_crf
CASES = {
    'defaults': ((24, 32), 5, dict()),
    'one iteration': ((24, 32), 5, dict(iterations=1)),
    'smoothness only': ((18, 30), 6, dict(appearance_weight=0.)),
    'appearance only': ((18, 30), 6, dict(smoothness_weight=0.)),
    'DeepLab v2': ((20, 40), 4, dict(smoothness_width=3., appearance_weight=4., appearance_width=67., color_width=3.)),
    'wide colors': ((30, 26), 3, dict(appearance_width=8., color_width=60., iterations=5)),
    'widths below a pixel': ((12, 16), 3, dict(smoothness_width=0.4, appearance_width=0.7, color_width=1.)),
    'linear, truncated': ((20, 32), 8, dict(compatibility='linear', truncation=3, iterations=5)),
    'log, truncated': ((20, 32), 8, dict(compatibility='log', truncation=0.7, centers=(1, 2, 3, 5, 9, 16, 30, 60))),
    'constant image': ((16, 24), 4, dict()),
}


def noise(height, width, seed):
    """Integers 0..255 without a pattern, (H, W), the same on every machine."""
    y, x = np.meshgrid(np.arange(height, dtype=np.uint64), np.arange(width, dtype=np.uint64), indexing='ij')
    value = (x * np.uint64(374761393) + y * np.uint64(668265263) + np.uint64(seed * 2246822519 + 1)) % np.uint64(2**32)
    for shift in (15, 13):
        value = ((value ^ (value >> np.uint64(shift))) * np.uint64(3266489917)) % np.uint64(2**32)
    return (value >> np.uint64(24)).astype(np.int64)


def make_image(height, width):
    """A sky, a road and a disc before them, with shading and noise: (H, W, 3) uint8."""
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing='ij')
    region = _regions(height, width)
    colors = np.array([(150, 180, 220), (90, 85, 80), (170, 60, 50)])[region]
    shading = 40 * y // height - 20 * x // width
    grain = np.stack([noise(height, width, channel) % 15 - 7 for channel in range(3)], -1)
    return np.clip(colors + shading[..., None] + grain, 0, 255).astype(np.uint8)


def make_probabilities(height, width, labels):
    """Probabilities that prefer one label in each region, wrong at every sixth pixel or so: (K, H, W) float32."""
    preferred = _regions(height, width) * (labels - 1) // 2
    wrong = noise(height, width, 7) < 40
    preferred = np.where(wrong, noise(height, width, 8) % labels, preferred)
    distance = np.abs(np.arange(labels)[:, None, None] - preferred)
    score = 1 + 24 // (1 + distance) + np.stack([noise(height, width, 20 + label) % 8 for label in range(labels)])
    return (score / score.sum(0)).astype(np.float32)


def make_case(name):
    """Probabilities (K, H, W) float32, image (H, W, 3) uint8 and keyword arguments of dense_crf."""
    (height, width), labels, settings = CASES[name]
    image = make_image(height, width)
    if name == 'constant image':
        image[:] = 128
    return make_probabilities(height, width, labels), image, settings


def run_reference(probabilities, image, iterations=10, smoothness_weight=3., smoothness_width=3.,
                  appearance_weight=10., appearance_width=50., color_width=5., compatibility='potts', truncation=None,
                  centers=None):
    """Marginals (K, H, W) by pydensecrf2."""
    import pydensecrf.densecrf as reference
    labels, height, width = probabilities.shape
    cost = 1.
    if compatibility != 'potts':
        position = np.arange(labels) if compatibility == 'linear' else np.log(centers)
        # A number w is the Potts model, -w on the diagonal; a matrix is taken as it is.
        cost = (np.minimum(np.abs(position[:, None] - position), truncation) / truncation).astype(np.float32)
    crf = reference.DenseCRF2D(width, height, labels)
    crf.setUnaryEnergy(np.ascontiguousarray(-np.log(probabilities).reshape(labels, -1)))
    if smoothness_weight:
        crf.addPairwiseGaussian(smoothness_width, cost * smoothness_weight)
    if appearance_weight:
        crf.addPairwiseBilateral(appearance_width, color_width, np.ascontiguousarray(image), cost * appearance_weight)
    return np.array(crf.inference(iterations)).reshape(labels, height, width)


def _regions(height, width):
    """0 above, 1 below, 2 in the disc."""
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing='ij')
    disc = (3 * y - 2 * height)**2 + (3 * x - width)**2 < height**2
    return np.where(disc, 2, (y >= height // 2).astype(int))


if __name__ == '__main__':
    np.savez_compressed(sys.argv[1], **{name: run_reference(*make_case(name)[:2], **make_case(name)[2])
                                        for name in CASES})
