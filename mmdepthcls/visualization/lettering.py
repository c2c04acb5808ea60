"""Text, ticks and legends that are drawn into pictures. Pure: numpy and OpenCV.

Pictures are RGB, uint8, on white.
"""
from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np

PAPER, INK = 255, 0  # gray levels of the background and of the text
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_ONLY_ASCII = int(cv2.__version__.partition('.')[0]) < 5  # is what OpenCV's font had before


def labeled_bar(strip: np.ndarray, height: int, centers: Sequence[float] | np.ndarray, labels: Sequence[str],
                order: Sequence[int]) -> np.ndarray:
    """A strip of colors with ticks and labels below it.

    Args:
        strip: (W, 3) uint8, RGB.
        height: of the whole bar, pixels.
        centers: columns of the ticks.
        labels: what stands below each.
        order: in which labels take their places; those that would overlap are left out.

    Returns:
        (height, W, 3) uint8, RGB, on white.
    """
    bar = np.full((height, len(strip), 3), PAPER, np.uint8)
    text_height = max(height // 3, 8)
    top, gap = strip_height(height), text_height // 2
    bar[:top] = strip
    taken: list[tuple[int, int]] = []
    for center, label in ((round(centers[i]), labels[i]) for i in order):
        width = text_width(label, text_height)
        left = min(max(center - width // 2, 0), max(len(strip) - width - 1, 0))
        if all(left + width + gap <= start or end + gap <= left for start, end in taken):
            taken.append((left, left + width))
            bar[top:top + max(height // 12, 2), max(center - 1, 0):center + 1] = INK
            draw_text(bar, label, left, height - max(text_height // 4, 2), text_height)
    return bar


def with_swatch(bar: np.ndarray, height: int, color: Sequence[int], label: str) -> np.ndarray:
    """``bar`` ((height, W, 3)) and, right of it, one color with its name below."""
    text_height, bottom = max(height // 3, 8), strip_height(height)
    swatch = np.full((height, text_width(label, text_height), 3), PAPER, np.uint8)
    swatch[:bottom] = INK  # a frame: the color may be as white as the paper
    swatch[1:bottom - 1, 1:-1] = np.array(color, np.uint8)
    draw_text(swatch, label, 0, height - max(text_height // 4, 2), text_height)
    space = np.full((height, text_height, 3), PAPER, np.uint8)
    return np.concatenate((bar, space, swatch, space[:, :text_height // 2]), axis=1)


def swatch_width(height: int, label: str) -> int:
    """By how many pixels :func:`with_swatch` makes a bar of this height wider."""
    text_height = max(height // 3, 8)
    return text_width(label, text_height) + text_height + text_height // 2


def strip_height(height: int) -> int:
    """Pixels of the colors in a bar of ``height`` pixels; ticks and labels take the rest."""
    return height - max(height // 3, 8) - max(height // 4, 6)


def heading(title: str, width: int, text_height: int) -> np.ndarray:
    """A line of text on white, (2 * text_height, ``width``, 3); wider where the text is."""
    strip = np.full((2 * text_height, max(width, text_width(title, text_height) + 4), 3), PAPER, np.uint8)
    draw_text(strip, title, 2, round(1.5 * text_height), text_height)
    return strip


def text_height_for(width: float) -> int:
    """Height in pixels of digits that stay legible on a picture of ``width`` pixels."""
    return int(np.clip(width / 60, 11, 40))


def text_width(text: str, height: int) -> int:
    """Width in pixels of ``text`` drawn by :func:`draw_text` with digits ``height`` pixels high."""
    return cv2.getTextSize(_drawable(text), _FONT, _font_scale(height), _stroke(height))[0][0]


def draw_text(picture: np.ndarray, text: str, left: int, baseline: int, height: int) -> None:
    """Write ``text`` into ``picture`` ((H, W, 3) uint8, changed in place), digits ``height`` pixels high."""
    cv2.putText(picture, _drawable(text), (left, baseline), _FONT, _font_scale(height), (INK,) * 3, _stroke(height),
                cv2.LINE_AA)


def _drawable(text):
    """Text as OpenCV can draw it: accents on their letters, or, where its font has none, the letters alone."""
    if not _ONLY_ASCII:
        return unicodedata.normalize('NFC', text).encode('utf-8', 'replace').decode()
    letters = unicodedata.normalize('NFKD', text)
    return ''.join(each for each in letters if not unicodedata.combining(each)).encode('ascii', 'replace').decode()


def _font_scale(height):
    return height / cv2.getTextSize('0', _FONT, 1.0, 1)[0][1]


def _stroke(height):
    return max(1, round(height / 18))
