"""The evaluator as MMEngine drives it: in one process, in two, and with the keys that MMSeg's tools set."""
import math
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.evaluator.metric import _to_cpu
from mmengine.structures import PixelData
from mmseg.registry import METRICS
from mmseg.structures import SegDataSample

from mmdepthcls.evaluation.depth_evaluator import DepthEvaluator
from mmdepthcls.evaluation.errors import ERROR_NAMES, ImageScore, score_image

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


@pytest.mark.parametrize('settings', [dict(), dict(crop='garg'), dict(min_depth=2.0, max_depth=50.0)], ids=str)
def test_mean_over_images_with_ground_truth(settings):
    scores = [score_image(*make_maps(index), **settings) for index in range(NUM_IMAGES) if index != WITHOUT_GT]
    metrics = evaluate(DepthEvaluator(**settings))
    assert len(scores) == 4 and metrics['num_images'] == 4 and metrics['bad_predictions'] == 0
    for name in ERROR_NAMES:
        assert metrics[name] == pytest.approx(np.mean([score.errors[name] for score in scores]), rel=1e-14)
    pooled = np.average([score.errors['abs_rel'] for score in scores], weights=[score.num_valid for score in scores])
    assert metrics['abs_rel'] != pytest.approx(pooled, rel=1e-6)


def test_one_small_record_an_image():
    evaluator = DepthEvaluator()
    evaluator.process({}, [dataset_sample(index).to_dict() for index in range(NUM_IMAGES)])
    assert len(evaluator.results) == NUM_IMAGES
    assert evaluator.results[WITHOUT_GT] == ImageScore(None, 0, 0)
    assert all(type(record) is ImageScore for record in evaluator.results)
    assert max(len(pickle.dumps(record)) for record in evaluator.results) < 500  # no pixels are kept
    assert _to_cpu(evaluator.results) == evaluator.results
    assert pickle.loads(pickle.dumps(evaluator.results, protocol=2)) == evaluator.results
    first = evaluator.evaluate(NUM_IMAGES)
    assert evaluator.results == []  # the next epoch begins anew
    assert evaluate(evaluator) == first


def test_a_map_without_valid_pixels_counts_as_no_ground_truth():
    evaluator = Evaluator(DepthEvaluator())
    pred, gt = make_maps(0)
    evaluator.process([make_sample(pred, gt), make_sample(pred, np.zeros_like(gt))], dict())
    metrics = evaluator.evaluate(2)
    assert metrics['num_images'] == 1
    assert metrics['abs_rel'] == score_image(pred, gt).errors['abs_rel']


def test_no_ground_truth_at_all():
    evaluator = Evaluator(DepthEvaluator())
    evaluator.process([make_sample(make_maps(0)[0], None)], dict())
    metrics = evaluator.evaluate(1)
    assert (metrics.pop('num_images'), metrics.pop('bad_predictions')) == (0, 0)
    # Not missing, or save_best would end the run with a KeyError; and never better than anything.
    assert metrics.keys() == set(ERROR_NAMES) and all(math.isnan(value) for value in metrics.values())


def test_bad_predictions_are_reported():
    pred, gt = make_maps(0)
    measured = np.argwhere((gt > 1) & (gt < 80))[:4]
    pred[tuple(measured.T)] = [np.nan, np.inf, 0, -1]
    evaluator = Evaluator(DepthEvaluator())
    evaluator.process([make_sample(pred, gt)], dict())
    metrics = evaluator.evaluate(1)
    assert metrics['bad_predictions'] == 4
    assert all(np.isfinite(metrics[name]) for name in ERROR_NAMES)


def test_half_precision_predictions():
    pred, gt = make_maps(0)
    sample = make_sample(pred, gt)
    sample.pred_depth_map = PixelData(data=torch.from_numpy(pred)[None].bfloat16())
    evaluator = Evaluator(DepthEvaluator())
    evaluator.process([sample], dict())
    rounded = torch.from_numpy(pred).bfloat16().float().numpy()
    assert evaluator.evaluate(1)['rmse'] == score_image(rounded, gt).errors['rmse']


def test_prefix():
    metrics = evaluate(DepthEvaluator(prefix='kitti'))
    assert set(metrics) == {f'kitti/{name}' for name in (*ERROR_NAMES, 'num_images', 'bad_predictions')}
    assert {f'kitti/{name}': value for name, value in evaluate(DepthEvaluator()).items()} == metrics


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
    assert units.tolist() == [[0, 0, 0, 1, 1], [256, 65533, 65535, 65535, 65535]]


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


# ------------------------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize('settings, message', [
    (dict(crop='grag'), "crop must be one of .*got 'grag'"),
    (dict(min_depth=0.0), r'0 < min_depth < max_depth, got 0\.0'),
    (dict(min_depth=80.0, max_depth=80.0), 'min_depth < max_depth'),
])
def test_settings_without_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        DepthEvaluator(**settings)


def test_another_shape_names_the_image():
    sample = make_sample(np.ones((2, 3), np.float32), np.ones((4, 6), np.float32), 'drive/7.png')
    with pytest.raises(ValueError, match=r'drive/7.png: prediction has shape \(2, 3\), ground truth \(4, 6\)'):
        DepthEvaluator().process({}, [sample.to_dict()])


# ------------------------------------------------------------------------------------------------------- two processes
def _evaluate_as_rank(rank, folder):
    """One of two ranks: MMEngine's own sampler pads the five images to six, so that one image is seen twice."""
    from mmengine.dataset import DefaultSampler
    torch.set_num_threads(1)
    torch.distributed.init_process_group('gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2)
    indices = list(DefaultSampler(range(NUM_IMAGES), shuffle=False))
    metrics = evaluate(DepthEvaluator(output_dir=f'{folder}/out', collect_device='cpu'), indices, batch=1)
    torch.save((indices, metrics), f'{folder}/rank{rank}.pt')
    torch.distributed.destroy_process_group()


@pytest.mark.timeout(120)
def test_two_processes_give_exactly_what_one_gives(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # MMEngine collects through files below the working directory
    torch.multiprocessing.spawn(_evaluate_as_rank, (str(tmp_path), ), nprocs=2)
    (first, metrics), (second, same) = (torch.load(tmp_path / f'rank{rank}.pt') for rank in (0, 1))
    assert len(first) == len(second) == 3 and sorted(first + second) == [0, 0, 1, 2, 3, 4]
    assert metrics == same == evaluate(DepthEvaluator())
    assert metrics['num_images'] == 4
    assert len(list(Path(tmp_path / 'out').rglob('*.png'))) == NUM_IMAGES
