"""Scores under every protocol against an independent implementation of its convention."""
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from error_reference import fast_errors
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from test_errors import slow_errors

from mmdepthcls.evaluation.distance_bands import usual_bands
from mmdepthcls.evaluation.errors import ALL_NAMES
from mmdepthcls.evaluation.protocol_scores import (
    NOTHING,
    ProtocolScore,
    image_errors,
    score_image,
    score_map,
    scored_maps,
    summarize,
)
from mmdepthcls.evaluation.protocols import PRESETS, Protocol, build_protocol
from mmdepthcls.evaluation.views import Views

BANDS = usual_bands()
FRAMES = [(375, 1242), (370, 1226), (376, 1241)]


# -------------------------------------------------------------------------------------------- conventions, by the book
def cut(shape, shares):
    """Rows and columns as the papers' code takes them."""
    top, bottom, left, right = shares
    height, width = shape
    return np.s_[int(top * height):int(bottom * height), int(left * width):int(right * width)]


GARG = (0.40810811, 0.99189189, 0.03594771, 0.96405229)


def worst(pred, gt, low=1e-3, high=80.0):
    """What is no positive number gets the end of the range that is farther from the truth."""
    bad = ~((pred > 0) & np.isfinite(pred))
    return np.where(bad, np.where(gt / low > high / gt, low, high), pred), int(bad.sum())


def eigen(pred, gt, region=None, high=80.0):
    """Garg's crop on the full frame, 1e-3 < g < 80, prediction clamped to it."""
    part = region or cut(gt.shape, GARG)
    pred, gt = pred[part], gt[part]
    valid = (gt > 1e-3) & (gt < high)
    pred, bad = worst(pred[valid], gt[valid], high=high)
    return np.clip(pred, 1e-3, high), gt[valid], bad


def by_the_book(name, plain, flipped, gt):
    """(prediction, ground truth) at the scored pixels and the number of bad predictions, in float64."""
    plain, gt = plain.astype(np.float64), gt.astype(np.float64)
    height, width = gt.shape
    top, left = height - 352, int((width - 1216) / 2)
    if name in ('eigen_raw', 'eigen_annotated'):
        return eigen(plain, gt)
    if name == 'nyu_eigen':  # of 480 x 640 pixels in the papers' code
        return eigen(plain, gt, cut(gt.shape, (45 / 480, 471 / 480, 41 / 640, 601 / 640)), 10.0)
    if name == 'monodepth2':
        part = cut(gt.shape, GARG)
        p, g = plain[part], gt[part]
        valid = (g > 1e-3) & (g < 80)
        p, g = p[valid], g[valid]
        good = (p > 0) & np.isfinite(p)
        p = np.where(good, p * np.median(g) / np.median(p[good]), p)
        p, bad = worst(p, g)
        return np.clip(p, 1e-3, 80), g, bad
    if name == 'bts':
        frame = np.zeros((height, width))
        frame[top:top + 352, left:left + 1216] = plain
        return eigen(frame, gt)
    if name == 'adabins':
        both = (np.clip(plain, 1e-3, 80) + np.clip(flipped.astype(np.float64), 1e-3, 80)) / 2
        bad = ~((plain > 0) & np.isfinite(plain) & (flipped > 0) & np.isfinite(flipped))
        both[bad] = np.nan
        return eigen(both, gt[top:top + 352, left:left + 1216])
    if name == 'kitti_devkit':
        from mmdepthcls.evaluation.filling import fill_unpredicted  # tested against loops of its own
        missing = ~((plain > 0) & np.isfinite(plain))
        p, g = fill_unpredicted(plain, missing)[gt > 0], gt[gt > 0]
        return worst(p, g)[0], g, int(missing[gt > 0].sum())
    assert name == 'paper'
    valid = (gt > 0) & (gt <= 80)
    p, bad = worst(plain[valid], gt[valid])
    return p, gt[valid], bad


def sparse_truth(shape, seed=0, valid=0.18):
    rng = np.random.default_rng(seed)
    gt = np.rint(rng.uniform(2, 95, shape) * 256) / 256
    gt[:120] = 0
    return (gt * (rng.random(shape) < valid)).astype(np.float32)


def prediction(gt, seed, spread=0.15):
    rng = np.random.default_rng(seed)
    return (np.where(gt > 0, gt, 25) * rng.lognormal(0.02, spread, gt.shape)).astype(np.float32)


