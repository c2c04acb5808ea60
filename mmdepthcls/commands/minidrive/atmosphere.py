"""Sky, haze, exposure and sensor: from the linear color of surfaces to an 8-bit photograph.

Letters: R, C samples; H, W pixels.
"""

import cv2
import numpy as np


def add_sky(color, free, elevation, light, rng):
    """Paint sky and clouds where there is no surface.

    Args:
        color (np.ndarray): (R, C, 3) linear RGB, changed in place.
        free (np.ndarray): (R, C) bool, no surface.
        elevation (np.ndarray): (R, C) upward slope of the rays.
        light (Light): See scene.py.
        rng (np.random.Generator): Shapes the clouds.
    """
    coarse, fine = (rng.random(cells, np.float32) for cells in ((4, 7), (12, 26)))
    size = free.shape[::-1]
    clouds = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) + 0.5 * cv2.resize(fine, size)
    height = np.clip(elevation[free] * 2.5, 0, 1)[:, None]
    cover = np.clip((clouds[free] - 1.4 + 1.4 * light.clouds) * 2, 0, 1)[:, None] * np.clip(height * 4, 0, 1)
    horizon, zenith = light.horizon.astype(np.float32), light.zenith.astype(np.float32)
    sky = horizon + (zenith - horizon) * np.sqrt(height)
    sky += (np.float32(0.85) * horizon.max() - sky) * (0.7 * cover)
    color[free] = sky


def add_haze(color, depth, light):
    """Surfaces (R, C, 3) at depths (R, C) in metres, faded into the horizon's color."""
    clear = np.exp(np.float32(-light.haze) * depth)
    channels = []
    for channel, horizon in zip(cv2.split(color), light.horizon.astype(np.float32), strict=True):
        channels.append((channel - horizon) * clear + horizon)
    return cv2.merge(channels)


def expose(color, brightness, rng):
    """Linear color (H, W, 3) -> uint8 of the wished mean gray level (0..1), with a gamma of 2.2 and sensor noise."""
    gray = np.power(np.maximum(color.mean(2), 1e-6), 1 / 2.2).mean()
    image = np.power(np.clip(color * np.float32((brightness / gray) ** 2.2), 0, 1), np.float32(1 / 2.2)) * 255
    image += np.float32(rng.uniform(0.5, 3.0)) * rng.standard_normal(image.shape, np.float32)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
