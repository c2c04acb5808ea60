"""The evaluator as MMEngine drives it: in one process, in two, and with the keys that MMSeg's tools set."""
import json
import math
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from mmengine.evaluator import Evaluator
from mmengine.evaluator.metric import _to_cpu
from mmengine.structures import PixelData
from mmseg.registry import METRICS
from mmseg.structures import SegDataSample

from mmdepthcls.bins import SIDBins
from mmdepthcls.evaluation.depth_evaluator import DepthEvaluator
from mmdepthcls.evaluation.distance_bands import usual_bands
from mmdepthcls.evaluation.errors import ALL_NAMES
from mmdepthcls.evaluation.protocol_scores import ImageScores, image_errors, score_map, summarize

SIZE = (24, 40)
NUM_IMAGES, WITHOUT_GT = 5, 2


def make_maps(index, size=SIZE):
    """Prediction and ground truth (None for one image) of the generated dataset's image ``index``."""
    rng = np.random.default_rng(index)
    gt = rng.uniform(0.5, 95, size).astype(np.float32)
    pred = (gt * rng.lognormal(0, 0.2 + 0.1 * index, size)).astype(np.float32)
    gt[rng.random(size) < 0.5] = 0
    return pred, None if index == WITHOUT_GT else gt


def make_sample(pred, gt, img_path='drive/image_02/data/0000000000.png'):
    sample = SegDataSample(metainfo={} if img_path is None else dict(img_path=img_path))
    sample.pred_depth_map = PixelData(data=torch.from_numpy(pred)[None])
    if gt is not None:
        sample.gt_depth_map = PixelData(data=torch.from_numpy(gt)[None])
    return sample


def dataset_sample(index):
    return make_sample(*make_maps(index), f'drive_{index}/image_02/data/0000000007.png')


def evaluate(evaluator, indices=range(NUM_IMAGES), size=NUM_IMAGES, batch=2):
    indices = list(indices)
    wrapped = Evaluator(evaluator)
    for start in range(0, len(indices), batch):
        wrapped.process([dataset_sample(index) for index in indices[start:start + batch]], dict())
    return wrapped.evaluate(size)


@pytest.mark.parametrize('arguments', [dict(), dict(crop='garg'), dict(min_depth=2.0, max_depth=50.0),
                                       dict(min_depth=0)], ids=str)
def test_mean_over_images_with_ground_truth(arguments):
    scores = [score_map(*make_maps(index), **arguments) for index in range(NUM_IMAGES) if index != WITHOUT_GT]
    metrics = evaluate(DepthEvaluator(**arguments))
    assert len(scores) == 4 and metrics['num_images'] == 4 and metrics['bad_predictions'] == 0
    for name in ALL_NAMES:
        assert metrics[name] == pytest.approx(np.mean([image_errors(score)[name] for score in scores]), rel=1e-14)
    pooled = summarize(scores, 'pixel')['abs_rel']
    assert metrics['abs_rel'] != pytest.approx(pooled, rel=1e-6)


def test_one_small_record_an_image():
    evaluator = DepthEvaluator()
    evaluator.process({}, [dataset_sample(index).to_dict() for index in range(NUM_IMAGES)])
    assert len(evaluator.results) == NUM_IMAGES
    assert evaluator.results[WITHOUT_GT].scores['prediction'].reason == 'no ground truth'
    assert all(type(record) is ImageScores for record in evaluator.results)
    assert max(len(pickle.dumps(record)) for record in evaluator.results) < 1000  # no pixels are kept
    collected = pickle.loads(pickle.dumps(_to_cpu(evaluator.results), protocol=2))
    assert [repr(record) for record in collected] == [repr(record) for record in evaluator.results]
    first = evaluator.evaluate(NUM_IMAGES)
    assert evaluator.results == []  # the next epoch begins anew
    assert evaluate(evaluator) == first


