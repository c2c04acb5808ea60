"""What the figures are called, what stands below them, and which samples they show."""
import numpy as np
import pytest

from mmdepthcls.bins import DepthBins, SIDBins, UDBins
from mmdepthcls.commands.figures.captions import captions, compared_bins, sheet_name
from mmdepthcls.commands.figures.sample_pictures import choose_samples
from mmdepthcls.visualization.depth_color import DepthColors
from mmdepthcls.visualization.depth_sheet import SheetRow

NAMES = [f'raw/{drive}/data/{frame:010d}.png' for drive in ('0001', '0002') for frame in (5, 55)]


def test_samples_are_spread_or_named():
    assert choose_samples(list('abcdefghi'), 3) == [0, 4, 8]
    assert choose_samples(list('ab'), 5) == [0, 1] and choose_samples(list('abc'), 1) == [0]
    assert choose_samples(NAMES, 1, ['0002/data/0000000005', '0001/data/0000000055.png']) == [2, 1]
    assert choose_samples(['a/b.png', 'xa/b.png'], 1, ['a/b.png']) == [0]
    for wanted, message in (('0000000005', '2 images .* have this in the path; expected exactly one of raw/0001'),
                            ('0003', 'no image of the test split has this')):
        with pytest.raises(ValueError, match=f'--images {wanted}: {message}'):
            choose_samples(NAMES, 1, [wanted])
    with pytest.raises(ValueError, match='no image'):
        choose_samples([], 1)


@pytest.mark.parametrize('bins, titles', [
    (SIDBins(1.0, 80.0, 71), ['UD', 'SID (the model)']), (UDBins(0.0, 10.0, 20), ['UD (the model)', 'SID']),
    (DepthBins([1, 3, 7, 20.0]), ['UD', 'SID', 'DepthBins (the model)'])])
def test_intervals_of_the_range_of_the_model(bins, titles):
    compared = compared_bins(bins)
    assert list(compared) == titles
    assert {(each.num_bins, each.max_depth) for each in compared.values()} == {(bins.num_bins, bins.max_depth)}


def test_captions_say_what_is_drawn():
    depth = np.ones((4, 4), np.float32)
    image = np.zeros((4, 4, 3), np.uint8)
    rows = [SheetRow('a/0.png', image, depth, depth), SheetRow('a/1.png', image, None, depth)]
    colors = DepthColors(0.5, 20.0, colormap='magma')
    text = captions('c.py, w.pth', compared_bins(SIDBins(0.5, 20.0, 9)), colors, 'figure_4.png', rows, True)
    for words in ('c.py, w.pth', '## Figure 4', '1. `a/0.png`', '2. `a/1.png`', 'ratios of depth', '0.5 to', '20 m',
                  'drawn larger', 'no ground truth', '9 bins on [0.5, 20] m', '](figure_2.png)', '](figure_4.png)'):
        assert words in text
    assert sheet_name(['SYNTHIADepthDataset']) == 'figure_4.png'
    assert sheet_name(['KITTIDepthDataset', 'SYNTHIADepthDataset']) == sheet_name(['X']) == 'figure_3.png'