def spoil(pred, seed=0):
    """Awkward values, all over the map."""
    rng = np.random.default_rng(seed)
    places = rng.random(pred.shape) < 0.01
    pred[places] = rng.choice([0, -1, np.nan, np.inf, -np.inf, 1e-9, 500, 1e30], places.sum()).astype(np.float32)
    return pred


@pytest.mark.parametrize('awkward', [False, True], ids=['plain', 'awkward values'])
@pytest.mark.parametrize('shape', FRAMES, ids=str)
@pytest.mark.parametrize('name', PRESETS)
def test_every_preset_equals_its_convention(name, shape, awkward):
    protocol = PRESETS[name]
    gt = sparse_truth(shape) / np.float32(8 if name == 'nyu_eigen' else 1)  # rooms
    top, left = shape[0] - 352, int((shape[1] - 1216) / 2)
    box = (top, left, 352, 1216) if protocol.input_crop else None
    seen = gt[top:, left:left + 1216] if box else gt
    plain, flipped = prediction(seen, 1), prediction(seen, 2)
    if awkward:
        spoil(plain, 3)
        spoil(flipped, 4)
    score = score_image(Views(plain, flipped, box), {protocol.ground_truth: gt}, [protocol]).scores[name]
    pred, truth, bad = by_the_book(name, plain, flipped, gt)
    assert image_errors(score) == pytest.approx(fast_errors(pred, truth), rel=1e-6)
    assert (score.num_bad, score.sums[0, 0]) == (bad, truth.size) and (bad > 100) == awkward
    # With bands and in the company of others the numbers are the same.
    company = [protocol, Protocol('none', protocol.ground_truth, protocol.input_crop), Protocol(
        'half', protocol.ground_truth, protocol.input_crop, region=(0.5, 1, 0, 0.5), max_depth=30.0)]
    again = score_image(Views(plain, flipped, box), {protocol.ground_truth: gt}, company, BANDS).scores[name]
    assert image_errors(again) == pytest.approx(image_errors(score), rel=1e-7) and again.num_bad == bad


@pytest.mark.parametrize('align_corners', [False, True])
def test_a_prediction_of_another_size_is_resized_as_pytorch_does(align_corners):
    gt = sparse_truth((375, 1242))
    small = np.random.default_rng(0).uniform(1, 90, (96, 320)).astype(np.float32)
    protocol = Protocol('p', region='garg', align_corners=align_corners)
    score = score_image(Views(small), {None: gt}, [protocol]).scores['p']
    large = torch.nn.functional.interpolate(torch.from_numpy(np.clip(small, 1e-3, 80))[None, None], (375, 1242),
                                            mode='bilinear', align_corners=align_corners)[0, 0].numpy()
    expected = fast_errors(*eigen(large.astype(float), gt.astype(float))[:2])
    assert image_errors(score) == pytest.approx(expected, rel=1e-6)


def test_blended_flips():
    gt = sparse_truth((375, 1242))
    plain, flipped = prediction(gt, 1), prediction(gt, 2)
    ramp = 1 - np.clip(20 * (np.linspace(0, 1, 1242) - 0.05), 0, 1)
    p, f = (np.clip(x.astype(float), 1e-3, 80) for x in (plain, flipped))
    blended = ramp[::-1] * p + ramp * f + (1 - ramp - ramp[::-1]) * (p + f) / 2
    protocol = Protocol('p', flip='blend', region='garg')
    score = score_image(Views(plain, flipped), {None: gt}, [protocol]).scores['p']
    assert image_errors(score) == pytest.approx(fast_errors(*eigen(blended, gt.astype(float))[:2]), rel=1e-6)


def test_real_ground_truth(kitti_sample):
    paths = sorted(Path(kitti_sample).glob('annotated/train/*/proj_depth/*/image_02/*.png'))
    assert len(paths) == 4  # three annotated frames and one projected scan
    for path in paths:
        gt = cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(np.float32) / 256
        plain = spoil(prediction(gt, 5), 6)
        truths = dict(annotated=gt, velodyne=gt, velodyne_monodepth=gt)
        protocols = [protocol for protocol in PRESETS.values() if protocol.input_crop is None]
        scores = score_image(Views(plain), truths, protocols, BANDS).scores
        for protocol in protocols:
            pred, truth, bad = by_the_book(protocol.name, plain, None, gt)
            assert image_errors(scores[protocol.name]) == pytest.approx(fast_errors(pred, truth), rel=1e-6)
            assert scores[protocol.name].num_bad == bad