def test_a_map_without_valid_pixels_counts_as_no_ground_truth():
    evaluator = Evaluator(DepthEvaluator())
    pred, gt = make_maps(0)
    evaluator.process([make_sample(pred, gt), make_sample(pred, np.zeros_like(gt))], dict())
    metrics = evaluator.evaluate(2)
    assert metrics['num_images'] == 1
    assert metrics['abs_rel'] == image_errors(score_map(pred, gt))['abs_rel']


def test_no_ground_truth_at_all():
    evaluator = Evaluator(DepthEvaluator())
    evaluator.process([make_sample(make_maps(0)[0], None)], dict())
    metrics = evaluator.evaluate(1)
    assert (metrics.pop('num_images'), metrics.pop('bad_predictions')) == (0, 0)
    # Not missing, or save_best would end the run with a KeyError; and never better than anything.
    assert metrics.keys() == set(ALL_NAMES) and all(math.isnan(value) for value in metrics.values())


def test_bad_predictions_are_reported():
    pred, gt = make_maps(0)
    measured = np.argwhere((gt > 1) & (gt < 80))[:4]
    pred[tuple(measured.T)] = [np.nan, np.inf, 0, -1]
    evaluator = Evaluator(DepthEvaluator())
    evaluator.process([make_sample(pred, gt)], dict())
    metrics = evaluator.evaluate(1)
    assert metrics['bad_predictions'] == 4
    assert all(np.isfinite(metrics[name]) for name in ALL_NAMES)


def test_half_precision_predictions():
    pred, gt = make_maps(0)
    sample = make_sample(pred, gt)
    sample.pred_depth_map = PixelData(data=torch.from_numpy(pred)[None].bfloat16())
    evaluator = Evaluator(DepthEvaluator())
    evaluator.process([sample], dict())
    rounded = torch.from_numpy(pred).bfloat16().float().numpy()
    assert evaluator.evaluate(1)['rmse'] == image_errors(score_map(rounded, gt))['rmse']


def test_prefix():
    metrics = evaluate(DepthEvaluator(prefix='kitti'))
    assert set(metrics) == {f'kitti/{name}' for name in (*ALL_NAMES, 'num_images', 'bad_predictions')}
    assert {f'kitti/{name}': value for name, value in evaluate(DepthEvaluator()).items()} == metrics


# ---------------------------------------------------------------------------------------------------- several protocols
def kitti_sample_of(index, **fields):
    """A data sample of a whole KITTI frame with two ground truths."""
    rng = np.random.default_rng(index)
    gt = (rng.uniform(2, 85, (375, 1242)) * (rng.random((375, 1242)) < 0.2)).astype(np.float32)
    sample = make_sample(np.where(gt > 0, gt * 1.1, 9).astype(np.float32), gt, f'drive_{index}/0000000005.png')
    sample.set_metainfo(dict(ground_truth='annotated'))
    sample.set_data({'gt_depth_map_velodyne_monodepth': PixelData(data=torch.from_numpy(gt)[None] * 1.1)})
    sample.set_data({name: PixelData(data=torch.from_numpy(value)[None]) for name, value in fields.items()})
    return sample


def test_one_run_scores_several_protocols():
    evaluator = Evaluator(DepthEvaluator(protocols=[
        'eigen_annotated', 'eigen_raw', 'bts', dict(preset='eigen_annotated', name='50 m', max_depth=50.0)]))
    evaluator.process([kitti_sample_of(0), kitti_sample_of(1)], dict())
    metrics = evaluator.evaluate(2)
    assert metrics['abs_rel'] == metrics['eigen_annotated/abs_rel'] == pytest.approx(0.1, abs=6e-3)  # clamped at 80 m
    assert metrics['eigen_raw/abs_rel'] == pytest.approx(0, abs=1e-2) and metrics['eigen_raw/num_images'] == 2
    assert metrics['50 m/num_images'] == 2 and metrics['50 m/rmse'] < metrics['rmse']
    # What was not made has no number, and the log says why.
    assert metrics['bts/num_images'] == 0 and math.isnan(metrics['bts/abs_rel'])


