import pytest

from mmdepthcls.models.counterparts import default_decoder
from mmdepthcls.models.head_config import fit_heads

pytestmark = pytest.mark.usefixtures('mmseg_scope')


def test_gives_num_classes_to_all_heads_and_logs_what_it_overrides(monkeypatch):
    logged = []
    monkeypatch.setattr('mmdepthcls.models.head_config.print_log', lambda message, **kwargs: logged.append(message))
    decode = dict(type='FCNHead', num_classes=19, loss_decode=dict(type='CrossEntropyLoss'))
    heads = [dict(type='FCNHead'), dict(type='FCNHead', num_classes=150, out_channels=150)]
    fitted = fit_heads(decode, 71, 'decode_head')
    assert logged == ['decode_head.num_classes: 19 in the config, overridden by the 71 depth bins']
    assert fitted['num_classes'] == 71 and decode['num_classes'] == 19  # the config itself is not changed
    assert [head['num_classes'] for head in fit_heads(heads, 71, 'auxiliary_head')] == [71, 71]
    assert fit_heads(heads, 71, 'auxiliary_head')[1]['out_channels'] == 71
    assert fit_heads(None, 71, 'auxiliary_head') is None


@pytest.mark.parametrize('loss, expected', [
    pytest.param(dict(type='CrossEntropyLoss'), True, id='silent'),
    pytest.param(dict(type='CrossEntropyLoss', avg_non_ignore=False), False, id='explicit'),
    pytest.param(dict(type='DiceLoss'), None, id='does-not-take-it')])
def test_averages_over_valid_where_the_loss_can_and_the_config_is_silent(loss, expected):
    assert fit_heads(dict(type='FCNHead', loss_decode=loss), 8, 'h')['loss_decode'].get('avg_non_ignore') is expected
    several = fit_heads(dict(type='FCNHead', loss_decode=[loss, loss]), 8, 'h')['loss_decode']
    assert [one.get('avg_non_ignore') for one in several] == [expected, expected]


@pytest.mark.parametrize('head', ['FCNHead', 'DeepLabV2Head', 'SegformerHead', 'UPerHead'])
def test_default_loss_of_a_head_averages_over_valid_too(head):
    assert fit_heads(dict(type=head), 8, 'h')['loss_decode'] == dict(
        type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0, avg_non_ignore=True)


def test_class_weights_of_another_task_are_dropped():
    loss = dict(type='CrossEntropyLoss', class_weight=[1.0] * 19)
    assert 'class_weight' not in fit_heads(dict(type='FCNHead', loss_decode=loss), 8, 'h')['loss_decode']
    assert 'class_weight' in fit_heads(dict(type='FCNHead', loss_decode=loss), 19, 'h')['loss_decode']


def test_a_head_that_learns_edges_is_left_alone():
    head = dict(type='STDCHead', num_classes=2, loss_decode=dict(type='CrossEntropyLoss'))
    assert fit_heads(head, 8, 'h') == head


def test_other_losses_of_a_head_are_found():
    head = dict(type='EncHead', loss_se_decode=dict(type='CrossEntropyLoss', use_sigmoid=True))
    assert fit_heads(head, 8, 'h')['loss_se_decode']['avg_non_ignore'] is True


def test_a_model_is_read_as_its_head_is_trained_where_the_config_is_silent():
    assert default_decoder(dict(type='AdaptiveBinsHead')) == dict(type='ExpectationDecoder')
    for head in (dict(type='FCNHead'), dict(type='mmseg.DeepLabV2Head'), dict(type='NoSuchHead')):
        assert default_decoder(head) == dict(type='ExpectationDecoder', space='log')
