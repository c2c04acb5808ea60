"""Smoothing over the frames of a film: an exponential mean of the probabilities of bins, begun anew at cuts.

What is averaged are probabilities and not metres: at a border that moves by a pixel, the mean of 5 m and 50 m is the
depth of nothing, while of two peaks of probability the decoder and the interval know what they are.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch

from ..bins import DepthBins
from ..models.bin_logits import LOG_PROBABILITIES, BinLogits
from ..models.decoded_maps import probabilities_of_model_bins
from ..models.decoders import Decoder, log_probabilities
from .picture_source import PictureSource

THUMBNAIL = (32, 18)  # width, height
SAME_SHOT = 0.7  # correlation of two frames' thumbnails, at the least
STILL = 4  # of 255: greatest difference, in any color, of a pixel that has not changed


def check_smoothing(frames: float, decoder: Decoder, averaged: bool) -> None:
    """Refuse what cannot be smoothed.

    Args:
        frames: time constant.
        decoder: the model's.
        averaged: whether views of a picture are averaged (test-time augmentation).

    Raises:
        ValueError: names what does not go together.
    """
    if not 0 < frames < 1e6:
        raise ValueError(f'smoothing needs a time constant of frames > 0, got {frames:g}')
    if not decoder.of_softmax:
        raise ValueError(f'smoothing averages the probabilities of bins, and {type(decoder).__name__} reads logits '
                         'that are none (an ordinal or a regression model). Predict without --smooth')
    if averaged:
        raise ValueError('smoothing and test-time augmentation do not go together: give --smooth or --tta')


def film_of(source: PictureSource) -> str | None:
    """What the frames of a film, a camera or a stream of arrays have in common; None for pictures in files."""
    return None if source.path is not None else source.film or source.name.rpartition('/')[0]


def is_cut(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether two frames, (H, W, 3) uint8, are of different shots, by the pictures alone: small gray pictures of them
    correlate by less than 0.7, or their sizes differ."""
    if before.shape != after.shape:
        return True
    small = [cv2.resize(cv2.cvtColor(each, cv2.COLOR_RGB2GRAY), THUMBNAIL, interpolation=cv2.INTER_AREA).ravel()
             .astype(np.float64) for each in (before, after)]
    small = [each - each.mean() for each in small]
    lengths = [float(np.linalg.norm(each)) for each in small]
    if min(lengths) < 1:  # a frame of one color
        return max(lengths) >= 1
    return float(small[0] @ small[1]) < SAME_SHOT * lengths[0] * lengths[1]


@dataclass
class Flicker:
    """How much depth changes from frame to frame where the picture does not.

    Mean of |ln d_t - ln d_t-1| over the pixels whose colors differ by 4 of 255 at the most, of frames of one shot.
    Which pixels count is decided by the pictures alone, so that two ways to predict are compared on the same ones.
    """
    total: float = 0.0
    count: int = 0
    seen: int = 0

    def add(self, frames: tuple[np.ndarray, np.ndarray], depths: tuple[np.ndarray, np.ndarray]) -> None:
        """Count a frame.

        Args:
            frames: (H, W, 3) uint8, the one before and this one.
            depths: (H, W) m, likewise; 0: nothing was predicted.
        """
        still = cv2.absdiff(*frames).max(axis=2) <= STILL
        both = (depths[0] > 0) & (depths[1] > 0)
        chosen = still & both
        self.total += float(np.abs(np.log(depths[1][chosen]) - np.log(depths[0][chosen])).sum(dtype=np.float64))
        self.count += int(chosen.sum())
        self.seen += int(both.sum())

    @property
    def mean(self) -> float:
        """NaN where no pixel stayed as it was."""
        return self.total / self.count if self.count else math.nan


@dataclass
class _Shot:
    """The frames of a shot until now: the last one, that before it, the mean, and depth of the last one."""
    film: str
    picture: np.ndarray
    probabilities: torch.Tensor
    earlier: np.ndarray | None = None
    depths: tuple[np.ndarray, np.ndarray] | None = None


@dataclass
class FilmSmoother:
    """Smooths frames in the order in which they come.

    Args:
        frames: time constant: what is so many frames old counts 1 / e of what is new; the mean begins with the first
            frame of a shot.
        bins: the model's, onto which the probabilities of an image's own bins are brought first.

    Attributes:
        before, after: flicker without and with it.
        cuts: how many there were.
    """
    frames: float
    bins: DepthBins
    before: Flicker = field(default_factory=Flicker)
    after: Flicker = field(default_factory=Flicker)
    cuts: int = 0
    _shot: _Shot | None = None

    def smooth(self, logits: BinLogits, source: PictureSource, picture: np.ndarray) -> BinLogits:
        """The mean of a frame and those before it in its shot.

        Args:
            logits: (1, K, H, W) of the frame.
            source: which frame.
            picture: (H, W, 3) uint8 of it.

        Returns:
            Log-probabilities of the model's bins.
        """
        film, last = film_of(source) or '', self._shot
        shot = _Shot(film, picture, probabilities_of_model_bins(logits, self.bins))
        if last is not None and last.film == film:
            if is_cut(last.picture, picture):
                self.cuts += 1
            else:
                share = math.exp(-1 / self.frames)
                shot.probabilities = torch.lerp(shot.probabilities, last.probabilities, share)
                shot.earlier, shot.depths = last.picture, last.depths
        self._shot = shot
        return BinLogits(log_probabilities(shot.probabilities), kind=LOG_PROBABILITIES)

    def count(self, plain: np.ndarray, smoothed: np.ndarray) -> None:
        """Count the flicker of the frame that was smoothed last; (H, W) m without and with smoothing."""
        shot = self._shot
        assert shot is not None
        if shot.earlier is not None and shot.depths is not None:
            for flicker, before, now in zip((self.before, self.after), shot.depths, (plain, smoothed), strict=True):
                flicker.add((shot.earlier, shot.picture), (before, now))
        shot.depths = plain, smoothed