def test_the_log_says_which_row_was_not_made(monkeypatch):
    from mmdepthcls.evaluation import depth_evaluator
    logged = []
    monkeypatch.setattr(depth_evaluator, 'print_log', lambda message, **kwargs: logged.append(message))
    evaluator = DepthEvaluator(protocols=['eigen_annotated', 'adabins', 'paper'])
    evaluator.process({}, [kitti_sample_of(0).to_dict()])
    evaluator.evaluate(1)
    text = '\n'.join(logged)
    assert 'adabins: nothing is scored: needs a prediction of the KB crop (KBCrop in the test pipeline)' in text
    assert "paper: nothing is scored: no ground truth 'velodyne' (there is: annotated, velodyne_monodepth)" in text
    row = next(line for line in text.splitlines() if line.startswith('| eigen_annotated'))
    assert [cell.strip() for cell in row.split('|')[1:9]] == [
        'eigen_annotated', 'annotated', '1', 'full', 'garg', '< 80 m', 'no', 'no']
    assert next(line for line in text.splitlines() if line.startswith('| adabins')).rstrip(' |').endswith('-')


def test_views_of_the_network_are_used_where_they_are():
    view, flipped = (np.full((352, 1216), value, np.float32) for value in (10, 20))
    sample = kitti_sample_of(0, pred_depth_view=view, pred_depth_view_flipped=flipped)
    sample.set_metainfo(dict(crop_box=(23, 13, 352, 1216), full_shape=(375, 1242)))
    gt = sample.gt_depth_map.data[0].numpy()
    evaluator = Evaluator(DepthEvaluator(protocols=['adabins', 'bts', 'eigen_annotated']))
    evaluator.process([sample], dict())
    metrics = evaluator.evaluate(1)
    kb_garg, garg = gt[166:372, 56:1185], gt[153:371, 44:1197]
    for name, region, value in (('adabins', kb_garg, 15), ('bts', garg, 10)):
        valid = region[(region > 0) & (region < 80)]
        assert metrics[f'{name}/abs_rel'] == pytest.approx(np.mean(np.abs(value - valid) / valid), rel=1e-6)
    assert metrics['eigen_annotated/num_images'] == 0


def test_bands_are_kept_with_every_image():
    evaluator = DepthEvaluator(bands=usual_bands())
    evaluator.process({}, [kitti_sample_of(0).to_dict()])
    assert evaluator.results[0].scores['prediction'].sums.shape[0] == len(usual_bands())
    metrics = {name: value for name, value in evaluator.evaluate(1).items() if '/' not in name}
    assert metrics == pytest.approx(evaluate_alone(kitti_sample_of(0)), rel=1e-7)


@st.composite
def banded_images(draw):
    limits = sorted(draw(st.sets(st.sampled_from([0.0, 0.5, 3.0, 7.25, 10.0, 20.0, 40.0, 80.0, 100.0, math.inf]),
                                 min_size=2, max_size=5)))
    values = st.sampled_from([0.0, 0.4, 0.5, 2.0, 3.0, 9.0, 10.0, 15.0, 20.0, 50.0, 79.0, 90.0])
    images = [draw(npst.arrays(np.float32, (3, 4), elements=values)) for _ in range(draw(st.integers(1, 3)))]
    return limits, images


