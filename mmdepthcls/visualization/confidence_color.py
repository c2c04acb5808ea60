"""Probabilities to grays, and the bar that explains them: black is 0, white is 1. Pure."""
from __future__ import annotations

import cv2
import numpy as np

from .lettering import INK, labeled_bar, strip_height

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def color_confidence(confidence: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8, RGB, of probabilities (H, W)."""
    gray = np.round(255 * np.clip(np.nan_to_num(confidence), 0, 1)).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2)


def confidence_panel(confidence: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Probabilities (h, w) at the size (width, height) of a panel."""
    return color_confidence(cv2.resize(confidence.astype(np.float32), size, interpolation=cv2.INTER_NEAREST))


def confidence_bar(width: int, height: int) -> np.ndarray:
    """The bar that says which gray is which probability: (height, width, 3) uint8, RGB, on white."""
    labels = [f'{tick:.0%}' for tick in TICKS]
    centers = [tick * (width - 1) for tick in TICKS]
    bar = labeled_bar(color_confidence(np.linspace(0, 1, width)[None])[0], height, centers, labels, [0, 4, 2, 1, 3])
    bar[[0, strip_height(height) - 1]] = bar[:strip_height(height), -1] = INK  # a frame: white on white
    return bar