# ---------------------------------------------------------------------------------------------------------- one by one
def slow_score(pred, gt, low, high, rows, cols):
    pairs = []
    for row in rows:
        for col in cols:
            if low < gt[row, col] < high:
                p, g = float(pred[row, col]), float(gt[row, col])
                bad = not (p > 0 and math.isfinite(p))
                pairs.append(((low if g / low > high / g else high) if bad else min(max(p, low), high), g))
    return slow_errors(pairs), len(pairs)


def some_maps(seed=0, shape=(30, 40)):
    rng = np.random.default_rng(seed)
    gt = rng.uniform(2, 79, shape)
    return gt * rng.lognormal(0, 0.3, shape), gt


@pytest.mark.parametrize('crop, rows, cols', [
    (None, range(40), range(60)), ('garg', range(16, 39), range(2, 57)), ('eigen', range(13, 36), range(2, 57)),
    ((0.5, 1, 0.25, 0.75), range(20, 40), range(15, 45))], ids=str)
@pytest.mark.parametrize('low, high', [(1e-3, 80.0), (5.0, 50.0)])
def test_score_equals_the_loop(crop, rows, cols, low, high):
    pred, gt = some_maps(3, (40, 60))
    gt[np.random.default_rng(1).random(gt.shape) < 0.5] = 0
    pred[::7, ::5] = np.array([0, np.nan, np.inf, -2, 500, 1e-9])[np.arange(12) % 6]
    errors, num_valid = slow_score(pred, gt, low, high, rows, cols)
    score = score_map(pred, gt, low, high, crop)
    assert image_errors(score) == pytest.approx(errors, rel=1e-12)
    assert score.sums[0, 0] == num_valid
    counted = [(r, c) for r in rows for c in cols if low < gt[r, c] < high]
    assert score.num_bad == sum(not (math.isfinite(pred[r, c]) and pred[r, c] > 0) for r, c in counted)
    assert score.num_bad > 0 or isinstance(crop, tuple)


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_both_limits_are_strict_unless_said(dtype):
    gt = np.array([[80.0, np.nextafter(dtype(80), dtype(0)), 1e-3, 0.5, 80.5, 0]], dtype)
    # In float32 the written limit 1e-3 is the float32 nearest to it.
    assert score_map(np.full_like(gt, 40), gt).sums[0, 0] == 2
    assert score_map(np.ones((1, 1), dtype), np.full((1, 1), 80, dtype)) == NOTHING
    protocol = Protocol('p', include_max=True)
    assert score_image(Views(np.full_like(gt, 40)), {None: gt}, [protocol]).scores['p'].sums[0, 0] == 3


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf, 0.0, -5.0])
def test_bad_predictions_count_and_are_never_good(bad):
    gt = np.linspace(1, 79, 24).reshape(4, 6)
    pred = gt.copy()
    pred[0, 0] = pred[2, 3] = bad
    score = score_map(pred, gt)
    assert (score.sums[0, 0], score.num_bad) == (24, 2)
    errors = image_errors(score)
    for name in ('d1', 'd2', 'd3'):
        assert errors[name] == 22 / 24
    assert errors['abs_rel'] > 0.9 * 2 / 24
    assert all(math.isfinite(value) for value in errors.values())
    # Nor where the truth lies beside an end of the range.
    assert image_errors(score_map(np.full((1, 2), bad), np.array([[1.1, 79.0]]), min_depth=1.0))['d3'] == 0
    # A bad pixel where nothing is measured is nobody's fault.
    gt[0, 0] = 0
    assert score_map(pred, gt).num_bad == 1


@pytest.mark.parametrize('crop', [None, 'garg'])
def test_image_without_ground_truth(crop):
    for gt in (np.zeros((20, 30)), np.full((20, 30), np.nan), np.full((20, 30), 99.0)):
        assert score_map(np.ones((20, 30)), gt, crop=crop) == NOTHING
    assert score_image(Views(np.ones((2, 3))), {}, [Protocol('p')]).scores['p'].reason == 'no ground truth'