@settings(max_examples=60, deadline=None)
@given(banded_images(), st.sampled_from(['image', 'pixel']), st.booleans())
def test_bands_are_the_errors_of_the_depths_between_their_limits(case, mean, several):
    """Against NumPy, from the definitions."""
    limits, truths = case
    protocols = [dict(name='p', mean=mean)] + [dict(name='q', mean=mean, max_depth=None, clamp=None)] * several
    evaluator = Evaluator(DepthEvaluator(protocols, bands=limits))
    preds = [np.random.default_rng(index).uniform(1, 70, gt.shape).astype(np.float32)
             for index, gt in enumerate(truths)]
    evaluator.process([make_sample(*pair) for pair in zip(preds, truths, strict=True)], dict())
    metrics = evaluator.evaluate(len(truths))
    for name, cap in (('p', 80), ('q', np.inf))[:1 + several]:
        for low, high in zip(limits, limits[1:], strict=False):
            label = f'{name}/{low:g}-{high:g}m' if several else f'{low:g}-{high:g}m'
            inside = [(gt > 0.001) & (gt >= low) & (gt < min(high, cap)) for gt in truths]
            errors = [np.abs(pred[chosen].astype(float) - gt[chosen]) / gt[chosen]
                      for pred, gt, chosen in zip(preds, truths, inside, strict=True) if chosen.any()]
            parts = errors if mean == 'image' else [np.concatenate(errors)] if errors else []
            assert metrics[f'{label}/num_images'] == len(errors)
            assert metrics[f'{label}/num_pixels'] == sum(map(len, errors))
            if parts:
                expected = np.mean([part.mean() for part in parts])
                assert metrics[f'{label}/abs_rel'] == pytest.approx(expected, rel=1e-5)
            else:
                assert math.isnan(metrics[f'{label}/abs_rel'])


@pytest.mark.parametrize('bands', [(), (10.0, ), (20.0, 10.0), (10.0, 10.0), (-1.0, 10.0), (0, math.nan),
                                   (math.inf, 80), 10.0, '0,10', '12', ('a', 'b')], ids=str)
def test_limits_without_sense_are_refused_at_once(bands):
    with pytest.raises(ValueError, match='DepthEvaluator: bands must be two or more limits'):
        DepthEvaluator(bands=bands)


def test_bands_do_not_change_with_a_report(tmp_path):
    alone = evaluate(DepthEvaluator(bands=(10, 20)))
    reported = evaluate(DepthEvaluator(bands=(10, 20), report_dir=str(tmp_path)))
    assert reported == pytest.approx(alone, rel=1e-7) and alone['10-20m/num_pixels'] > 0
    entry, = json.loads((tmp_path / 'report.json').read_text())['protocols'][0]['bands'][:1]
    assert (entry['from'], entry['to'], entry['num_pixels']) == (10, 20, alone['10-20m/num_pixels'])
    assert not any('m/' in name for name in evaluate(DepthEvaluator(report_dir=str(tmp_path))))


def test_a_band_is_a_key_indicator(tmp_path):
    """CheckpointHook compares it and names a file after it."""
    from mmengine.hooks import CheckpointHook
    name = '10-20m/abs_rel'
    hook = CheckpointHook(interval=1, save_best=name, rule='less')
    assert hook.key_indicators == [name] and name in evaluate(DepthEvaluator(bands=(10, 20)))


# ----------------------------------------------------------------------------------------- what the model's bins decide
def of_model(depth_range):
    samples = [dataset_sample(index) for index in range(NUM_IMAGES)]
    for sample in samples:
        sample.set_metainfo(dict(depth_range=depth_range))
    return [sample.to_dict() for sample in samples]


def scored(samples, **settings):
    evaluator = DepthEvaluator(**settings)
    evaluator.process({}, samples)
    return evaluator.evaluate(NUM_IMAGES)


@pytest.mark.parametrize('depth_range, ends', [((0.5, 10.0), (1e-3, 10.0)), ((1.0, 80.0), (1e-3, 80.0)),
                                               ((0.0, 120.0), (1e-3, 120.0)), ((1e-4, 5.0), (1e-4, 5.0))], ids=str)
