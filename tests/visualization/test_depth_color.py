"""color_depth against matplotlib's own colormap called directly, and the promises of one fixed scale."""
import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib import colormaps
from matplotlib.colors import FuncNorm, LogNorm, Normalize

from mmdepthcls.bins import UDBins
from mmdepthcls.visualization.depth_color import NO_DEPTH, DepthColors, color_bar, color_depth, depth_ticks
from mmdepthcls.visualization.lettering import swatch_width

SCALE_CASES = [
    pytest.param(dict(), id='default'),
    pytest.param(dict(scale='linear', colormap='turbo'), id='linear-turbo'),
    pytest.param(dict(scale='inverse'), id='inverse'),
    pytest.param(dict(scale='linear', min_depth=0.0, max_depth=10.0), id='linear-from-0'),
    pytest.param(dict(scale='log', min_depth=0.5, max_depth=200.0, colormap='magma'), id='log-magma'),
    pytest.param(dict(colormap='tab10'), id='ten-colors'),
]
MAPS = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=8),
                  elements=st.floats(-10, 200, width=32) | st.sampled_from([0.0, np.nan, np.inf, -np.inf]))


def drawn_by_matplotlib(depth, min_depth=1.0, max_depth=80.0, scale='log', colormap='viridis'):
    norm = (FuncNorm((lambda depth: -1 / depth, lambda place: -1 / place), min_depth, max_depth, clip=True)
            if scale == 'inverse' else {'log': LogNorm, 'linear': Normalize}[scale](min_depth, max_depth, clip=True))
    return colormaps[colormap](np.asarray(norm(depth)), bytes=True)[..., :3]


def color_of(metres, **kwargs):
    return tuple(color_depth(np.array([[metres]]), **kwargs)[0, 0].tolist())


@pytest.mark.parametrize('kwargs', SCALE_CASES)
def test_equals_matplotlib(kwargs):
    depth = np.random.default_rng(0).uniform(0.1, 150, (50, 60))
    got, expected = color_depth(depth, **kwargs).astype(int), drawn_by_matplotlib(depth, **kwargs).astype(int)
    # float32 against float64 may choose the neighbor in the table where a depth lies exactly between two colors
    assert (got != expected).any(axis=-1).mean() < 0.002
    assert got.shape == (50, 60, 3)


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64])
def test_dtype_does_not_change_the_color(dtype):
    depth = np.array([[1, 2, 8, 32, 64, 80]], dtype)
    np.testing.assert_array_equal(color_depth(depth), color_depth(depth.astype(np.float32)))
    assert color_depth(depth).dtype == np.uint8


@pytest.mark.parametrize('scale', ['log', 'linear'])
def test_blue_is_near_and_hue_runs_to_red_on_request(scale):
    depth = (np.geomspace if scale == 'log' else np.linspace)(2, 80, 200)[None]
    hues = np.array([colorsys.rgb_to_hsv(*(pixel / 255))[0]
                     for pixel in color_depth(depth, scale=scale, colormap='turbo')[0]])
    assert (np.diff(hues) <= 0.005).all()
    assert hues[0] > 0.55 and hues[-1] < 0.05
    for metres, strongest in ((1.5, 2), (80.0, 0)):
        assert np.argmax(color_of(metres, scale=scale, colormap='turbo')) == strongest


