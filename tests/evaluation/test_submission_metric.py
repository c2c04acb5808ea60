"""The submission as MMEngine's runner writes it."""
import zipfile

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import PixelData
from mmseg.registry import METRICS
from mmseg.structures import SegDataSample

from mmdepthcls.evaluation.files import submission
from mmdepthcls.evaluation.submission_metric import KITTISubmission


def sample_of(name, depth=7.0, shape=(352, 1216)):
    sample = SegDataSample(metainfo=dict(img_path=f'data/test_depth_prediction_anonymous/image/{name}'))
    sample.pred_depth_map = PixelData(data=torch.full((1, *shape), depth))
    return sample


@pytest.fixture
def three_images(monkeypatch):
    """A benchmark of three images: writing 500 is tested with the writer."""
    monkeypatch.setattr(submission, 'FILES', submission.FILES[:3])
    monkeypatch.setattr(submission, 'NUM_IMAGES', 3)


def test_all_images_make_a_zip(tmp_path, mmseg_scope, three_images):
    metric = METRICS.build(dict(type='KITTISubmission', output_dir=str(tmp_path)))
    assert type(metric) is KITTISubmission
    evaluator = Evaluator(metric)
    for index, name in enumerate(submission.FILES):
        evaluator.process([sample_of(name, 5.0 + index)], dict())
    assert evaluator.evaluate(3) == dict(num_images=3)
    predictions = {name: np.full((352, 1216), 5.0 + index) for index, name in enumerate(submission.FILES)}
    submission.check_submission(tmp_path / 'submission.zip', predictions)
    assert zipfile.ZipFile(tmp_path / 'submission.zip').namelist() == list(submission.FILES)


def test_what_is_no_submission_is_refused(tmp_path, three_images):
    metric = KITTISubmission(str(tmp_path))
    metric.process({}, [sample_of('0000000000.png').to_dict()])
    with pytest.raises(ValueError, match='a submission is 3 images, got 1; missing are 0000000001.png'):
        metric.evaluate(1)
    with pytest.raises(ValueError, match='0000000001.png'):
        metric.process({}, [sample_of('0000000001.png', shape=(375, 1242)).to_dict()])
    with pytest.raises(ValueError, match='0000000002.png'):
        metric.process({}, [sample_of('0000000002.png', float('nan')).to_dict()])
    assert not (tmp_path / 'submission.zip').exists()
