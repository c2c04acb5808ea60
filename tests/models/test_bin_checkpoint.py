import copy
import io

import pytest
import torch
from mmengine.runner.checkpoint import _load_checkpoint_to_model, load_checkpoint
from mmseg.registry import MODELS

from mmdepthcls.bins import SIDBins, UDBins
from mmdepthcls.models.bin_checkpoint import EDGES_KEY, BinMismatchError, same_edges, stored_edges

UD = dict(type='UDBins', min_depth=0.0, max_depth=80.0, num_bins=8)
SHIFTED = dict(type='SIDBins', min_depth=1.5, max_depth=80.0, num_bins=8)
LOADERS = [
    pytest.param(lambda model, weights: model.load_state_dict(weights), id='torch-strict'),
    pytest.param(lambda model, weights: model.load_state_dict(weights, strict=False), id='torch'),
    pytest.param(lambda model, weights: _load_checkpoint_to_model(model, dict(state_dict=weights)), id='mmengine'),
    pytest.param(lambda model, weights: _load_checkpoint_to_model(model, dict(state_dict=weights), True),
                 id='mmengine-strict')]


def halved(weights):
    return {key: value.half() if value.is_floating_point() else value for key, value in weights.items()}


def test_edges_are_saved_with_the_weights(build_model, tmp_path):
    model = build_model()
    torch.save(dict(state_dict=model.state_dict(), meta={}), tmp_path / 'weights.pth')
    weights = torch.load(tmp_path / 'weights.pth', weights_only=True)['state_dict']
    torch.testing.assert_close(weights[EDGES_KEY], torch.tensor(SIDBins(1, 80, 8).edges), rtol=0, atol=0)
    load_checkpoint(build_model(), str(tmp_path / 'weights.pth'), strict=True)


@pytest.mark.parametrize('load', LOADERS)
def test_the_same_bins_load(build_model, load):
    source, model = build_model(), build_model()
    for parameter in source.parameters():
        torch.nn.init.normal_(parameter)
    load(model, source.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), source.parameters(), strict=True))


@pytest.mark.parametrize('load', LOADERS)
@pytest.mark.parametrize('convert', [dict, halved], ids=['float32', 'float16'])
@pytest.mark.parametrize('bins', [UD, SHIFTED], ids=['ud', 'shifted'])
def test_other_edges_are_refused_when_predicting(build_model, load, convert, bins):
    with pytest.raises(BinMismatchError, match='8 bins from .* the model has SIDBins'):
        load(build_model(), convert(build_model(bins=bins).state_dict()))


@pytest.mark.parametrize('load', LOADERS)
def test_another_number_of_bins_is_refused_when_predicting(build_model, load):
    with pytest.raises(BinMismatchError, match='9 bins from'):
        load(build_model(), build_model(num_bins=9).state_dict())


@pytest.mark.parametrize('load', LOADERS)
def test_a_missing_head_is_refused_when_predicting(build_model, load):
    weights = {key: value for key, value in build_model().state_dict().items() if 'decode_head' not in key}
    with pytest.raises(BinMismatchError, match='missing decode_head.aspp'):
        load(build_model(), weights)


def test_half_precision_weights_of_the_same_bins_load(build_model):
    source = build_model()
    build_model().load_state_dict(halved(source.state_dict()))
    build_model().load_state_dict(copy.deepcopy(source).half().float().state_dict())


def test_a_missing_auxiliary_head_is_not_needed_to_predict(build_model):
    auxiliary = dict(type='FCNHead', in_channels=32, in_index=2, channels=8)
    build_model(auxiliary_head=auxiliary).load_state_dict(build_model().state_dict(), strict=False)


def test_a_checkpoint_without_edges_is_refused_unless_trusted(build_model):
    weights = {key: value for key, value in build_model().state_dict().items() if key != EDGES_KEY}
    with pytest.raises(BinMismatchError, match='no .bin_edges.*require_edges=False'):
        build_model().load_state_dict(weights)
    build_model(require_edges=False).load_state_dict(weights)


def stock_weights(num_classes):
    return MODELS.build(dict(
        type='EncoderDecoder',
        backbone=dict(type='ResNet', depth=18, base_channels=8, out_indices=(0, 1, 2, 3), strides=(1, 2, 2, 1),
                      dilations=(1, 1, 1, 2), norm_cfg=dict(type='BN')),
        decode_head=dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2),
                         num_classes=num_classes))).state_dict()


@pytest.mark.parametrize('num_classes', [19, 8], ids=['other-classes', 'same-number'])
def test_training_starts_from_a_stock_checkpoint(build_model, num_classes):
    model = build_model()
    model.init_weights()
    head = copy.deepcopy(model.decode_head.state_dict())
    weights = stock_weights(num_classes)
    _load_checkpoint_to_model(model, dict(state_dict=weights))
    assert torch.equal(model.backbone.conv1.weight, weights['backbone.conv1.weight'])
    assert all(torch.equal(value, head[key]) for key, value in model.decode_head.state_dict().items())


@pytest.mark.parametrize('change', [
    lambda weights: {f'student.{key}': value for key, value in weights.items()},
    lambda weights: {key: value.new_zeros(9) for key, value in weights.items()},
    lambda weights: {}], ids=['other names', 'other shapes', 'nothing'])
def test_training_does_not_start_from_a_checkpoint_of_which_nothing_fits(build_model, change):
    model = build_model()
    model.init_weights()
    with pytest.raises(BinMismatchError, match=r'Not one weight .* the model has backbone\.conv1\.weight.*load_from'):
        _load_checkpoint_to_model(model, dict(state_dict=change(stock_weights(19))))


