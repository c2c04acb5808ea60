"""The ways in which a model's logits can be read: as if the model had been configured so, and afterwards as before."""
import numpy as np
import pytest
import torch

from mmdepthcls.apis.allow_list import CLASSES
from mmdepthcls.commands.app.logit_reading import OF_SOFTMAX, LogitReading
from mmdepthcls.models import DenseCRF, ExpectationDecoder, QuantileDecoder


def test_the_models_own_way_is_the_first_and_stands_once(build_model):
    reading = LogitReading(build_model(decoder=dict(type='QuantileDecoder')))
    assert list(reading.decoders) == ["Median (the model's own)", *(each for each in OF_SOFTMAX if each != 'Median')]
    other = LogitReading(build_model(decoder=dict(type='QuantileDecoder', level=0.3)))
    assert list(other.decoders) == ["QuantileDecoder (the model's own)", *OF_SOFTMAX]
    assert reading.has_crf and not reading.own_crf


def test_every_decoder_of_a_softmax_is_offered():
    offered = {type(each).__name__ for each in OF_SOFTMAX.values()}
    assert offered == CLASSES['decoder'].keys() - {'OrdinalDecoder', 'RegressionDecoder'}


def test_logits_of_no_softmax_are_read_in_one_way(build_model):
    reading = LogitReading(build_model(decoder=dict(type='OrdinalDecoder')))
    assert list(reading.decoders) == ["OrdinalDecoder (the model's own)"]
    assert not reading.has_crf


@pytest.mark.parametrize('label', OF_SOFTMAX)
def test_a_chosen_decoder_is_as_if_it_had_been_configured(build_model, make_batch, label):
    model = build_model(decoder=dict(type='QuantileDecoder', level=0.3)).eval()
    configured = build_model(decoder=dict(type=type(OF_SOFTMAX[label]).__name__, **{
        key: getattr(OF_SOFTMAX[label], key) for key in ('space', ) if hasattr(OF_SOFTMAX[label], key)})).eval()
    configured.load_state_dict(model.state_dict())
    plain = depth_of(model, make_batch())
    with LogitReading(model).chosen(label, False):
        chosen = depth_of(model, make_batch())
    np.testing.assert_array_equal(chosen, depth_of(configured, make_batch()))
    assert not np.array_equal(chosen, plain)
    np.testing.assert_array_equal(depth_of(model, make_batch()), plain)


def test_a_crf_is_as_if_it_had_been_configured(build_model, make_batch):
    model = build_model(test_cfg=dict(mode='whole', decode_at='logits')).eval()
    configured = build_model(test_cfg=dict(mode='whole', decode_at='input'), crf=dict(type='DenseCRF')).eval()
    configured.load_state_dict(model.state_dict())
    reading = LogitReading(model)
    with reading.chosen(next(iter(reading.decoders)), True):
        sharpened = depth_of(model, make_batch(num=1))
    np.testing.assert_array_equal(sharpened, depth_of(configured, make_batch(num=1)))
    assert model.crf is None and model.test_cfg['decode_at'] == 'logits'


def test_a_models_own_crf_is_left_out_where_it_is_not_wanted(build_model, make_batch):
    model = build_model(crf=dict(type='DenseCRF', iterations=2)).eval()
    own = model.crf
    reading = LogitReading(model)
    assert reading.own_crf
    label = next(iter(reading.decoders))
    with reading.chosen(label, False):
        assert model.crf is None
    with reading.chosen(label, True):
        assert model.crf is own
    assert model.crf is own


def test_it_is_as_before_after_an_error(build_model):
    model = build_model()
    before = model.decoder
    with pytest.raises(ZeroDivisionError), LogitReading(model).chosen('Median', True):
        assert isinstance(model.decoder, QuantileDecoder) and isinstance(model.crf, DenseCRF)
        1 / 0  # noqa: B018
    assert model.decoder is before and isinstance(before, ExpectationDecoder) and model.crf is None


@torch.no_grad()
def depth_of(model, batch):
    return np.stack([sample.pred_depth_map.data.numpy() for sample in model.test_step(batch)])
