"""Alignments against NumPy's least squares and brute force, and what they may never do."""
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.bins import UDBins
from mmdepthcls.evaluation.depth_alignment import DepthAlignment, align
from mmdepthcls.evaluation.protocol_scores import image_errors, score_image, scored_maps
from mmdepthcls.evaluation.protocols import PRESETS, Protocol, with_alignments
from mmdepthcls.evaluation.views import Views

OWN = Protocol('own', region=(0.25, 1, 0, 1), max_depth=60.0, clamp=(1e-3, 60.0))
KINDS = ('median', 'scale', 'disparity')


def protocol_of(kind, **settings):
    name = 'median_scaling' if kind == 'median' else 'least_squares'
    return Protocol(kind, **{name: True if kind == 'median' else kind}, **settings)


def random_maps(seed, shape=(12, 20)):
    rng = np.random.default_rng(seed)
    gt = rng.uniform(1, 75, shape) * (rng.random(shape) < 0.7)
    pred = np.where(gt > 0, gt, 9) * rng.lognormal(0.5, 0.4, shape)
    return pred, gt


def scored(pred, gt, protocol):
    return image_errors(score_image(Views(pred), {None: gt}, [protocol]).scores[protocol.name])


@pytest.mark.parametrize('seed', range(5))
def test_least_squares_are_those_of_numpy(seed):
    pred, gt = random_maps(seed)
    pred, gt = pred[gt > 0], gt[gt > 0]
    scale = np.linalg.lstsq(pred[:, None], gt, rcond=None)[0][0]
    assert align('scale', pred, gt) == DepthAlignment(pytest.approx(scale))
    line = np.linalg.lstsq(np.stack([1 / pred, np.ones(len(pred))], axis=1), 1 / gt, rcond=None)[0]
    found = align('disparity', pred, gt)
    assert (found.scale, found.shift) == pytest.approx(tuple(line)) and found.of_disparity
    assert align('median', pred, gt).scale == pytest.approx(np.median(gt) / np.median(pred))


@pytest.mark.parametrize('inverted', [False, True])
@pytest.mark.parametrize('kind', ['scale', 'disparity'])
def test_no_other_numbers_do_better(kind, inverted):
    """Brute force: every step away from the solution costs, also where scale >= 0 binds."""
    rng = np.random.default_rng(0)
    gt = rng.uniform(2, 60, 50)
    pred = (100 / gt if inverted else gt) * rng.lognormal(0, 0.3, 50)
    found = align(kind, pred, gt)

    def cost(scale, shift):
        return np.sum((scale * pred - gt)**2) if kind == 'scale' else np.sum((scale / pred + shift - 1 / gt)**2)

    best = cost(found.scale, found.shift)
    steps = (-0.3, -0.01, -1e-4, 0, 1e-4, 0.01, 0.3)
    for scale in (found.scale + step * (found.scale or 1) for step in steps):
        for shift in (found.shift + step * (abs(found.shift) or 1) for step in steps):
            if scale >= 0 and (kind == 'disparity' or shift == found.shift):
                assert cost(scale, shift) >= best * (1 - 1e-9)
    assert (found.scale == 0) == (inverted and kind == 'disparity')


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('seed', range(3))
def test_it_is_made_of_what_is_scored_and_clamped_after(kind, seed):
    """By hand: region, cap, bad pixels; then the clamp."""
    pred, gt = random_maps(seed)
    pred[4, :3] = 0, np.nan, np.inf
    protocol = protocol_of(kind, region=OWN.region, max_depth=60.0, clamp=(1e-3, 60.0))
    inside = np.zeros(gt.shape, bool)
    inside[3:] = True
    inside &= (gt > 1e-3) & (gt < 60)
    p, g = pred[inside], gt[inside]
    good = np.isfinite(p) & (p > 0)
    if kind == 'median':
        p = p * np.median(g) / np.median(p[good])
    elif kind == 'scale':
        p = p * np.linalg.lstsq(p[good][:, None], g[good], rcond=None)[0][0]
    else:
        design = np.stack([1 / p[good], np.ones(good.sum())], axis=1)
        line = np.linalg.lstsq(design, 1 / g[good], rcond=None)[0]
        disparity = line[0] / np.where(good, p, 1) + line[1]
        p = np.where(good, np.where(disparity > 0, 1 / disparity, 60), p)
    p = np.where(good, np.clip(p, 1e-3, 60), np.where(g > math.sqrt(1e-3 * 60), 1e-3, 60))
    result = scored(pred, gt, protocol)
    assert result['abs_rel'] == pytest.approx(np.mean(abs(p - g) / g))
    assert result['rmse'] == pytest.approx(np.sqrt(np.mean((p - g)**2)))
    assert result['d1'] == pytest.approx(np.mean(np.maximum(p / g, g / p) < 1.25))
    # Pictures show the same.
    drawn, _, where = scored_maps(Views(pred), {None: gt}, protocol)
    np.testing.assert_array_equal(where, inside)
    np.testing.assert_allclose(drawn[inside], p, rtol=1e-6)


