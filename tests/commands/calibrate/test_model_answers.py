"""What is asked of a model before it is calibrated."""
import json
from pathlib import Path

import pytest
from mmengine.config import ConfigDict
from mmseg.registry import MODELS

from mmdepthcls.apis import DepthInferencer, ModelDescription
from mmdepthcls.apis.model_file import write_model_file
from mmdepthcls.apis.pinned_classes import host_scope
from mmdepthcls.commands.calibrate.measured_data import MeasuredData, MeasuredPicture, data_of_folder
from mmdepthcls.commands.calibrate.model_answers import ModelAnswers
from mmdepthcls.commands.calibrate.model_calibration import check_points
from mmdepthcls.commands.calibrate.point_list import MeasuredPoint

MODEL = dict(
    type='DepthClassifier', bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=8),
    canonical_focal_px=100.0, data_preprocessor=dict(type='DepthDataPreProcessor', size=(64, 128)),
    decoder=dict(type='ExpectationDecoder'),
    backbone=dict(type='ResNet', depth=18, base_channels=8, norm_cfg=dict(type='BN')),
    decode_head=dict(type='FCNHead', in_channels=64, in_index=3, channels=8, num_convs=1, norm_cfg=dict(type='BN')))


def test_a_canonical_model_takes_the_focal_lengths_of_a_data_set(minidrive, tmp_path):
    with host_scope():
        model = MODELS.build(ConfigDict(MODEL))
    write_model_file(tmp_path / 'm.safetensors', model.eval(), ModelDescription(MODEL, [], focal_px=100.0))
    answers = ModelAnswers(DepthInferencer(tmp_path / 'm.safetensors', device='cpu'))
    picture = data_of_folder(minidrive, 'val').pictures[0]
    focal = json.loads(Path(minidrive, 'minidrive.json').read_text())['focal_px']
    assert picture.focal_px == answers.prepare(picture).camera.focal_px == focal
    measured, = answers.measure(MeasuredData('x', [picture], labelled=True))
    assert measured.correction == pytest.approx(focal / 100)
    with pytest.raises(ValueError, match='focal length of its camera is not known.*--focal-px'):
        answers.prepare(MeasuredPicture(picture.path))


def test_few_points_are_refused_before_anything_is_predicted():
    points = [MeasuredPoint(1.0, 1.0, 5.0, f'line {line}') for line in range(4)]
    with pytest.raises(ValueError, match='4 points are too few'):
        check_points(MeasuredData('x', [MeasuredPicture('x.png', points)]))
    check_points(MeasuredData('x', [MeasuredPicture('x.png', points)], labelled=True))