def test_infinite_ground_truth_is_no_measurement_without_a_cap():
    gt = np.array([[np.inf, 5, np.nan]])
    assert score_image(Views(np.ones((1, 3))), {None: gt}, [Protocol('p', max_depth=None)]).scores['p'].sums[0, 0] == 1


@settings(deadline=None)
@given(hnp.arrays(np.float32, (4, 5), elements=st.floats(width=32)),
       hnp.arrays(np.float32, (4, 5), elements=st.floats(width=32)))
def test_any_maps_give_finite_errors(pred, gt):
    score = score_map(pred, gt)
    valid = (gt > np.float32(1e-3)) & (gt < 80)
    assert (score.sums is None) == (not valid.any())
    assert score.sums is None or score.sums[0, 0] == valid.sum() and score.num_bad <= valid.sum()
    assert all(math.isfinite(value) for value in (image_errors(score) or {}).values())


def test_inputs_are_left_alone():
    pred, gt = some_maps()
    pred[0, 0] = np.nan
    kept = pred.copy(), gt.copy()
    for name in ('eigen_annotated', 'monodepth2', 'kitti_devkit', 'paper'):
        score_image(Views(pred), {None: gt}, [PRESETS[name]], BANDS)
    np.testing.assert_array_equal(pred, kept[0])
    np.testing.assert_array_equal(gt, kept[1])


def test_a_crop_that_does_not_lie_in_the_frame():
    with pytest.raises(ValueError, match='does not lie in the ground truth of 300 x 1242'):
        score_image(Views(np.ones((352, 1216)), crop_box=(23, 13, 352, 1216)), {None: np.ones((300, 1242))},
                    [Protocol('p')])


# ------------------------------------------------------------------------------------------------------------- several
def test_a_row_without_its_ground_truth_or_prediction_says_so():
    gt = sparse_truth((375, 1242))
    scores = score_image(Views(prediction(gt, 0)), dict(annotated=gt), list(PRESETS.values())).scores
    assert scores['eigen_annotated'].reason is None
    assert scores['eigen_raw'].reason == "no ground truth 'velodyne_monodepth' (there is: annotated)"
    assert 'needs a prediction of the KB crop' in scores['bts'].reason
    assert all(scores[name].sums is None for name in ('eigen_raw', 'bts', 'adabins', 'paper', 'monodepth2'))
    # One that has no name is taken for whatever is wanted; the only one, where nothing is.
    for truths, protocol in (({None: gt}, PRESETS['eigen_raw']), (dict(mine=gt), Protocol('p'))):
        assert score_image(Views(prediction(gt, 0)), truths, [protocol]).scores[protocol.name].sums is not None


@pytest.mark.parametrize('bands', [None, BANDS])
def test_many_protocols_score_as_each_alone(bands):
    gt = sparse_truth((375, 1242))
    pred = spoil(prediction(gt, 1))
    protocols = [build_protocol(dict(name=f'{region} {cap} {clamp}', region=region, max_depth=cap, clamp=clamp))
                 for region in (None, 'garg', 'eigen', 'kb_garg', (0, 0.5, 0, 1)) for cap in (50.0, 80.0, None)
                 for clamp in (None, (1e-3, 80.0))]
    together = score_image(Views(pred), {None: gt}, protocols, bands).scores
    assert list(together) == [protocol.name for protocol in protocols]
    for protocol in protocols:
        alone = score_image(Views(pred), {None: gt}, [protocol], bands).scores[protocol.name]
        np.testing.assert_allclose(together[protocol.name].sums, alone.sums, rtol=1e-6, atol=1e-9)
        assert together[protocol.name].num_bad == alone.num_bad


def test_bands_are_those_of_the_ground_truth():
    gt = sparse_truth((250, 200), valid=1)
    pred = prediction(gt, 1)
    score = score_image(Views(pred), {None: gt}, [Protocol('p', max_depth=None)], BANDS).scores['p']
    for number, (low, high) in enumerate(zip(BANDS, (*BANDS[1:], np.inf), strict=True)):
        inside = (gt >= low) & (gt < high) & (gt > 1e-3)
        expected = fast_errors(np.clip(pred[inside].astype(float), 1e-3, 80), gt[inside].astype(float))
        assert summarize([score], band=number) == pytest.approx(expected, rel=1e-6)