@settings(deadline=None, max_examples=50)
@given(st.floats(1e-4, 1e4), st.integers(0, 5), st.sampled_from(KINDS))
def test_a_factor_changes_nothing(factor, seed, kind):
    pred, gt = random_maps(seed)
    errors = scored(pred, gt, protocol_of(kind))
    assert scored(pred * factor, gt, protocol_of(kind)) == pytest.approx(errors, rel=1e-6, abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(st.floats(1e-2, 1e2), st.floats(0, 10), st.integers(0, 5))
def test_an_affine_disparity_of_the_truth_is_right(scale, shift, seed):
    gt = random_maps(seed)[1]
    pred = 1 / (scale / np.where(gt > 0, gt, 9) + shift)
    errors = scored(pred, gt, protocol_of('disparity'))
    assert errors['abs_rel'] < 1e-6 and errors['d1'] == 1
    assert scored(pred * 3, gt, protocol_of('disparity'))['abs_rel'] < 1e-6
    if shift > 0.1 * scale:  # which a factor does not mend
        assert scored(pred, gt, protocol_of('scale'))['abs_rel'] > 0.01


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 20), st.sampled_from(['scale', 'disparity']))
def test_an_inverted_prediction_is_no_better_than_a_constant(seed, kind):
    """Disparity taken for depth: a negative scale would make it nearly right."""
    rng = np.random.default_rng(seed)
    gt = rng.uniform(2, 60, (6, 20))
    inverted = 1 / (1 / 70 + 1 / gt.max() + 1 / gt.min() - 1 / gt)
    protocol = protocol_of('disparity')
    constant = scored(np.full_like(gt, 7.0), gt, protocol)
    assert scored(inverted, gt, protocol) == pytest.approx(constant)
    assert scored(inverted, gt, protocol)['rmse'] > 5
    mean = 1 / np.mean(1 / gt)
    assert constant['abs_rel'] == pytest.approx(np.mean(abs(mean - gt) / gt))
    assert scored(np.full_like(gt, 3.0), gt, protocol_of('scale'))['rmse'] == pytest.approx(gt.std())


@pytest.mark.parametrize('constant', [0.1, 1 / 3, 7.0, 1e-20, 1e20, np.float32(0.1)])
def test_a_constant_fits_no_noise(constant):
    gt = np.random.default_rng(0).uniform(2, 60, 101)
    found = align('disparity', np.full(101, constant), gt)
    assert found.scale == 0 and found.shift == pytest.approx(np.mean(1 / gt))


@pytest.mark.parametrize('kind, least', [('scale', 2), ('disparity', 3)])
def test_too_few_pixels_are_scored_as_they_are(kind, least):
    """As many numbers as pixels would fit exactly."""
    rng = np.random.default_rng(0)
    for count in (1, 2, 3):
        gt = np.zeros((1, 10))
        gt[0, :count] = rng.uniform(5, 50, count)
        pred = rng.uniform(5, 50, (1, 10))
        plain, errors = scored(pred, gt, Protocol('plain')), scored(pred, gt, protocol_of(kind))
        assert (errors == plain) == (count < least)
        assert errors['abs_rel'] > 1e-3
    nothing = score_image(Views(pred), {None: np.zeros((1, 10))}, [protocol_of(kind)]).scores[kind]
    assert nothing.sums is None


