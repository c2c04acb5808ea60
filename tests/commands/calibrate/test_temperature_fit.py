"""The temperature: found again where labels are drawn from it, and left alone where there is too little."""
import numpy as np
import pytest

from mmdepthcls.bins import SIDBins
from mmdepthcls.commands.calibrate.measured_image import MeasuredImage
from mmdepthcls.commands.calibrate.temperature_fit import gain_of_temperature

BINS = SIDBins(1.0, 80.0, 8)


def groups(number, temperature, scale=1.0, pixels=400):
    """Images whose depth is drawn from their logits, divided by a temperature, times a scale and a correction."""
    generator, found = np.random.default_rng(0), []
    for index in range(number):
        logits = generator.normal(0, 3, (pixels, 8))
        weights = np.exp(logits / temperature)
        labels = (np.cumsum(weights / weights.sum(1, keepdims=True), axis=1) < generator.random((pixels, 1))).sum(1)
        gt = BINS.centers[labels.clip(max=7)] * scale * 1.1
        found.append([MeasuredImage(f'{index}.png', str(index), gt, gt, np.zeros((2, pixels)), 1.1,
                                    logits.astype(np.float32), gt)])
    return found


@pytest.mark.parametrize('temperature', [0.5, 2.5])
def test_it_is_found_again_whatever_the_scale(temperature):
    gain = gain_of_temperature(groups(12, temperature, scale=3.0), BINS, 3.0)
    assert gain.factor == pytest.approx(temperature, rel=0.1) and gain.after < gain.before and not gain.reason
    wrong = gain_of_temperature(groups(12, temperature, scale=3.0), BINS, 1.0)
    assert wrong.factor == 1 or wrong.after > gain.after  # labels of another camera's metres


def test_where_it_stays():
    few = gain_of_temperature(groups(9, 2.0), BINS, 1.0)
    assert few.factor == 1 and '9 groups of images with 3600 pixels are not enough' in few.reason
    assert 'not enough' in gain_of_temperature(groups(12, 2.0, pixels=50), BINS, 1.0).reason
    knowing = groups(12, 1.0)
    for group in knowing:  # never wrong
        group[0].logits[:] = np.eye(8)[BINS.encode(group[0].logits_gt / 1.1)] * 9
    assert 'none is the best' in gain_of_temperature(knowing, BINS, 1.0).reason
    fits = gain_of_temperature(groups(12, 1.0), BINS, 1.0)
    assert fits.factor == pytest.approx(1, abs=0.1)
