"""The ladder of bins: errors beside numerical integrals, and what the axes show."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.bins import DepthBins, LIDBins, SIDBins, UDBins
from mmdepthcls.visualization.bin_ladder import (
    draw_ladder,
    implied_error,
    ladder_figure,
    nearest_drawn,
    worst_error,
)
from mmdepthcls.visualization.chart_style import LETTERS

SCHEMES = dict(UD=UDBins(1, 80, 71), LID=LIDBins(1, 80, 71), SID=SIDBins(1, 80, 71))


@given(st.sampled_from([UDBins, LIDBins, SIDBins]), st.floats(0.1, 5), st.floats(1.5, 50), st.integers(2, 40))
@settings(max_examples=40, deadline=None)
def test_errors_are_those_of_decoded_depths(scheme, near, ratio, number):
    bins = scheme(near, near * ratio, number)
    depth = np.linspace(bins.edges[:-1], bins.edges[1:], 4001)[:-1] + np.diff(bins.edges) / 8000
    error = np.abs(bins.decode(bins.encode(depth)) - depth) / depth
    np.testing.assert_allclose(implied_error(bins), error.mean(axis=0), rtol=1e-3)
    np.testing.assert_allclose(worst_error(bins), error.max(axis=0), rtol=1e-2)


def test_sid_costs_the_same_everywhere():
    bins = SIDBins(1, 80, 71)
    ratio = 80**(1 / 71)
    np.testing.assert_allclose(worst_error(bins), np.sqrt(ratio) - 1)
    assert np.ptp(implied_error(bins)) < 1e-12 and 0.0150 < implied_error(bins)[0] < 0.0156
    ud = implied_error(SCHEMES['UD'])
    assert (np.diff(ud) < 0).all() and ud[0] > 0.15 > 0.005 > ud[-1]


def test_bins_from_0_are_drawn_from_a_hundredth_of_their_end():
    bins = UDBins(0, 10, 8)
    assert nearest_drawn([bins]) == 0.1 and nearest_drawn([bins, SIDBins(0.001, 10, 9)]) == 0.001
    assert np.isinf(implied_error(bins)[0]) and np.isfinite(implied_error(bins, 0.1)).all()
    figure = ladder_figure(dict(UD=bins, LID=LIDBins(0, 10, 8)))
    assert figure.axes[2].get_xlim() == (0.1, 10)


def test_axes_hold_edges_widths_and_errors_in_metres():
    figure = ladder_figure(SCHEMES)
    edges, widths, errors = figure.axes
    for axis in (widths, errors):
        assert axis.get_xscale() == axis.get_yscale() == 'log' and axis.get_xlim() == (1, 80)
        assert [step.get_label() for step in axis.patches] == ['UD', 'LID', 'SID']
    for step, error, (name, bins) in zip(widths.patches, errors.patches, SCHEMES.items(), strict=True):
        np.testing.assert_allclose(step.get_data().values, np.diff(bins.edges), err_msg=name)
        np.testing.assert_allclose(step.get_data().edges, bins.edges)
        np.testing.assert_allclose(error.get_data().values, 100 * implied_error(bins))
    bars = np.array([(bar.get_x(), bar.get_width()) for bar in edges.patches]).reshape(3, 71, 2)
    for row, bins in zip(bars, SCHEMES.values(), strict=True):
        np.testing.assert_allclose(row[:, 0], bins.edges[:-1])
        np.testing.assert_allclose(row.sum(axis=1), bins.edges[1:])
    assert [label.get_text() for label in edges.get_yticklabels()] == ['UD', 'LID', 'SID']
    assert (errors.get_xlabel(), errors.get_ylabel(), widths.get_ylabel()) == (
        'depth (m)', 'error of the bins (%)', 'width of a bin (m)')
    assert [label.get_text() for label in errors.get_xticklabels()] == ['1', '2', '5', '10', '20', '50', '80']


@pytest.mark.parametrize('schemes', [
    dict(UD=UDBins(0, 10, 2), SID=SIDBins(0.1, 10, 2), model=DepthBins([1, 1.5, 10])),
    dict(tiny=SIDBins(0.001, 1000, 20))])
def test_letters_are_of_one_size_and_do_not_touch(schemes):
    figure = ladder_figure(schemes)
    figure.canvas.draw()
    texts = [text for text in figure.findobj(lambda artist: hasattr(artist, 'get_fontsize'))
             if text.get_text() and text.get_visible()]
    assert {text.get_fontsize() for text in texts} == {LETTERS}
    boxes = [text.get_window_extent() for text in texts if text.get_figure() is not None]
    bottom = [tick.label1.get_window_extent() for tick in figure.axes[2].xaxis.get_major_ticks()
              if tick.label1.get_text()]
    assert all(left.x1 < right.x0 for left, right in zip(bottom, bottom[1:], strict=False))
    assert all(box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1 for box in boxes)
    assert abs(figure.bbox.width / figure.dpi * 25.4 - 80) < 0.5


def test_files_and_what_is_refused():
    assert draw_ladder(dict(SID=SIDBins(1, 10, 8)))[:4] == b'\x89PNG'
    for schemes in ({}, {name: UDBins(1, 2, 3) for name in 'abcde'}):
        with pytest.raises(ValueError, match='one to 4 schemes'):
            ladder_figure(schemes)