@pytest.mark.parametrize('kind', KINDS)
def test_nothing_predicted_stays_the_worst(kind):
    gt = random_maps(0)[1]
    for value in (0.0, np.nan, np.inf, -3.0):
        score = score_image(Views(np.full_like(gt, value)), {None: gt}, [protocol_of(kind)]).scores[kind]
        assert score.num_bad == score.sums[0, 0] and image_errors(score)['d3'] == 0


def test_a_disparity_below_zero_is_the_far_end_or_not_predicted():
    gt = np.append(np.linspace(5, 12, 60), 40.0)[None]
    pred = 1 / (1 / gt + 0.08)
    pred[0, -1] = 1e6  # far behind all others: its aligned disparity is below 0
    found = align('disparity', pred[0], gt[0])
    assert found.scale / pred[0, -1] + found.shift < 0
    clamped = score_image(Views(pred), {None: gt}, [protocol_of('disparity')]).scores['disparity']
    free = score_image(Views(pred), {None: gt}, [protocol_of('disparity', clamp=None)]).scores['disparity']
    assert (clamped.num_bad, free.num_bad) == (0, 1)
    drawn = [scored_maps(Views(pred), {None: gt}, protocol_of('disparity', clamp=clamp))[0][0, -1]
             for clamp in ((1e-3, 80.0), None)]
    assert drawn == pytest.approx([80.0, 1e-3])
    assert image_errors(free)['rmse_log'] > image_errors(clamped)['rmse_log']


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=8), st.integers(0, 9), st.sampled_from(KINDS),
       st.booleans())
def test_any_prediction_gives_finite_errors(values, seed, kind, clamped):
    gt = np.random.default_rng(seed).uniform(0.5, 79, (1, len(values)))
    pred = np.array([values])
    errors = scored(pred, gt, protocol_of(kind))
    assert all(math.isfinite(value) for value in errors.values())
    with np.errstate(all='ignore'):  # without a clamp 1e300 m may be predicted
        scored(pred, gt, protocol_of(kind, clamp=None))


# --------------------------------------------------------------------------------------------------------- side by side
def test_rows_side_by_side_are_named_for_what_they_are():
    protocols = with_alignments([PRESETS['eigen_annotated'], PRESETS['monodepth2']])
    assert [(each.name, each.alignment) for each in protocols] == [
        ('eigen_annotated', None), ('eigen_annotated, median-scaled', 'median'),
        ('eigen_annotated, scale-aligned', 'scale'), ('eigen_annotated, scale-and-shift-aligned', 'disparity'),
        ('monodepth2', 'median'), ('monodepth2, unscaled', None),
        ('monodepth2, scale-aligned', 'scale'), ('monodepth2, scale-and-shift-aligned', 'disparity')]
    assert [each.conditions()['scaled'] for each in protocols[:4]] == [
        'no', 'median', 'least squares', 'least squares, 1/m']
    assert protocols[4] == PRESETS['monodepth2']


def test_in_company_each_scores_as_alone():
    pred, gt = random_maps(4)
    protocols = with_alignments([OWN, Protocol('all')])
    together = score_image(Views(pred), {None: gt}, protocols, bins=UDBins(0.0, 80.0, 8))
    for protocol in protocols:
        alone = score_image(Views(pred), {None: gt}, [protocol], bins=UDBins(0.0, 80.0, 8))
        np.testing.assert_allclose(together.scores[protocol.name].sums, alone.scores[protocol.name].sums)
        np.testing.assert_allclose(together.floor[protocol.name].sums, alone.floor[protocol.name].sums)


def test_two_alignments_at_once_are_refused():
    with pytest.raises(ValueError, match='median_scaling or least_squares, not both'):
        Protocol('p', median_scaling=True, least_squares='scale')
    with pytest.raises(ValueError, match="least_squares must be one of .*got 'both'"):
        Protocol('p', least_squares='both')
    with pytest.raises(ValueError, match="alignment must be None or one of .*got 'both'"):
        align('both', np.ones(3), np.ones(3))
