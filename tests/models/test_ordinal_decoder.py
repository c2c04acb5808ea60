import pytest
import torch
from mmseg.registry import MODELS

from mmdepthcls.models import OrdinalDecoder

CENTERS = torch.tensor([2.0, 5.0, 11.0, 30.0])


def test_counts_the_questions_answered_with_yes():
    questions = torch.tensor([[-1.0, -1, -1, -1], [3, -1, -1, -1], [3, 2, -1, -1], [3, 2, 1, -1], [3, 2, 1, 1],
                              [0, 0, 0, 0], [-1, 2, -1, 1]])
    logits = questions.T.reshape(1, 4, 1, 7)
    depth = OrdinalDecoder()(logits, CENTERS)
    assert depth.shape == (1, 1, 1, 7) and depth.dtype == torch.float32
    assert depth.flatten().tolist() == [2, 5, 11, 30, 30, 2, 11]


def test_takes_centers_of_each_image():
    logits = torch.tensor([1.0, -1, -1, -1]).view(1, 4, 1, 1).repeat(2, 1, 2, 3)
    centers = torch.stack([CENTERS, CENTERS * 2]).view(2, 4, 1, 1)
    depth = OrdinalDecoder()(logits, centers)
    assert (depth[0] == 5).all() and (depth[1] == 10).all()


def test_what_averages_softmax_probabilities_is_refused(build_model, small_model_cfg):
    """Before anything is predicted, so that no temperature hides it."""
    decoder = dict(type='OrdinalDecoder')
    with pytest.raises(ValueError, match="'slide' averages .* OrdinalDecoder cannot read depth. Set mode='whole'"):
        build_model(decoder=decoder, test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16)))
    with pytest.raises(ValueError, match='OrdinalDecoder cannot read depth. Test without --tta'):
        MODELS.build(dict(type='DepthTTAModel', module=small_model_cfg(decoder=decoder)))
    assert type(build_model(decoder=decoder).decoder) is OrdinalDecoder
