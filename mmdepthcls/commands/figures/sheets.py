"""Sheets of samples: results, errors, and two models beside each other. Pure."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...visualization.confidence_color import confidence_bar, confidence_panel
from ...visualization.depth_color import DepthColors, is_valid
from ...visualization.error_color import error_bar, error_panel
from ...visualization.figures import auto_point_size
from ...visualization.panel_sheet import Bar, Panel, SheetLayout
from ...visualization.panels import depth_panel, empty_panel, image_panel

NO_TRUTH = 'no ground truth'
CONFIDENCE = 'confidence'


def result_sheet(samples: Sequence[Any], colors: DepthColors, width: int,
                 confidence: Callable[[Any, tuple[int, int]], np.ndarray] | None) -> list[np.ndarray]:
    """Image, ground truth, prediction, error and confidence of each sample; without ground truth and errors where no
    sample has any.

    Args:
        samples: predicted ones.
        colors: of depth.
        width: of a sheet, pixels.
        confidence: of a sample, at a size (width, height); None: the model says none.

    Returns:
        Pages, uint8, RGB.
    """
    measured = any(sample.numbers for sample in samples)
    layout = _layout(samples, 2 + 2 * measured + bool(confidence), width)
    columns = []
    for sample in samples:
        size = layout.panel_size(sample.image.shape)
        panels = [Panel('image', image_panel(sample.image, size)),
                  Panel('prediction', depth_panel(sample.depth, size, colors))]
        if measured:
            panels.insert(1, Panel('ground truth', _truth(sample, size, colors, layout)))
            panels.append(_error(sample, size, layout))
        if confidence:
            panels.append(Panel(CONFIDENCE, confidence_panel(confidence(sample, size), size)))
        columns.append(panels)
    bars = [Bar('depth', colors.bar), *([Bar('error', error_bar)] if measured else []),
            *([Bar(CONFIDENCE, confidence_bar)] if confidence else [])]
    return layout.pages(columns, bars)


def error_sheet(samples: Sequence[Any], width: int) -> list[np.ndarray]:
    """Image and signed relative error of each sample; arguments as of :func:`result_sheet`."""
    layout = _layout(samples, 2, width)
    columns = [[Panel('image', image_panel(sample.image, size)), _error(sample, size, layout, sides=True)]
               for sample in samples for size in [layout.panel_size(sample.image.shape)]]
    return layout.pages(columns, [Bar('error', error_bar)])


def comparison_sheet(pairs: Sequence[tuple[Any, Any]], names: tuple[str, str], colors: DepthColors,
                     width: int) -> list[np.ndarray]:
    """Image, ground truth, depth by two models, each with its errors.

    Args:
        pairs: of each picture the samples of both models.
        names: of the models.
        colors, width: see :func:`result_sheet`.
    """
    layout = _layout([first for first, _ in pairs], 6, width)
    columns = []
    for pair in pairs:
        first, size = pair[0], layout.panel_size(pair[0].image.shape)
        columns.append([
            Panel('image', image_panel(first.image, size)),
            Panel('ground truth', _truth(first, size, colors, layout)),
            *(panel for name, sample in zip(names, pair, strict=True) for panel in (
                Panel(name, depth_panel(sample.depth, size, colors)), _error(sample, size, layout, 'its error')))])
    return layout.pages(columns, [Bar('depth', colors.bar), Bar('error', error_bar)])


def points_enlarged(samples: Sequence[Any]) -> bool:
    """Whether sparse ground truth is drawn larger for the eye."""
    return any(sample.truth is not None and auto_point_size(sample.truth) > 1 for sample in samples)


def _layout(samples, maps, width):
    return SheetLayout.of(samples[0].image.shape[:2], len(samples), maps, width)


def _truth(sample, size, colors, layout):
    if sample.truth is None or not is_valid(sample.truth).any():
        return empty_panel(size, NO_TRUTH, layout.text_height)
    return depth_panel(sample.truth.astype(np.float32), size, colors)


def _error(sample, size, layout, title='error', sides=False):
    numbers = sample.numbers
    if not numbers:
        return Panel(title, empty_panel(size, NO_TRUTH, layout.text_height))
    notes = [f'AbsRel {numbers["abs_rel"]:.3f}', f'd1 {numbers["d1"]:.3f}']
    if sides:
        notes += [f'{numbers["near"]:.0%} too near', f'{numbers["far"]:.0%} too far']
    return Panel(title, error_panel(sample.error, size, auto_point_size(sample.scored)), notes)
