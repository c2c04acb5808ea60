"""The picture of intervals: what is drawn where."""
import cv2
import numpy as np
import pytest

from mmdepthcls.bins import DepthBins, LIDBins, SIDBins, UDBins
from mmdepthcls.visualization.bin_figure import draw_intervals

DARK, LIGHT = (0x3b, 0x6f, 0xb6), (0xc3, 0xd4, 0xea)


def strips(png):
    """RGB rows through the middle of each strip, cut to the width of the widest."""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    colored = (picture == DARK).all(-1) | (picture == LIGHT).all(-1)
    rows = np.flatnonzero(colored.sum(axis=1) > 0.1 * picture.shape[1])
    groups = np.split(rows, np.flatnonzero(np.diff(rows) > 5) + 1)
    columns = np.flatnonzero(colored.any(axis=0))
    return [picture[group[len(group) // 2], columns[0]:columns[-1] + 1].astype(int) for group in groups]


@pytest.mark.parametrize('scale', ['linear', 'log'])
def test_every_bin_is_where_its_edges_are(scale):
    bins = {'UD': UDBins(1, 80, 6), 'SID': SIDBins(1, 80, 6), 'LID': LIDBins(1, 80, 6),
            'own': DepthBins([1, 9, 50, 80])}
    found = strips(draw_intervals(bins, scale))
    assert len(found) == 4
    metric = np.log if scale == 'log' else np.asarray
    for strip, each in zip(found, bins.values(), strict=True):
        middles = (metric(each.edges[:-1]) + metric(each.edges[1:])) / 2
        place = (middles - metric(1)) / (metric(80) - metric(1)) * (len(strip) - 1)
        expected = [DARK if i % 2 == 0 else LIGHT for i in range(each.num_bins)]
        np.testing.assert_array_equal(strip[np.rint(place).astype(int)], expected)


def test_uneven_ranges_share_one_axis():
    narrow, wide = strips(draw_intervals({'narrow': UDBins(40, 80, 30), 'wide': UDBins(0, 80, 30)}))
    assert (narrow[:len(narrow) // 2 - 2] == 255).all() and not (wide == 255).all(axis=1).any()


def test_data_are_drawn_above_and_the_same_bytes_come_each_time():
    bins = {'SID': SIDBins(0.001, 80, 255), 'UD': UDBins(0, 80, 255)}
    depth = (np.linspace(0, 80, 41), np.arange(40))
    plain, with_data = draw_intervals(bins, 'log'), draw_intervals(bins, 'log', depth)
    height = [cv2.imdecode(np.frombuffer(png, np.uint8), 1).shape[0] for png in (plain, with_data)]
    assert height[1] > height[0] + 50 and draw_intervals(bins, 'log', depth) == with_data


@pytest.mark.parametrize('bins, scale', [({}, 'linear'), ({'UD': UDBins(0, 80, 4)}, 'square')])
def test_nonsense_is_refused(bins, scale):
    with pytest.raises(ValueError, match='draw_intervals'):
        draw_intervals(bins, scale)
