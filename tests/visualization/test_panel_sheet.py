"""Sheets, searched for their panels: where they are, and that none is cut or covered."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.visualization.depth_color import DepthColors
from mmdepthcls.visualization.lettering import text_width
from mmdepthcls.visualization.panel_sheet import Bar, Panel, SheetLayout, shortened

SHAPES = {'street': (128, 416), 'room': (480, 640), 'portrait': (640, 480), 'tiny': (6, 8), 'ribbon': (20, 900)}


def color_of(sample, panel):
    return 20 + 5 * sample, 40 + 30 * panel, 7


def sheet_of(shape, samples, maps, width=1000, notes=()):
    layout = SheetLayout.of(shape, samples, maps, width)
    size = layout.panel_size(shape)
    panels = [[Panel(f'map {panel}', np.full((size[1], size[0], 3), color_of(sample, panel), np.uint8), notes)
               for panel in range(maps)] for sample in range(samples)]
    return layout, layout.pages(panels, [Bar('depth', DepthColors().bar)])


def packed(page):
    return page.astype(np.int32) @ np.array([65536, 256, 1], np.int32)


def place(page, color):
    """(top, left, height, width) of all that is of a color, which is a rectangle; ``page`` is packed."""
    rows, columns = np.nonzero(page == packed(np.array(color, np.uint8)))
    box = rows.min(), columns.min(), np.ptp(rows) + 1, np.ptp(columns) + 1
    assert len(rows) == box[2] * box[3], 'a panel is covered or cut'
    return tuple(map(int, box))


@pytest.mark.parametrize('shape', SHAPES)
@pytest.mark.parametrize('samples', [1, 2, 5])
def test_every_panel_is_there_whole_and_of_its_shape(shape, samples):
    layout, (page, ) = sheet_of(SHAPES[shape], samples, 5, 300)
    assert page.shape[1] == 300
    page = packed(page)
    boxes = [[place(page, color_of(sample, panel)) for panel in range(5)] for sample in range(samples)]
    size = layout.panel_size(SHAPES[shape])
    assert {box[2:] for row in boxes for box in row} == {size[::-1]}
    assert abs(size[1] - size[0] * SHAPES[shape][0] / SHAPES[shape][1]) <= 0.5 or size[1] == 1
    if shape in ('street', 'ribbon') and samples > 1:  # samples beside each other, maps below each other
        assert len({row[0][1] for row in boxes}) == min(samples, 3)
        assert all(np.diff([box[0] for box in row]).min() > size[1] for row in boxes)
    elif samples > 1:  # a row a sample
        assert all(len({box[0] for box in row}) == 1 for row in boxes)
        assert all(np.diff([box[1] for box in row]).min() > size[0] for row in boxes)


@given(st.integers(1, 40), st.sampled_from(sorted(SHAPES)), st.integers(1, 6), st.integers(240, 320))
@settings(max_examples=10, deadline=None)
def test_no_sample_is_lost_and_no_page_is_wider_than_asked(samples, shape, maps, width):
    layout, pages = sheet_of(SHAPES[shape], samples, maps, width)
    assert len(pages) == -(-samples // layout.per_page) and {page.shape[1] for page in pages} == {width}
    shown = np.concatenate([np.unique(packed(page)) for page in pages])
    colors = [color_of(sample, panel) for sample in range(samples) for panel in range(maps)]
    assert np.isin(packed(np.array(colors, np.uint8)), shown).all()


@pytest.mark.parametrize('shape', SHAPES)
def test_letters_are_a_fiftieth_of_the_width(shape):
    layout, _ = sheet_of(SHAPES[shape], 3, 5, 800)
    assert layout.text_height == 16


def test_notes_stand_below_their_panel_in_as_few_lines_as_fit():
    _, (plain, ) = sheet_of((128, 416), 3, 5)
    layout, (noted, ) = sheet_of((128, 416), 3, 5, notes=('AbsRel 0.1', 'd1 0.9'))
    _, (long, ) = sheet_of((128, 416), 3, 5, notes=('AbsRel 0.1', 'd1 0.9' * 9))
    line = round(1.7 * layout.text_height)
    assert noted.shape[0] - plain.shape[0] == 5 * line and long.shape[0] - plain.shape[0] == 10 * line
    top, left, height, width = place(packed(noted), color_of(1, 2))
    below = noted[top + height:top + height + line, left:left + width]
    assert (below < 128).any() and (below[:, -20:] == 255).all()


def test_pages_hold_what_is_well_seen():
    assert [len(sheet_of(SHAPES['street'], number, 5, 240)[1]) for number in (12, 13, 40)] == [1, 2, 4]
    assert [len(sheet_of(SHAPES['room'], number, 5, 240)[1]) for number in (8, 9)] == [1, 2]
    layout = SheetLayout.of(SHAPES['room'], 9, 5, per_page=9)
    assert layout.per_page == 9


def test_long_names_are_cut_and_other_panels_refused():
    assert shortened('depth', 500, 20) == 'depth'
    cut = shortened('a name that does not fit', 100, 20)
    assert cut.endswith('..') and text_width(cut, 20) <= 100 and shortened('abc', 1, 20) == ''
    layout, one = SheetLayout.of((10, 20), 2, 1), np.zeros((3, 4, 3), np.uint8)
    for samples in ([], [[Panel('a', one)], [Panel('b', one)]]):
        with pytest.raises(ValueError, match='same panels'):
            layout.pages(samples, [])