def test_what_the_config_leaves_open_is_of_the_bins(depth_range, ends):
    samples = of_model(depth_range)
    assert scored(samples) == scored(samples, min_depth=ends[0], max_depth=ends[1])
    assert scored(samples, max_depth=50.0) == scored(of_model((1.0, 50.0)), max_depth=50.0, min_depth=1e-3)
    # What the config or a protocol says wins.
    assert scored(samples, min_depth=2.0, max_depth=30.0) == scored(of_model((3.0, 7.0)), min_depth=2.0, max_depth=30.0)
    assert scored(samples, protocols=[dict(name='p')]) == scored(of_model((3.0, 7.0)), protocols=[dict(name='p')])


ALIGNED = ('median-scaled', 'scale-aligned', 'scale-and-shift-aligned')


def test_metric_and_aligned_side_by_side(tmp_path, mmseg_scope):
    """In metrics, table and report; what is printed first stays what it was."""
    samples = of_model((0.5, 60.0))
    for sample in samples:
        sample['pred_depth_map']['data'] = sample['pred_depth_map']['data'] * 3
    plain = scored(samples)
    metrics = scored(samples, aligned=True, report_dir=str(tmp_path))
    assert {name: metrics[name] for name in plain} == pytest.approx(plain, rel=1e-7)
    by_hand = []
    for pred, gt in map(make_maps, range(NUM_IMAGES)):
        if gt is not None:
            valid = (gt > 1e-3) & (gt < 60)
            p = np.clip(pred[valid].astype(float) * np.median(gt[valid]) / np.median(pred[valid]), 1e-3, 60)
            by_hand.append(np.mean(abs(p - gt[valid]) / gt[valid]))
    assert metrics['prediction, median-scaled/abs_rel'] == pytest.approx(np.mean(by_hand), rel=1e-5)
    for label in ALIGNED:
        assert metrics[f'prediction, {label}/abs_rel'] < 0.5 * plain['abs_rel']
        assert metrics[f'prediction, {label}/num_images'] == 4
    report = (tmp_path / 'report.md').read_text()
    names = [entry['name'] for entry in report_of(tmp_path)['protocols']]
    assert names == ['prediction', *(f'prediction, {label}' for label in ALIGNED)]
    assert all(f'| {name} ' in report for name in names) and '| least squares, 1/m |' in report
    assert 'any constant (aligned to each image)' in report
    several = scored(samples, protocols=['monodepth2', dict(name='p')], aligned=True)
    assert several['monodepth2/abs_rel'] == several['abs_rel'] != several['monodepth2, unscaled/abs_rel']
    assert several['p, median-scaled/abs_rel'] < several['p/abs_rel']


def test_a_report_reaches_as_far_as_the_bins(tmp_path):
    scored(of_model((0.5, 10.0)), report_dir=str(tmp_path))
    first, = json.loads((tmp_path / 'report.json').read_text())['protocols']
    assert first['conditions']['cap'] == '< 10 m'
    assert [(band['from'], band['to']) for band in first['bands']] == [(0, 1.25), (1.25, 2.5), (2.5, 5), (5, 10)]
    assert first['distances'][-1]['to'] == 10


@pytest.mark.parametrize('given, inside', [
    (dict(max_depth=50.0), 'max_depth=50.0'), (dict(crop='eigen'), "region='eigen'"),
    (dict(min_depth=0), 'min_depth=0'),
    (dict(max_depth=50, crop='eigen'), "max_depth=50, region='eigen'")], ids=str)
def test_settings_that_protocols_replace_are_refused_beside_them(given, inside):
    with pytest.raises(ValueError, match=f'{next(iter(given))}=.* would not count beside protocols.*{inside}'):
        DepthEvaluator(protocols=['eigen_annotated'], **given)
    assert DepthEvaluator(protocols=[eval(f"dict(preset='eigen_annotated', name='own', {inside})")])


def evaluate_alone(sample):
    evaluator = DepthEvaluator()
    evaluator.process({}, [sample.to_dict()])
    return evaluator.evaluate(1)


