"""Conformal intervals: coverage as the theorem says, on scores that are exchangeable by construction."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.apis.interval_widening import widened
from mmdepthcls.commands.calibrate.coverage import conformal_factor, coverage_of, factors_of, least_groups
from mmdepthcls.commands.calibrate.measured_image import MeasuredImage


def test_one_pixel_a_group_is_the_quantile_of_split_conformal_prediction():
    scores = np.arange(1.0, 20.0)  # n = 19
    groups = [[np.array([score])] for score in np.random.default_rng(0).permutation(scores)]
    for coverage in (0.5, 0.8, 0.9, 0.95):
        expected = np.sort(scores)[int(np.ceil(20 * coverage - 1e-9)) - 1]
        for promise in ('mean', 'each'):
            assert conformal_factor(groups, coverage, promise) == expected


@pytest.mark.parametrize('promise', ['mean', 'each'])
def test_the_coverage_of_a_new_group_is_what_was_wanted(promise):
    """Groups whose pixels are wrong together: each has a level of its own. Averaged over draws of all."""
    generator, number, coverage, got = np.random.default_rng(1), 19, 0.8, []
    for _ in range(1500):
        levels = generator.gamma(2, 1, (number + 1, 1))
        scores = levels * generator.uniform(0, 1, (number + 1, 25))
        factor = conformal_factor([[each] for each in scores[:number]], coverage, promise)
        share = (scores[number] <= factor).mean()
        got.append(share if promise == 'mean' else share >= coverage)
    # At least the coverage, and at most 1 / (n + 1) more (of 'mean': 2 / (n + 1)); 3 standard errors are 0.03.
    assert coverage - 0.03 < np.mean(got) < coverage + (0.1 if promise == 'mean' else 0.05) + 0.03


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.floats(0.5, 0.9), st.integers(9, 25))
def test_it_is_the_least_factor_with_that_share(seed, coverage, number):
    generator = np.random.default_rng(seed)
    groups = [[generator.exponential(1, generator.integers(1, 6)) for _ in range(generator.integers(1, 4))]
              for _ in range(number)]
    factor, wanted = conformal_factor(groups, coverage), (number + 1) * coverage / number

    def share(limit):
        return np.mean([np.mean([(image <= limit).mean() for image in group]) for group in groups])

    assert share(factor) >= wanted - 1e-8 and share(factor * (1 - 1e-9)) < wanted + 1e-8
    assert conformal_factor(groups, coverage, 'each') >= min(min(map(min, group)) for group in groups)


def test_too_few_groups_promise_nothing():
    assert (least_groups(0.9), least_groups(0.5), least_groups(0.95)) == (9, 1, 19)
    groups = [[np.array([1.0])]] * 8
    with pytest.raises(ValueError, match='8 groups of images are too few .* needs 9'):
        conformal_factor(groups, 0.9)
    assert conformal_factor(groups * 2, 0.9) == 1
    with pytest.raises(ValueError, match='the model does not fit these data'):
        conformal_factor([[np.array([np.inf])]] * 9, 0.9)


def test_coverage_of_images_is_that_of_their_widened_intervals():
    generator = np.random.default_rng(2)
    images = []
    for index in range(20):
        low = generator.uniform(1, 20, 30)
        interval = np.stack([low, low * generator.uniform(1.1, 3, 30)])
        gt = np.sqrt(interval.prod(0)) * np.exp(generator.normal(0, 0.1 + 0.05 * index, 30))
        images.append(MeasuredImage(f'{index}.png', str(index), gt * 1.3, gt, interval))
    found = coverage_of(images, 1.3, [1.7] * 20)
    shares = []
    for each in images:
        low, high = 1.3 * np.stack(widened(*each.interval, 1.7))
        shares.append(((low <= each.gt) & (each.gt <= high)).mean())
    assert found.mean == pytest.approx(np.mean(shares)) and found.worst == pytest.approx(np.sort(shares)[:2].mean())
    factor = conformal_factor([[factors_of(each, 1.3)] for each in images], 0.9)
    wider = coverage_of(images, 1.3, [factor] * 20)
    assert wider.mean >= 0.9 and wider.width > found.width > 1
