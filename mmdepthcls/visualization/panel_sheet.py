"""Sheets of panels: several samples, several maps of each, below them the bars of their colors. Pure.

A sheet is made for a width in pixels, and its letters are a fiftieth of it: 1.6 mm where it is printed 80 mm wide.
How samples and maps are laid out follows from their shape: street scenes are wide and stand beside each other with
their maps below; other pictures have a row each.

Pictures are RGB, uint8, on white.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .figures import WIDE, contact_sheet
from .lettering import PAPER, draw_text, strip_height, text_width

WIDTH = 1000  # pixels of a sheet
LETTERS = 50  # widths of a sheet are so many heights of a digit
GAP = 6
BESIDE = {True: 3, False: 4}  # wide, or not: samples beside each other, at the most
PER_PAGE = {True: 12, False: 8}
FEW = 3  # maps of a sample, up to which samples that are not wide stand beside each other too


@dataclass(frozen=True)
class Panel:
    """A map of a sample.

    Args:
        title: what it is; the same for all samples.
        picture: (h, w, 3) uint8 RGB, as wide as the layout says.
        notes: short texts below it.
    """
    title: str
    picture: np.ndarray
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Bar:
    """The bar of some panels' colors: what it is of, and what draws it from a width and a height in pixels."""
    label: str
    draw: Callable[[int, int], np.ndarray]


@dataclass(frozen=True)
class SheetLayout:
    """Where things are on a sheet.

    Args:
        width: of the sheet, pixels.
        columns: panels beside each other.
        beside: whether samples stand beside each other, their maps below each other.
        per_page: samples of a sheet.
        numbered: whether there is a margin for the numbers of rows.
    """
    width: int
    columns: int
    beside: bool
    per_page: int
    numbered: bool = True

    @classmethod
    def of(cls, shape: tuple[int, int], samples: int, maps: int, width: int = WIDTH,
           per_page: int | None = None) -> SheetLayout:
        """The layout for some samples.

        Args:
            shape: H, W of the first image.
            samples: how many, at least 1.
            maps: of each.
            width: of the sheet, pixels.
            per_page: samples of a sheet; default: what is well seen.
        """
        wide = shape[1] > WIDE * shape[0]
        beside = samples > 1 and (wide or maps <= FEW)
        alone = samples == 1 and wide
        columns = min(2, maps) if alone else min(samples, BESIDE[wide]) if beside else maps
        return cls(width, columns, beside, per_page or PER_PAGE[wide], samples > 1 and not beside)

    @property
    def text_height(self) -> int:
        """Of digits, pixels."""
        return max(round(self.width / LETTERS), 8)

    @property
    def _line_height(self):
        return round(1.7 * self.text_height)

    @property
    def panel_width(self) -> int:
        """Pixels."""
        return max((self.width - self._margin - GAP * (self.columns - 1)) // self.columns, 1)

    @property
    def _margin(self):
        return text_width('00', self.text_height) + GAP if self.numbered else 0

    def panel_size(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """(width, height) in pixels of the panel for an image of H x W."""
        return self.panel_width, max(round(self.panel_width * shape[0] / shape[1]), 1)

    def pages(self, samples: Sequence[Sequence[Panel]], bars: Sequence[Bar]) -> list[np.ndarray]:
        """The sheets.

        Args:
            samples: of each its panels, of the same titles.
            bars: stand at the foot of each sheet.

        Raises:
            ValueError: without a sample, or for panels of other titles.
        """
        titles = [[panel.title for panel in sample] for sample in samples]
        if not samples or any(each != titles[0] for each in titles):
            raise ValueError(f'a sheet needs samples with the same panels, got {titles}')
        numbers = list(range(1, len(samples) + 1)) if len(samples) > 1 else [0]
        pages = []
        for start in range(0, len(samples), self.per_page):
            some = slice(start, start + self.per_page)
            body = self._beside(samples[some], numbers[some]) if self.beside else self._below(
                samples[some], numbers[some])
            blocks = [_padded_to(body, self.width), *self._bars(bars)]
            pages.append(_padded_to(contact_sheet(blocks, columns=1, gap=2 * GAP), self.width))
        return pages

    def _beside(self, samples, numbers):
        """Bands of samples beside each other."""
        bands = []
        for start in range(0, len(samples), self.columns):
            band = samples[start:start + self.columns]
            for index, panels in enumerate(zip(*band, strict=True)):
                names = [f'{panels[0].title} {number}' if not index else panels[0].title if not place else ''
                         for place, number in enumerate(numbers[start:start + self.columns])]
                bands.append(contact_sheet([self._titled(panel, name) for panel, name in zip(
                    panels, names, strict=True)], columns=self.columns, gap=GAP))
        return contact_sheet(bands, columns=1, gap=GAP)

    def _below(self, samples, numbers):
        """A row (of one wide sample: as many as it takes) for each sample, numbered, titles above the first."""
        rows = []
        for place, (sample, number) in enumerate(zip(samples, numbers, strict=True)):
            titled = not place or self.columns < len(sample)
            panels = [self._titled(panel, panel.title if titled else None) for panel in sample]
            row = contact_sheet(panels, columns=self.columns, gap=GAP)
            margin = np.full((row.shape[0], self._margin, 3), PAPER, np.uint8)
            if number:
                top = self._line_height if titled else 0
                draw_text(margin, str(number), 0, top + round(1.3 * self.text_height), self.text_height)
            rows.append(np.concatenate((margin, row), axis=1))
        return contact_sheet(rows, columns=1, gap=GAP)

    def _titled(self, panel, title):
        """A panel with its title above it (None: no line at all) and its notes below, all of one width."""
        width = panel.picture.shape[1]
        above = [] if title is None else [self._line(shortened(title, width, self.text_height), width)]
        below = [self._line(line, width) for line in self._lines(panel.notes, width)]
        return contact_sheet([*above, panel.picture, *below], columns=1, gap=0)

    def _line(self, text, width):
        """A line of text, a panel wide."""
        line = np.full((self._line_height, width, 3), PAPER, np.uint8)
        draw_text(line, text, 0, round(1.3 * self.text_height), self.text_height)
        return line

    def _lines(self, notes, width):
        """Notes in as few lines as they need."""
        lines: list[str] = []
        for note in notes:
            joined = f'{lines[-1]}, {note}' if lines else note
            if lines and text_width(joined, self.text_height) + 4 <= width:
                lines[-1] = joined
            else:
                lines.append(shortened(note, width, self.text_height))
        return lines

    def _bars(self, bars):
        """Bars of one width, their labels left of them."""
        height = self.text_height
        column = max((text_width(bar.label, height) for bar in bars), default=0) + height
        drawn = []
        for bar in bars:
            label = np.full((3 * height, column, 3), PAPER, np.uint8)
            draw_text(label, bar.label, 0, (strip_height(3 * height) + height) // 2, height)
            drawn.append(np.concatenate((label, bar.draw(self.width - column, 3 * height)), axis=1))
        return drawn


def shortened(text: str, width: int, text_height: int) -> str:
    """A text that is not wider than some pixels; what is cut off is marked by two dots."""
    if text_width(text, text_height) + 4 <= width:
        return text
    while text and text_width(f'{text}..', text_height) + 4 > width:
        text = text[:-1]
    return f'{text}..' if text else ''


def _padded_to(picture, width):
    """A picture at least this wide: white at its right."""
    space = width - picture.shape[1]
    if space <= 0:
        return picture
    return np.concatenate((picture, np.full((picture.shape[0], space, 3), PAPER, np.uint8)), axis=1)
