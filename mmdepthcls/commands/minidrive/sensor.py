"""What a camera makes of light: blur, white balance, contrast, vignette, noise, compression. Letters: H, W pixels."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np


class PictureMaker(Protocol):
    """What a scene's camera does to the picture."""

    def develop(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A picture (H, W, 3) uint8 RGB as this camera gives it, the same shape and type; `rng` makes the noise."""


@dataclass(frozen=True)
class Sensor:
    """A camera's look.

    Args:
        gains (np.ndarray): (3,) of red, green and blue.
        contrast (float): About middle gray; 1 leaves it.
        gamma (float): Exponent on 0..1; below 1 lifts the shadows.
        saturation (float): 0 is gray, 1 leaves it.
        blur (float): Standard deviation of the lens's blur in pixels.
        motion (int): Columns over which the picture is smeared; 1 leaves it.
        sharpening (float): Strength of the camera's own sharpening.
        vignette (float): Share of light lost in the corners.
        noise (float): Gray levels of noise in the dark; in the light half as much is added.
        quality (int): Of the JPEG through which it has gone, 1..100; 0 for none.
    """

    gains: np.ndarray
    contrast: float = 1.0
    gamma: float = 1.0
    saturation: float = 1.0
    blur: float = 0.0
    motion: int = 1
    sharpening: float = 0.0
    vignette: float = 0.0
    noise: float = 0.0
    quality: int = 0

    def develop(self, image, rng):
        """See :class:`PictureMaker`."""
        pixels = image.astype(np.float32) * (1 / 255)
        if self.blur > 0:
            pixels = cv2.GaussianBlur(pixels, (0, 0), self.blur)
        if self.motion > 1:
            pixels = cv2.blur(pixels, (self.motion, 1))
        if self.sharpening:
            pixels += self.sharpening * (pixels - cv2.GaussianBlur(pixels, (0, 0), 1.0))
        gray = pixels.mean(2, keepdims=True)
        pixels = (gray + self.saturation * (pixels - gray)) * self.gains.astype(np.float32)
        if self.vignette:
            y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in image.shape[:2])
            pixels *= (1 - self.vignette * 0.5 * (x[None] ** 2 + y[:, None] ** 2))[..., None]
        pixels = np.power(np.clip(0.5 + self.contrast * (pixels - 0.5), 0, 1), np.float32(self.gamma))
        if self.noise:
            spread = np.float32(self.noise / 255) * (1 + 0.5 * pixels)
            pixels += spread * rng.standard_normal(pixels.shape, np.float32)
        image = np.clip(np.rint(pixels * 255), 0, 255).astype(np.uint8)
        if self.quality:
            code = cv2.imencode('.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1]
            image = cv2.imdecode(code, cv2.IMREAD_COLOR)[..., ::-1]
        return image


def sample_sensor(rng):
    """A camera, from a good one in good light to a poor one."""
    tint = 1 + rng.normal(0, 0.05, 3)
    return Sensor(
        gains=np.clip(tint, 0.8, 1.25),
        contrast=rng.uniform(0.85, 1.3),
        gamma=float(np.exp(rng.uniform(-0.4, 0.25))),
        saturation=rng.uniform(0.35, 1.3) if rng.random() < 0.92 else 0.0,
        blur=rng.uniform(0.0, 0.9) if rng.random() < 0.6 else 0.0,
        motion=int(rng.integers(2, 4)) if rng.random() < 0.12 else 1,
        sharpening=rng.uniform(0.2, 1.0) if rng.random() < 0.35 else 0.0,
        vignette=rng.uniform(0, 0.35) if rng.random() < 0.4 else 0.0,
        noise=float(np.exp(rng.uniform(np.log(0.5), np.log(9.0)))),
        quality=int(rng.integers(35, 96)) if rng.random() < 0.4 else 0,
    )
