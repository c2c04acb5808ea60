"""The scale: exact from exact ratios, bounded while less than half is wrong."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.commands.calibrate.measured_image import MeasuredImage
from mmdepthcls.commands.calibrate.robust_center import weighted_median
from mmdepthcls.commands.calibrate.scale_fit import fit_scale, scale_of, strangers

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
@given(GENERATORS, st.integers(8, 60), st.floats(0, 0.25), st.sampled_from([1e-6, 0.1, 5.0, 1e9]))
def test_wrong_points_of_a_quarter_are_bounded(generator, number, share, factor):
    right = 1.3 * np.exp(generator.normal(0, 0.1, number))
    wrong = int(share * number)
    ratios = right.copy()
    ratios[:wrong] *= factor
    good = right[wrong:]
    for points in (True, False):
        got = scale_of([image([ratio], name=str(index)) for index, ratio in enumerate(ratios)], points)
        assert good.min() <= got * (1 + 1e-9) and got * (1 - 1e-9) <= good.max()


@settings(max_examples=30)
@given(GENERATORS, st.floats(1e-3, 1e3))
def test_measuring_in_other_units_changes_the_scale_by_as_much(generator, factor):
    ratios = np.exp(generator.standard_cauchy(12) / 9)
    first, other = (scale_of([image([each * unit], name=str(index)) for index, each in enumerate(ratios)], True)
                    for unit in (1, factor))
    assert other == pytest.approx(first * factor, rel=1e-6)


def test_points_say_more_than_their_median():
    generator = np.random.default_rng(0)
    ratios = generator.normal(0, 0.15, (400, 20))
    errors = [np.log(scale_of([image(np.exp(each))], True)) for each in ratios]
    assert np.std(errors) < 0.9 * np.std(np.median(ratios, axis=1))
    assert np.std(errors) < 1.2 * 0.15 / np.sqrt(20)


def test_surer_points_say_more():
    generator = np.random.default_rng(1)
    widths = np.tile([0.1, 1.2], 10)
    plain, weighted = [], []
    for _ in range(300):
        measured = image(np.exp(generator.normal(0, widths)))
        plain.append(np.log(scale_of([measured], True)))
        measured.interval = measured.pred * np.exp(np.stack([-widths, widths]))
        weighted.append(np.log(scale_of([measured], True)))
    assert np.std(weighted) < 0.8 * np.std(plain)


def test_the_printed_error_is_that_of_other_draws():
    generator = np.random.default_rng(2)
    fits = [fit_scale([[image([ratio], name=str(index))] for index, ratio in enumerate(ratios)], True, draws=100)
            for ratios in np.exp(generator.normal(0.2, 0.1, (30, 25)))]
    assert np.mean([fit.error for fit in fits]) == pytest.approx(0.1 / np.sqrt(25), rel=0.2)
    assert np.std([np.log(fit.scale) for fit in fits]) == pytest.approx(0.1 / np.sqrt(25), rel=0.35)
    fit = fits[0]._replace(error=0.03)
    assert fit.chance == pytest.approx(0.6827, abs=1e-3)  # one standard deviation
    assert fit.needed(20) == 77 and fit._replace(error=0.03 / 1.96).needed(20) == 20


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
