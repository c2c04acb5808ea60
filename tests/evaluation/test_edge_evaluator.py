import numpy as np
import pytest
import torch
from mmseg.registry import METRICS

from mmdepthcls.evaluation.edges import count_edges, summarize_edges


def sample(pred, gt):
    return {name: dict(data=torch.as_tensor(values)[None]) for name, values in (
        ('pred_depth_map', pred), ('gt_depth_map', gt))} | dict(img_path='a.png')


def test_is_the_summary_of_all_images():
    rng = np.random.default_rng(0)
    maps = [rng.choice([3.0, 4.0, 9.0, 40.0], (2, 6, 8)).astype(np.float32) for _ in range(3)]
    metric = METRICS.build(dict(type='EdgeEvaluator', radius=1))
    metric.process({}, [sample(*maps[0]), sample(*maps[1])])
    metric.process({}, [sample(*maps[2])])
    assert metric.evaluate(3) == summarize_edges([count_edges(*pair, radius=1) for pair in maps])


def test_names_the_image_whose_prediction_does_not_fit():
    metric = METRICS.build(dict(type='EdgeEvaluator'))
    with pytest.raises(ValueError, match='a.png: prediction has shape'):
        metric.process({}, [sample(np.ones((2, 3), np.float32), np.ones((3, 3), np.float32))])


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match='expected ratio > 1'):
        METRICS.build(dict(type='EdgeEvaluator', ratio=1.0))


def without_truth(pred):
    return {key: value for key, value in sample(pred, pred).items() if key != 'gt_depth_map'}


def test_a_frame_without_ground_truth_leaves_a_record_and_does_not_count():
    rng = np.random.default_rng(0)
    pred, gt = rng.choice([3.0, 4.0, 9.0, 40.0], (2, 6, 8)).astype(np.float32)
    metric = METRICS.build(dict(type='EdgeEvaluator', radius=1))
    metric.process({}, [without_truth(pred), sample(pred, gt), sample(pred, np.zeros_like(gt))])
    assert len(metric.results) == 3
    assert metric.evaluate(3) == summarize_edges([count_edges(pred, gt, radius=1)])


def test_no_ground_truth_at_all():
    metric = METRICS.build(dict(type='EdgeEvaluator'))
    metric.process({}, [without_truth(np.ones((2, 3), np.float32))])
    metrics = metric.evaluate(1)
    assert metrics and all(np.isnan(value) for value in metrics.values())


def _as_rank(rank, folder, world_size):
    from mmengine.dataset import DefaultSampler

    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=world_size)
    torch.save(evaluate_some(DefaultSampler(range(5), shuffle=False)), f'{folder}/{rank}.pt')
    torch.distributed.destroy_process_group()


def evaluate_some(indices):
    """Of five images the first, which samplers repeat, and the fourth have no ground truth."""
    metric = METRICS.build(dict(type='EdgeEvaluator', radius=1))
    for index in indices:
        pred, gt = np.random.default_rng(index).choice([3.0, 4.0, 9.0, 40.0], (2, 6, 8)).astype(np.float32)
        metric.process({}, [without_truth(pred) if index in (0, 3) else sample(pred, gt)])
    return metric.evaluate(5)


@pytest.mark.timeout(120)
@pytest.mark.parametrize('world_size', [2, 3])
def test_several_processes_give_what_one_gives(tmp_path, monkeypatch, world_size):
    monkeypatch.chdir(tmp_path)  # MMEngine collects through files below the working directory
    torch.multiprocessing.start_processes(
        _as_rank, (str(tmp_path), world_size), nprocs=world_size, start_method='forkserver')
    assert [torch.load(tmp_path / f'{rank}.pt') for rank in range(world_size)] == [evaluate_some(range(5))] * world_size


def test_depths_beyond_the_models_bins_do_not_count_unless_the_config_says_so():
    pred = np.float32([[2, 2, 9, 9, 30, 30]])
    of_model = dict(sample(pred, pred), depth_range=(0.5, 10.0))
    for settings, cap in (({}, 10.0), (dict(max_depth=80.0), 80.0)):
        metric = METRICS.build(dict(type='EdgeEvaluator', **settings))
        metric.process({}, [of_model])
        assert metric.results == [count_edges(pred, pred, max_depth=cap)]