def test_training_from_other_bins_names_what_is_new(build_model, monkeypatch):
    logged = []
    monkeypatch.setattr('mmdepthcls.models.bin_checkpoint.print_log', lambda message, **kwargs: logged.append(message))
    model = build_model()
    model.init_weights()
    source = build_model(bins=UD)
    head = copy.deepcopy(model.decode_head.state_dict())
    _load_checkpoint_to_model(model, dict(state_dict=source.state_dict()))
    assert '8 bins from 0 to 80 m' in logged[0] and repr(model.bins) in logged[0]
    assert all(key in logged[0] for key in source.state_dict() if key.startswith('decode_head.'))
    assert torch.equal(model.backbone.conv1.weight, source.backbone.conv1.weight)
    assert all(torch.equal(value, head[key]) for key, value in model.decode_head.state_dict().items())


def test_a_copy_made_before_training_began_may_start_too(build_model):
    """EMAHook copies the model before MMEngine initialises it, and loads the checkpoint into the copy first."""
    model = build_model()
    averaged = copy.deepcopy(model)
    model.init_weights()
    averaged.load_state_dict(build_model(bins=UD).state_dict(), strict=False)


def test_training_goes_on_from_the_same_bins(build_model):
    model, source = build_model(), build_model()
    torch.nn.init.normal_(source.decode_head.aspp[0].conv.weight)
    model.init_weights()
    model.load_state_dict(source.state_dict())
    assert torch.equal(model.decode_head.aspp[0].conv.weight, source.decode_head.aspp[0].conv.weight)


def test_a_model_that_was_trained_and_evaluates_is_strict_again(build_model):
    model = build_model()
    model.init_weights()
    model.eval()
    with pytest.raises(BinMismatchError):
        model.load_state_dict(build_model(bins=UD).state_dict())


@pytest.mark.parametrize('dtype', [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_edges_compare_in_every_type(dtype):
    bins = SIDBins(1.0, 80.0, 71)
    assert same_edges(stored_edges(bins).to(dtype), bins)
    assert not same_edges(torch.arange(72), bins) and not same_edges(stored_edges(bins)[None], bins)
    for other in (SIDBins(1.0, 80.0, 70), SIDBins(1.1, 80.0, 71), UDBins(0.0, 80.0, 71)):
        assert not same_edges(stored_edges(other).to(dtype), bins)


def test_a_state_dict_survives_pickling(build_model):
    buffer = io.BytesIO()
    torch.save(build_model().state_dict(), buffer)
    buffer.seek(0)
    build_model().load_state_dict(torch.load(buffer, weights_only=True))


def test_half_precision_tells_a_millimetre_at_one_metre_apart_where_it_can():
    assert not same_edges(stored_edges(SIDBins(1.0, 79.9, 71)).half(), SIDBins(1.0, 80.0, 71))


@pytest.mark.parametrize('edges', [torch.zeros(1), torch.zeros(3, 3), torch.arange(9)], ids=['one', '2d', 'int'])
def test_foreign_edges_are_refused_in_words(build_model, edges):
    with pytest.raises(BinMismatchError, match='trained for other bins'):
        build_model().load_state_dict({**build_model().state_dict(), EDGES_KEY: edges})


# ------------------------------------------------------------------------------------------ layers as wide as K is many
WIDE = dict(
    FCNHead=dict(channels=71, num_convs=2, concat_input=True),
    ASPPHead=dict(channels=71, dilations=(1, 2)),
    EncHead=dict(channels=71, num_codes=71, in_channels=[32, 64], in_index=[2, 3],
                 loss_se_decode=dict(type='CrossEntropyLoss', use_sigmoid=True)),
    DepthwiseSeparableASPPHead=dict(channels=71, dilations=(1, 2), c1_in_channels=0, c1_channels=71))


@pytest.mark.parametrize('kind', WIDE)
@pytest.mark.parametrize('edges', [True, False], ids=['other bins', 'another task'])
def test_only_what_has_an_output_a_bin_starts_anew(build_model, kind, edges):
    """Of a head all of whose layers have 71 channels, for 71 bins."""
    head = dict(dict(type=kind, in_channels=64, in_index=3), **WIDE[kind])
    auxiliary = dict(type='FCNHead', in_channels=32, in_index=2, channels=71, num_convs=1)
    model, source = (build_model(71, decode_head=head, auxiliary_head=[auxiliary]) for _ in range(2))
    source.bins = UDBins(0.0, 80.0, 71)
    for parameter in source.parameters():
        torch.nn.init.normal_(parameter)
    model.init_weights()
    weights = source.state_dict()
    if not edges:
        del weights[EDGES_KEY]
    state = torch.random.get_rng_state()
    before = copy.deepcopy(model.state_dict())
    _load_checkpoint_to_model(model, dict(state_dict=dict(weights)))
    assert torch.equal(torch.random.get_rng_state(), state)
    kept = {key for key, value in model.state_dict().items() if key != EDGES_KEY and torch.equal(value, before[key])
            and not torch.equal(value, source.state_dict()[key])}
    classifiers = {'decode_head.conv_seg', 'auxiliary_head.0.conv_seg'} | (
        {'decode_head.se_layer'} if kind == 'EncHead' else set())
    assert kept == {f'{name}.{part}' for name in classifiers for part in ('weight', 'bias')}