def test_mean_is_per_image_or_pooled():
    one = score_map(np.full((1, 1), 8.0), np.full((1, 1), 4.0))
    many = score_map(np.full((9, 9), 4.0), np.full((9, 9), 4.0))
    mean = summarize([one, ProtocolScore(None), many])
    assert mean['abs_rel'] == 0.5 and mean['d1'] == 0.5
    assert mean['rmse'] == 2.0
    pooled = summarize([one, ProtocolScore(None), many], 'pixel')
    assert pooled['abs_rel'] == pytest.approx(1 / 82) and pooled['rmse'] == pytest.approx(math.sqrt(16 / 82))
    assert list(mean) == list(pooled) == list(ALL_NAMES)
    assert summarize([ProtocolScore(None)]) == summarize([]) == {}
    assert summarize([one]) == image_errors(one)


# ---------------------------------------------------------------------------------------------------------- for reports
@pytest.mark.parametrize('name', PRESETS)
def test_maps_hold_what_is_scored(name):
    protocol = PRESETS[name]
    gt = sparse_truth((375, 1242))
    box = (23, 13, 352, 1216) if protocol.input_crop else None
    seen = gt[23:, 13:1229] if box else gt
    views = Views(spoil(prediction(seen, 1)), spoil(prediction(seen, 2)), box)
    kept = views.depth.copy()
    observed = []
    score = score_image(views, {None: gt}, [protocol], observe=lambda *pixels: observed.append(pixels)).scores[name]
    pred, truth, scored = scored_maps(views, {None: gt}, protocol)
    np.testing.assert_array_equal(views.depth, kept)
    assert truth is gt and pred.dtype == np.float32 and scored.sum() == score.sums[0, 0]
    assert np.mean(np.abs(pred[scored] - gt[scored]) / gt[scored]) == pytest.approx(
        image_errors(score)['abs_rel'], rel=1e-5)
    (seen_by, pred_values, gt_values), = observed
    assert seen_by is protocol
    np.testing.assert_array_equal(gt_values, gt[scored])
    np.testing.assert_allclose(pred_values, pred[scored], rtol=1e-6)
    if protocol.clamp:
        assert np.nanmin(pred) >= np.float32(1e-3) and np.nanmax(pred) <= 80


def test_observers_see_the_pixels_of_each_protocol():
    gt = sparse_truth((375, 1242))
    protocols = [PRESETS['eigen_annotated'], Protocol('top', region=(0, 0.5, 0, 1), max_depth=30.0),
                 Protocol('nothing', region=(0, 0.2, 0, 1)), PRESETS['monodepth2']]
    seen = {}
    scores = score_image(Views(prediction(gt, 1)), {None: gt}, protocols, BANDS,
                         observe=lambda protocol, pred, truth: seen.update({protocol.name: (pred, truth)})).scores
    assert list(seen) == ['eigen_annotated', 'top', 'monodepth2'] and scores['nothing'].sums is None
    for name, pixels in seen.items():
        expected = fast_errors(*(values.astype(float) for values in pixels))
        assert image_errors(scores[name]) == pytest.approx(expected, rel=1e-6)


def test_a_map_whose_range_begins_at_zero():
    """All that is measured counts; predictions have no logarithm below 1 mm."""
    gt, pred = np.float32([[0.0, 5e-4, 2.0, 90.0]]), np.float32([[1.0, 1e-9, 3.0, 90.0]])
    errors = image_errors(score_map(pred, gt, min_depth=0))
    ratios = np.array([1e-3 / 5e-4, 1.5])
    assert errors['rmse_log'] == pytest.approx(np.sqrt(np.mean(np.log(ratios)**2)), rel=1e-6)
    assert score_map(pred, gt, min_depth=0, max_depth=1e-3).sums[0, 0] == 1
    for ends in ((-1, 80), (80, 80), (0, 0), (0, np.inf), (np.nan, 80)):
        with pytest.raises(ValueError, match='0 <= min_depth < max_depth'):
            score_map(pred, gt, *ends)


def test_bands_that_leave_out_the_nearest_depths_are_not_summed():
    gt = np.ones((2, 3), np.float32)
    with pytest.raises(ValueError, match='bands must begin at 0 m'):
        score_image(Views(gt), {None: gt}, [Protocol('p')], (10.0, 20.0))