# ------------------------------------------------------------------------------------------------------- written files
def test_dict_evaluator_as_mmseg_tools_set_it(tmp_path, mmseg_scope):
    cfg = dict(type='DepthEvaluator', crop='garg')
    cfg['output_dir'], cfg['keep_results'] = str(tmp_path / 'out'), True  # tools/test.py --out
    evaluator = METRICS.build(cfg)
    assert type(evaluator) is DepthEvaluator
    evaluate(evaluator)
    files = sorted(path.relative_to(tmp_path / 'out').as_posix() for path in tmp_path.rglob('*.png'))
    assert files == [f'drive_{index}/image_02/data/0000000007.png' for index in range(NUM_IMAGES)]
    for index, name in enumerate(files):
        units = cv2.imread(str(tmp_path / 'out' / name), cv2.IMREAD_UNCHANGED)
        assert units.dtype == np.uint16
        np.testing.assert_array_equal(units, np.rint(make_maps(index)[0].astype(np.float64) * 256).clip(1, 65535))


def write_one(tmp_path, img_path, pred=None):
    evaluator = DepthEvaluator(output_dir=str(tmp_path / 'out'))
    pred = np.full((2, 3), 5, np.float32) if pred is None else pred
    evaluator.process({}, [make_sample(pred, None, img_path).to_dict()])
    return [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob('*.png')]


@pytest.mark.parametrize('img_path, name', [
    ('/data/kitti/raw/2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000005.png',
     '2011_09_26_drive_0001_sync/image_02/data/0000000005.png'),
    ('data/image/test/000003.jpg', 'data/image/test/000003.png'),
    ('a.png', 'a.png'),
    ('/a.png', 'a.png'),
    ('//data/a.png', 'data/a.png'),
    ('../data/a.png', 'data/a.png'),
    ('../../../a.png', 'a.png'),
    (None, '000000.png'),
])
def test_names_keep_the_folders_and_stay_inside(tmp_path, img_path, name):
    assert write_one(tmp_path, img_path) == [f'out/{name}']


def test_png_saturates_and_keeps_0_for_nothing(tmp_path):
    pred = np.array([[0, np.nan, -1, 1e-9, 0.001], [1.0, 255.99, 256.0, 1e6, np.inf]], np.float32)
    write_one(tmp_path, 'a.png', pred)
    units = cv2.imread(str(tmp_path / 'out' / 'a.png'), cv2.IMREAD_UNCHANGED)
    assert units.tolist() == [[0, 0, 0, 1, 1], [256, 65533, 65535, 65535, 0]]


def test_nothing_is_overwritten(tmp_path):
    evaluator = DepthEvaluator(output_dir=str(tmp_path))
    sample = make_sample(np.ones((2, 2), np.float32), None, '/one/a/b/c/d.png').to_dict()
    other = make_sample(np.ones((2, 2), np.float32), None, '/two/a/b/c/d.png').to_dict()
    evaluator.process({}, [sample])
    evaluator.process({}, [sample])  # the next epoch
    with pytest.raises(ValueError, match=r'/two/a/b/c/d.png and /one/a/b/c/d.png would both be written'):
        evaluator.process({}, [other])


def test_without_output_dir_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    evaluate(DepthEvaluator(keep_results=True))
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------------- report
BINS = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=20)


def report_of(folder):
    return json.loads((Path(folder) / 'report.json').read_text())


