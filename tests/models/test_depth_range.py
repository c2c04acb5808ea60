"""What follows from a model's bins, from its predictions to scores and pictures, as MMEngine's runner drives them."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmseg.registry import METRICS, MODELS

from mmdepthcls.visualization.depth_visualizer import DepthVisualizer
from mmdepthcls.visualization.figures import depth_figure

CONFIGS = Path(__file__).parents[2] / 'configs'
INDOOR = dict(type='SIDBins', min_depth=0.5, max_depth=10.0, num_bins=8)


@pytest.mark.parametrize('decoder', [None, 'RegressionDecoder'])
def test_predictions_carry_the_range_of_the_bins(build_model, make_batch, small_model_cfg, decoder):
    changes = dict(bins=INDOOR)
    if decoder:
        changes |= dict(decoder=dict(type=decoder), decode_head=dict(
            small_model_cfg()['decode_head'], loss_decode=dict(type='RegressionSILogLoss')))
    model = build_model(**changes).eval()
    result = model.test_step(make_batch(1))[0]
    assert result.depth_range == (0.5, 10.0) == result.to_dict()['depth_range']


def test_pictures_of_a_model_are_colored_over_its_bins(build_model, make_batch, tmp_path):
    batch = make_batch(1)
    image = np.ascontiguousarray(batch['inputs'][0].numpy().transpose(1, 2, 0))
    with torch.no_grad():
        sample = build_model(bins=INDOOR).eval().test_step(batch)[0]
    maps = [sample.gt_depth_map.data[0].numpy(), sample.pred_depth_map.data[0].numpy()]
    for settings, ends in (({}, (0.5, 10.0)), (dict(max_depth=5.0), (0.5, 5.0)),
                           (dict(min_depth=1.0, max_depth=80.0), (1.0, 80.0))):
        visualizer = DepthVisualizer(name=str(settings), **settings)
        visualizer.add_datasample('x', image, sample, out_file=tmp_path / 'x.png')
        np.testing.assert_array_equal(
            visualizer.get_image(), depth_figure(image, *maps, min_depth=ends[0], max_depth=ends[1]))


def test_a_logarithmic_scale_of_bins_from_zero(build_model, make_batch, tmp_path):
    batch = make_batch(1)
    image = np.ascontiguousarray(batch['inputs'][0].numpy().transpose(1, 2, 0))
    sample = build_model(bins=dict(type='UDBins', min_depth=0.0, max_depth=80.0, num_bins=8)).eval().test_step(batch)[0]
    visualizer = DepthVisualizer(name='log of zero', scale='log')
    visualizer.add_datasample('x', image, sample, out_file=tmp_path / 'x.png')
    assert visualizer.colors.min_depth == 0.8


def run_test(minidrive, folder, name, **options):
    cfg = Config.fromfile(CONFIGS / 'deeplabv2_r18_minidrive_sid71_crf.py')
    cfg.model.crf = None
    cfg.test_dataloader.update(num_workers=0, persistent_workers=False)
    cfg.test_dataloader.dataset.data_root = minidrive
    cfg.work_dir, cfg.experiment_name = str(folder), name
    cfg.merge_from_dict(options)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    torch.nn.init.normal_(model.decode_head.aspp[0].conv.weight, std=0.3)
    torch.save(dict(state_dict=model.state_dict(), meta={}), folder / f'{name}.pth')
    cfg.load_from = str(folder / f'{name}.pth')
    return Runner.from_cfg(cfg).test()


def test_a_shipped_config_scores_as_ever(minidrive, tmp_path, mmseg_scope):
    """Bins to 80 m: the cap that it had before it was taken from them."""
    metrics = run_test(minidrive, tmp_path, 'shipped')
    written_out = run_test(minidrive, tmp_path, 'explicit', test_evaluator=[
        dict(type='DepthEvaluator', min_depth=1e-3, max_depth=80.0), dict(type='EdgeEvaluator', max_depth=80.0)])
    assert metrics == pytest.approx(written_out, rel=0, nan_ok=True) and metrics['num_images'] == 3


def test_other_bins_move_the_cap_of_a_shipped_config(minidrive, tmp_path, mmseg_scope):
    bins = {'model.bins.max_depth': 10.0}
    metrics = run_test(minidrive, tmp_path, 'near', **bins)
    written_out = run_test(minidrive, tmp_path, 'near_explicit', **bins, test_evaluator=[
        dict(type='DepthEvaluator', max_depth=10.0), dict(type='EdgeEvaluator', max_depth=10.0)])
    assert metrics == pytest.approx(written_out, rel=0, nan_ok=True)
    assert metrics['rmse'] < 10


@pytest.mark.parametrize('truth', ['none', 'zero', 'some without'])
@pytest.mark.parametrize('evaluator', [
    dict(type='DepthEvaluator', bands=(0, 10, 20)), dict(type='EdgeEvaluator'),
    dict(type='UncertaintyEvaluator', bins=INDOOR), dict(type='TemperatureFit', bins=INDOOR)],
    ids=lambda cfg: cfg['type'])
def test_every_evaluator_takes_frames_without_ground_truth(build_model, make_batch, evaluator, truth):
    model = build_model(bins=INDOOR, test_cfg=dict(mode='whole', outputs=('logits', ))).eval()
    batch = make_batch(3)
    for sample in batch['data_samples'][:1] if truth == 'some without' else batch['data_samples']:
        if truth == 'zero':
            sample.gt_depth_map.data.zero_()
        else:
            del sample.gt_depth_map
    metric = METRICS.build(evaluator)
    with torch.no_grad():
        metric.process({}, [sample.to_dict() for sample in model.test_step(batch)])
    assert len(metric.results) == 3  # distributed evaluation counts records
    if truth != 'some without' and evaluator['type'] == 'TemperatureFit':
        with pytest.raises(ValueError, match='no pixel to fit a temperature to: no ground truth lies in the bins'):
            metric.evaluate(3)
        return
    metrics = metric.evaluate(3)
    values = [value for name, value in metrics.items() if isinstance(value, float)]
    assert values and all(np.isnan(values)) == (truth != 'some without')