def lab(colors):
    """CIE L*a*b* (D65) of sRGB colors, (n, 3) 0-255, from the definition."""
    linear = np.asarray(colors, float) / 255
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055)**2.4)
    xyz = linear @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
    ratio = xyz / [0.9505, 1.0, 1.089]
    f = np.where(ratio > (6 / 29)**3, np.cbrt(ratio), ratio / (3 * (6 / 29)**2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def test_the_default_is_perceptually_uniform():
    """Lightness only grows, and hardly one step looks larger than another; turbo, which is not uniform, fails both."""
    def steps(colormap):
        colors = lab(color_depth(np.geomspace(1, 80, 65)[None], colormap=colormap)[0])
        lengths = np.linalg.norm(np.diff(colors, axis=0), axis=1)
        return np.diff(colors[:, 0]), lengths.std() / lengths.mean()
    lightness, unevenness = steps('viridis')
    np.testing.assert_array_equal(color_depth(np.array([[5.0]])), color_depth(np.array([[5.0]]), colormap='viridis'))
    assert (lightness > 0).all() and unevenness < 0.25
    lightness, unevenness = steps('turbo')
    assert (lightness < 0).any() and unevenness > 0.35


def test_what_is_invalid_looks_like_no_depth():
    colors = lab([*color_depth(np.geomspace(1, 80, 300)[None])[0], (0, 0, 0)])
    assert np.linalg.norm(colors[:-1] - colors[-1], axis=1).min() > 25


def test_equal_ratios_are_equal_steps_unless_asked_otherwise():
    depth = np.array([2.0, 4.0, 8.0, 16.0])
    np.testing.assert_allclose(np.diff(DepthColors().position(depth)), np.log(2) / np.log(80), rtol=1e-5)
    depth = 1 / np.array([0.5, 0.4, 0.3, 0.2])
    np.testing.assert_allclose(np.diff(DepthColors(scale='inverse').position(depth)), 0.1 / (1 - 1 / 80), rtol=1e-5)


@pytest.mark.parametrize('scale', ['log', 'inverse'])
def test_bins_from_zero_begin_at_a_hundredth(scale):
    colors = DepthColors.of_bins(UDBins(0.0, 50.0, 10), scale=scale)
    assert (colors.min_depth, colors.max_depth, colors.scale) == (0.5, 50.0, scale)
    assert color_of(0.1, min_depth=0.0, max_depth=50.0, scale=scale) == color_of(0.5, max_depth=50.0, min_depth=0.5)
    assert DepthColors.of_bins(UDBins(0.0, 50.0, 10), scale='linear').min_depth == 0
    assert DepthColors.of_bins(None) == DepthColors(1.0, 80.0)


@pytest.mark.parametrize('width', [300, 1000])
def test_the_legend_names_the_color_of_invalid_pixels(width):
    red = (200, 10, 20)
    bar = color_bar(width, 36, invalid=red)
    assert bar.shape == (36, width, 3)
    is_red = (bar == red).all(axis=-1)
    swatch = swatch_width(36, NO_DEPTH)
    assert is_red.sum() > 100 and not is_red[:, :width - swatch].any()
    assert (bar[-12:, width - swatch + 12:] < 100).any()  # its name
    np.testing.assert_array_equal(bar[:, :width - swatch], color_bar(width, 36, invalid=(1, 2, 3))[:, :width - swatch])
    assert not (color_bar(120, 36, invalid=red) == red).all(axis=-1).any()  # no room beside the metres


def test_one_scale_for_every_picture():
    alone, among = np.array([[7.3]]), np.array([[7.3, 0.2, 300.0], [0.0, 79.0, np.nan]])
    assert color_depth(alone)[0, 0].tolist() == color_depth(among)[0, 0].tolist()


def test_scaled_depth_is_another_picture():
    depth = np.random.default_rng(1).uniform(2, 9, (20, 30))
    assert (color_depth(depth) != color_depth(8 * depth)).any(axis=-1).all()


@given(MAPS)
def test_every_pixel_is_colored_for_itself(depth):
    picture = color_depth(depth)
    assert picture.shape == (*depth.shape, 3)
    for row, column in np.ndindex(depth.shape):
        assert tuple(picture[row, column].tolist()) == color_of(depth[row, column])


@given(MAPS)
def test_invalid_pixels_and_no_others_get_the_invalid_color(depth):
    gray = (128, 128, 129)  # not a color of the table
    assert not (colormaps['viridis'](np.arange(256), bytes=True)[:, :3] == gray).all(axis=1).any()
    drawn_invalid = (color_depth(depth, invalid=gray) == gray).all(axis=-1)
    expected = ~(np.isfinite(depth) & (np.nan_to_num(depth) > 0))
    np.testing.assert_array_equal(drawn_invalid, expected)


def test_one_nan_does_not_blank_the_map():
    depth = np.random.default_rng(2).uniform(1, 80, (10, 10)).astype(np.float32)
    clean = color_depth(depth)
    depth[3, 4] = np.nan
    dirty = color_depth(depth)
    assert dirty[3, 4].tolist() == [0, 0, 0]
    dirty[3, 4] = clean[3, 4]
    np.testing.assert_array_equal(dirty, clean)


def test_outside_the_range_is_clipped():
    assert color_of(0.01) == color_of(1.0)
    assert color_of(81.0) == color_of(1e30) == color_of(1e300) == color_of(80.0)


def test_input_is_left_alone():
    depth = np.array([[0.0, np.nan, 200.0]])
    kept = depth.copy()
    color_depth(depth)
    np.testing.assert_array_equal(depth, kept)


@pytest.mark.parametrize('kwargs, message', [
    (dict(scale='sqrt'), r"scale must be one of .*got 'sqrt'"),
    (dict(min_depth=-1.0, scale='linear'), 'at least 0'),
    (dict(min_depth=5.0, max_depth=5.0), 'below max_depth'),
    (dict(max_depth=np.inf), 'finite'),
    (dict(max_depth=np.nan), 'finite'),
    (dict(colormap='rainbowish'), "got 'rainbowish'"),
    (dict(invalid=(0, 0)), 'three numbers'),
    (dict(invalid=(0, 0, 256)), '0 to 255'),
])
def test_settings_without_sense_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        color_depth(np.ones((2, 2)), **kwargs)


def test_depth_of_the_wrong_kind_is_refused():
    with pytest.raises(TypeError, match='uint16.*256'):
        color_depth(np.ones((2, 2), np.uint16))
    with pytest.raises(ValueError, match=r'\(1, 2, 2\)'):
        color_depth(np.ones((1, 2, 2)))


@given(st.floats(0.01, 10), st.floats(1.01, 1000), st.sampled_from(['log', 'linear', 'inverse']))
def test_ticks_run_from_end_to_end(min_depth, ratio, scale):
    ticks = depth_ticks(min_depth, min_depth * ratio, scale)
    assert ticks[0] == min_depth and ticks[-1] == min_depth * ratio
    assert (np.diff(ticks) > 0).all()
    assert 2 <= len(ticks) <= 20


def test_ticks_are_round():
    assert depth_ticks(1, 80, 'log').tolist() == [1, 2, 5, 10, 20, 50, 80]
    assert depth_ticks(1, 80, 'inverse').tolist() == [1, 2, 5, 10, 20, 50, 80]
    assert depth_ticks(1, 80, 'linear').tolist() == [1, 10, 20, 30, 40, 50, 60, 70, 80]
    np.testing.assert_allclose(depth_ticks(0, 0.4, 'linear'), np.arange(9) * 0.05, atol=1e-12)


@pytest.mark.parametrize('kwargs', SCALE_CASES)
def test_bar_shows_the_colors_of_the_map(kwargs):
    bar = color_bar(700, **kwargs)
    row = bar[2, :700 - swatch_width(len(bar), NO_DEPTH)]
    first, last = np.flatnonzero((row != 255).any(axis=-1))[[0, -1]]
    low, high = kwargs.get('min_depth', 1.0), kwargs.get('max_depth', 80.0)
    assert tuple(row[first].tolist()) == color_of(max(low, 1e-6), **kwargs)
    assert tuple(row[last].tolist()) == color_of(high, **kwargs)
    middle = dict(log=(low * high) ** 0.5, linear=(low + high) / 2, inverse=2 / (1 / low + 1 / max(high, 1e-9))
                  if low else 0)[kwargs.get('scale', 'log')]
    nearby = [tuple(row[x].tolist()) for x in range((first + last) // 2 - 4, (first + last) // 2 + 5)]
    assert color_of(middle, **kwargs) in nearby


@pytest.mark.parametrize('width, num_labels', [(60, 1), (120, 3), (1242, 7), (3000, 7)])
def test_labels_are_inside_and_apart(width, num_labels):
    bar = color_bar(width, scale='log')
    assert bar.shape[1] == width and bar.dtype == np.uint8
    text_height = bar.shape[0] // 3
    if width > 300:
        bar = bar[:, :width - swatch_width(len(bar), NO_DEPTH)]
        width = bar.shape[1]
    inked = np.flatnonzero((bar[-text_height:] < 200).any(axis=(0, 2)))
    assert inked[-1] < width - 1  # not cut at the right edge
    # Columns of ink further apart than the space inside '80 m' belong to different labels.
    assert 1 + (np.diff(inked) > 0.5 * text_height).sum() == num_labels


def test_ticks_can_be_chosen():
    assert (color_bar(400, ticks=[5.0, 40.0]) != color_bar(400, ticks=[5.0, 20.0])).any()
    without = color_bar(400, ticks=[])
    without = without[:, :400 - swatch_width(len(without), NO_DEPTH)]
    assert (without[-without.shape[0] // 3:] == 255).all()


@pytest.mark.parametrize('scale, low, high, middle', [('linear', 0.0, 20.0, 10.0), ('log', 1.0, 64.0, 8.0)])
def test_tick_marks_stand_under_their_color(scale, low, high, middle):
    width = 401 + swatch_width(60, NO_DEPTH)
    bar = color_bar(width, 60, min_depth=low, max_depth=high, scale=scale, ticks=[middle])[:, :401]
    strip = np.flatnonzero((bar[0] != 255).any(axis=-1))
    below = (~(bar[:, strip[0]] != 255).any(axis=-1)).argmax()  # the first row under the strip
    marked = np.flatnonzero((bar[below] == 0).all(axis=-1))
    assert 1 <= len(marked) <= 3
    assert abs(marked.mean() - (strip[0] + strip[-1]) / 2) <= 1.5


@pytest.mark.parametrize('kwargs, message', [
    (dict(width=20), 'width 40'), (dict(width=100, height=5), 'height 24'),
    (dict(width=400, ticks=[0.5]), 'ticks must lie'), (dict(width=400, ticks=[np.nan]), 'ticks must lie')])
def test_bars_that_cannot_be_drawn_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        color_bar(**kwargs)