def test_a_report_has_the_numbers_of_the_evaluation(tmp_path, mmseg_scope):
    metrics = evaluate(many_protocols(report_dir=str(tmp_path), report_title='epoch_1.pth', bins=BINS,
                                      published='kitti_eigen'))
    assert metrics == evaluate(many_protocols(report_dir=str(tmp_path / 'again')))
    assert metrics == pytest.approx(evaluate(many_protocols()), rel=1e-7)  # added up by other bands
    report = report_of(tmp_path)
    for entry in report['protocols']:
        name = entry['name']
        assert entry['model'] == {metric: metrics[f'{name}/{metric}'] for metric in ALL_NAMES}
        assert entry['num_images'] == metrics[f'{name}/num_images'] == 4
    assert report['title'] == 'epoch_1.pth' and 'Table 1' in report['published']['source']
    assert [len(report[side]) for side in ('worst', 'best')] == [2, 2]
    order = sorted((image['protocols']['p']['errors']['abs_rel'], image['name']) for image in report['images']
                   if 'errors' in image['protocols']['p'])
    assert [image['name'] for image in report['best']] == [name for _, name in order[:2]]
    assert [image['name'] for image in report['worst']] == [name for _, name in order[:-3:-1]]
    # Bins applied by hand, and all scored pixels in the confusion.
    floor = [score_map(SIDBins(1.0, 80.0, 20).decode(SIDBins(1.0, 80.0, 20).encode(gt)), gt)
             for _, gt in map(make_maps, range(NUM_IMAGES)) if gt is not None]
    assert report['protocols'][0]['bins_alone']['errors'] == pytest.approx(summarize(floor), rel=1e-9)
    assert report['confusion']['num_pixels'] == report['protocols'][0]['num_pixels'] == sum(
        score.sums[0, 0] for score in floor)


def test_every_epoch_reports_itself(tmp_path, mmseg_scope):
    evaluator = DepthEvaluator(report_dir=str(tmp_path), bins=BINS)
    evaluate(evaluator)
    first = report_of(tmp_path)
    evaluate(evaluator, range(2), 2)
    assert report_of(tmp_path)['num_images'] == 2
    evaluate(evaluator)
    assert report_of(tmp_path) == first


def test_memory_of_a_report_does_not_grow_with_pixels_or_images(tmp_path, mmseg_scope):
    evaluator = many_protocols(report_dir=str(tmp_path), bins=BINS)
    for index in range(12):
        evaluator.process({}, [make_sample(*make_maps(index % 2, (400, 600)), f'{index}.png').to_dict()])
    assert max(len(pickle.dumps(record)) for record in evaluator.results) < 3 * 8000  # three protocols, 240 000 pixels
    assert len(pickle.dumps(evaluator._recorder.tally)) < 7.1 * 400 * 600 * (4 + 4 + 1)  # six images, and the last


def test_a_confusion_of_other_pixels_than_the_scores_says_so(tmp_path, mmseg_scope):
    evaluator = DepthEvaluator(report_dir=str(tmp_path), bins=BINS)
    evaluate(evaluator, [0, 1, 3], 3)
    assert 'images in common' not in (tmp_path / 'report.md').read_text()
    evaluate(evaluator, [0, 1, 3, 0, 1, 3], 3)  # no sampler of MMEngine's repeats more than one image
    report = report_of(tmp_path)
    assert report['num_images'] == 3 and report['confusion']['num_pixels'] > report['protocols'][0]['num_pixels']
    assert 'processes had images in common' in (tmp_path / 'report.md').read_text()


def test_a_report_of_nothing(tmp_path, mmseg_scope):
    evaluator = DepthEvaluator(report_dir=str(tmp_path / 'new' / 'folder'), bins=BINS, published='synthia')
    evaluator.process({}, [make_sample(make_maps(0)[0], None).to_dict()])
    assert math.isnan(evaluator.evaluate(1)['abs_rel'])
    assert '**Nothing was scored**, of 1 image.' in (tmp_path / 'new' / 'folder' / 'report.md').read_text()


def test_images_of_a_crop_are_drawn_as_the_protocol_sees_them(tmp_path):
    view = np.full((352, 1216), 10, np.float32)
    sample = kitti_sample_of(0, pred_depth_view=view)
    sample.set_metainfo(dict(crop_box=(23, 13, 352, 1216), full_shape=(375, 1242)))
    evaluator = DepthEvaluator(['bts'], report_dir=str(tmp_path))
    evaluator.process({}, [sample.to_dict()])
    metrics = evaluator.evaluate(1)
    assert report_of(tmp_path)['worst'][0]['errors']['abs_rel'] == metrics['abs_rel']
    assert cv2.imread(str(tmp_path / 'worst_1.png')).shape[1] == 1242


