"""The scale: exact from exact ratios, bounded while less than half is wrong."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.commands.calibrate.measured_image import MeasuredImage
from mmdepthcls.commands.calibrate.scale_fit import fit_scale, scale_of, strangers, weighted_median

GENERATORS = st.integers(0, 2**31).map(np.random.default_rng)


def image(ratios, pred=None, name='a', places=()):
    """An image whose measured depth is the predicted one times ratios."""
    ratios = np.asarray(ratios, float)
    pred = np.full(len(ratios), 7.0) if pred is None else pred
    return MeasuredImage(f'{name}.png', name, pred * ratios, pred, np.full((2, len(ratios)), np.nan), places=places)


@settings(max_examples=40)
@given(GENERATORS, st.floats(0.01, 100), st.integers(2, 12), st.booleans())
def test_exact_ratios_give_the_exact_scale(generator, scale, number, points):
    groups = [[image(np.full(generator.integers(1, 9), scale), name=str(index))] for index in range(number)]
    for group in groups:
        group[0].pred = generator.uniform(1, 80, len(group[0].gt))
        group[0].gt = group[0].pred * scale
    fit = fit_scale(groups, points, draws=50)
    assert (fit.scale, fit.low, fit.high) == pytest.approx([scale] * 3) and fit.spread == pytest.approx(0, abs=1e-9)


@settings(max_examples=60)
@given(GENERATORS, st.integers(5, 60), st.floats(0, 0.499), st.sampled_from([1e-6, 0.1, 5.0, 1e9]))
def test_wrong_points_of_less_than_half_are_bounded(generator, number, share, factor):
    right = 1.3 * np.exp(generator.normal(0, 0.1, number))
    wrong = min(int(share * number), (number - 1) // 2)
    ratios = right.copy()
    ratios[:wrong] *= factor
    good = np.sort(right[wrong:])
    got = scale_of([image([ratio], name=str(index)) for index, ratio in enumerate(ratios)], points=True)
    # All wrong ones on one side move the middle by as many places as there are of them.
    low, high = good[(number - 1) // 2 - wrong], good[min(number // 2, len(good) - 1)]
    assert low * (1 - 1e-9) <= got <= high * (1 + 1e-9)


def test_a_tenth_of_wrong_points_is_named_and_moves_little():
    generator = np.random.default_rng(3)
    ratios = 1.3 * np.exp(generator.normal(0, 0.05, 40))
    groups = [[image([ratio], name=f'{index:02d}', places=(f'list.csv, line {index}', ))]
              for index, ratio in enumerate(ratios)]
    plain = fit_scale(groups, points=True, draws=200)
    assert plain.low < 1.3 < plain.high and plain.scale == pytest.approx(1.3, abs=0.03)
    assert plain.spread == pytest.approx(0.05, rel=0.5)
    for index in range(4):
        groups[index][0].gt = groups[index][0].gt * (30 if index % 2 else 0.02)
    fit = fit_scale(groups, points=True, draws=200)
    assert fit.scale == pytest.approx(plain.scale, rel=0.02)
    far = strangers([group[0] for group in groups], fit)
    assert {where for where, _ in far} >= {f'list.csv, line {index}' for index in range(4)}
    assert far[0][1] == pytest.approx(0.02, rel=0.2)  # the farthest first


def test_images_count_alike_whatever_their_pixels():
    images = [image(np.full(1000, 2.0), name='a'), image([1.0], name='b'), image([1.0], name='c')]
    assert scale_of(images, points=False) == pytest.approx(1) and scale_of(images, points=True) == pytest.approx(2)


@settings(max_examples=60)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30))
def test_the_weighted_median_of_equal_weights_is_the_median(values):
    values = np.array(values, float)
    assert weighted_median(values, np.full(len(values), 0.3)) == pytest.approx(float(np.median(values)))
    assert weighted_median(np.concatenate([values, values]), np.ones(2 * len(values))) == pytest.approx(
        weighted_median(values, np.full(len(values), 2.0)))
