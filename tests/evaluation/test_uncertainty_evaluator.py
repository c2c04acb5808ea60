import math

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmdepthcls.bins import SIDBins
from mmdepthcls.evaluation.uncertainty_evaluator import TemperatureFit, UncertaintyEvaluator, measured_pixels
from mmdepthcls.evaluation.uncertainty_metrics import UNCERTAINTY_NAMES

BINS = SIDBins(1.0, 80.0, 12)
SIZE = (30, 50)


def make_sample(seed, temperature=1.0, valid=0.6, box=None):
    """A sample whose truth is drawn from softmax(logits / temperature), after a crop of the frame if ``box``."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2.5, (12, *SIZE))
    p = np.exp(logits / temperature)
    labels = (p.cumsum(0) / p.sum(0) < rng.random(SIZE)).sum(0)
    gt = BINS.edges[labels] * (BINS.edges[labels + 1] / BINS.edges[labels])**rng.random(SIZE)
    gt[rng.random(SIZE) >= valid] = 0
    said = np.exp(logits)
    pred = np.tensordot(BINS.centers, said / said.sum(0), 1)
    sample = SegDataSample(metainfo=dict(img_path=f'{seed}.png'))
    if box is not None:
        full = (40, 70)
        frame = rng.uniform(2, 70, full), np.zeros(full)
        for whole, part in zip(frame, (gt, pred), strict=True):
            whole[box[0]:box[0] + box[2], box[1]:box[1] + box[3]] = part
        gt, pred = frame
        sample.set_metainfo(dict(crop_box=box, full_shape=full))
    for name, values in (('gt_depth_map', gt[None]), ('pred_depth_map', pred[None]), ('seg_logits', logits)):
        sample.set_data({name: PixelData(data=torch.tensor(values, dtype=torch.float32))})
    return sample


def evaluate(metric, samples):
    wrapped = Evaluator(metric)
    wrapped.process(samples, {})
    return wrapped.evaluate(len(samples))


def test_a_calibrated_model():
    metrics = evaluate(UncertaintyEvaluator(BINS), [make_sample(seed) for seed in range(6)])
    assert set(UNCERTAINTY_NAMES) < set(metrics) and metrics['uncertainty_images'] == 6
    assert metrics['coverage'] == pytest.approx(0.9, abs=0.02) and metrics['ece'] < 0.03
    assert metrics['ause'] > 0 and metrics['aurg'] > 0 and metrics['interval_width'] > 0


def test_likelihood_equals_torchs_cross_entropy():
    sample = make_sample(0)
    labels = BINS.encode(sample.gt_depth_map.data, 255)
    expected = torch.nn.functional.cross_entropy(sample.seg_logits.data[None], labels, ignore_index=255)
    assert evaluate(UncertaintyEvaluator(BINS), [sample])['nll'] == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize('measure', ['std', 'entropy', 'confidence', 'interval'])
@pytest.mark.parametrize('relative', [True, False])
def test_every_measure_sorts(measure, relative):
    metrics = evaluate(UncertaintyEvaluator(BINS, measure=measure, relative=relative), [make_sample(0)])
    assert metrics['ause'] > 0 and math.isfinite(metrics['aurg'])


def test_a_crop_of_the_frame_is_scored_where_it_is():
    plain, cropped = make_sample(3), make_sample(3, box=(4, 10, *SIZE))
    a, b = (measured_pixels(sample.to_dict(), BINS) for sample in (plain, cropped))
    for name in ('logits', 'labels', 'gt', 'pred'):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    shares = (4 / 40, 34 / 40, 10 / 70, 1.0)  # of the frame: nothing but the crop's left part and beyond
    assert len(measured_pixels(cropped.to_dict(), BINS, shares).gt) == len(a.gt)
    assert 0 < len(measured_pixels(cropped.to_dict(), BINS, (0.5, 1.0, 0.0, 0.5)).gt) < len(a.gt)


def test_images_without_measurement_do_not_count():
    none, without = make_sample(1, valid=0.0), make_sample(2)
    del without.gt_depth_map
    metrics = evaluate(UncertaintyEvaluator(BINS), [make_sample(0), none, without])
    assert metrics['uncertainty_images'] == 1
    assert metrics['nll'] == evaluate(UncertaintyEvaluator(BINS), [make_sample(0)])['nll']
    assert math.isnan(evaluate(UncertaintyEvaluator(BINS), [none])['nll'])


def test_what_is_missing_or_does_not_fit_is_named():
    sample = make_sample(0)
    with pytest.raises(ValueError, match='0.png: logits of shape .*12.* expected .*13'):
        evaluate(UncertaintyEvaluator(SIDBins(1.0, 80.0, 13)), [sample])
    del sample.seg_logits
    with pytest.raises(ValueError, match="0.png: the model gives no logits.*outputs=.'logits'"):
        evaluate(UncertaintyEvaluator(BINS), [sample])
    with pytest.raises(ValueError, match="measure must be one of .*'variance'"):
        UncertaintyEvaluator(BINS, measure='variance')


def test_the_temperature_of_the_data_is_found_and_calibrates():
    samples = [make_sample(seed, temperature=2.0) for seed in range(8)]
    metrics = evaluate(TemperatureFit(BINS), samples)
    assert metrics['temperature'] == pytest.approx(2.0, rel=0.05) and metrics['num_pixels'] > 6000
    assert metrics['nll_after'] < metrics['nll'] and metrics['ece_after'] < 0.03 < metrics['ece']


def test_pixels_are_chosen_by_the_images_name_alone():
    samples = [make_sample(seed, temperature=2.0) for seed in range(3)]
    metrics = [evaluate(TemperatureFit(BINS, num_pixels=50), order) for order in (samples, samples[::-1])]
    assert metrics[0]['num_pixels'] == metrics[1]['num_pixels'] == 150
    assert metrics[0]['temperature'] == pytest.approx(metrics[1]['temperature'], rel=1e-9)


def test_a_temperature_needs_a_measured_pixel():
    without = make_sample(2)
    del without.gt_depth_map
    with pytest.raises(ValueError, match='no pixel to fit'):
        evaluate(TemperatureFit(BINS), [without])