# ------------------------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize('settings, message', [
    (dict(crop='grag'), "crop must be one of .*got 'grag'"),
    (dict(min_depth=-1.0), r'0 <= min_depth < max_depth, both finite metres, got -1 and 80'),
    (dict(min_depth=90.0), 'got 90 and 80 .*give max_depth too'),
    (dict(min_depth=80.0, max_depth=80.0), 'min_depth < max_depth'),
    (dict(published='kitti'), "no table 'kitti'; there are kitti_eigen, synthia"),
])
def test_settings_without_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        DepthEvaluator(**settings)


def test_another_shape_names_the_image():
    sample = make_sample(np.ones((2, 3), np.float32), np.ones((4, 6), np.float32), 'drive/7.png')
    with pytest.raises(ValueError, match=r'drive/7.png: prediction has shape \(2, 3\), ground truth \(4, 6\)'):
        DepthEvaluator().process({}, [sample.to_dict()])


# --------------------------------------------------------------------------------------------------- several processes
def _evaluate_as_rank(rank, folder, world_size):
    """One of several ranks: MMEngine's own sampler pads the five images, so that some are seen twice."""
    from mmengine.dataset import DefaultSampler
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=world_size)
    indices = list(DefaultSampler(range(NUM_IMAGES), shuffle=False))
    metrics = evaluate(many_protocols(output_dir=f'{folder}/out', report_dir=f'{folder}/report', collect_device='cpu',
                                      bins=SIDBins(1.0, 80.0, 20)), indices, batch=1)
    torch.save((indices, metrics), f'{folder}/rank{rank}.pt')
    torch.distributed.destroy_process_group()


def many_protocols(**kwargs):
    return DepthEvaluator([dict(name='p'), dict(name='pooled', mean='pixel'), dict(name='half', region=(0.5, 1, 0, 1))],
                          bands=usual_bands(), **kwargs)


@pytest.mark.timeout(120)
@pytest.mark.parametrize('world_size', [2, pytest.param(3, marks=pytest.mark.long)])
def test_several_processes_give_exactly_what_one_gives(tmp_path, monkeypatch, world_size):
    monkeypatch.chdir(tmp_path)  # MMEngine collects through files below the working directory
    torch.multiprocessing.start_processes(
        _evaluate_as_rank, (str(tmp_path), world_size), nprocs=world_size, start_method='forkserver')
    ranks = [torch.load(tmp_path / f'rank{rank}.pt') for rank in range(world_size)]
    assert sorted(index for indices, _ in ranks for index in indices) == [0, *([0] * (6 - NUM_IMAGES)), 1, 2, 3, 4]
    expected = evaluate(many_protocols(report_dir=str(tmp_path / 'alone'), bins=SIDBins(1.0, 80.0, 20)))
    assert all(metrics == expected for _, metrics in ranks)
    assert expected['num_images'] == 4
    assert len(list(Path(tmp_path / 'out').rglob('*.png'))) == NUM_IMAGES
    # Whatever is in the report, pictures too: image 0 was seen twice and counts once.
    files = {path.name: path.read_bytes() for path in (tmp_path / 'alone').iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / 'report').iterdir()} == files
    assert files.keys() > {'report.md', 'report.json', 'confusion.png', 'worst_1.png', 'best_2.png'}


def test_a_model_that_predicts_no_depth_is_told_how_to():
    sample = dict(pred_sem_seg=dict(data=torch.zeros(1, 2, 3)), gt_depth_map=dict(data=torch.ones(1, 2, 3)))
    with pytest.raises(ValueError, match="no depth: its samples hold gt_depth_map, pred_sem_seg.*DepthClassifier"):
        DepthEvaluator().process({}, [sample])
