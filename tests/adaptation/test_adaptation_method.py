"""Every rival in real trainings: through the runner, resumed, in several processes, with any model; and its checkpoints
in models without it."""
import contextlib
import copy
import shutil

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner, load_checkpoint
from mmseg.registry import MODELS
from torch import distributed
from torch.testing import assert_close
from waiting_mode import Waiting

from mmdepthcls.commands.publish.published_config import published_config

METHODS = {
    'DeepCORAL': dict(type='DeepCORAL'),
    'DAN': dict(type='DAN', places=16),
    'OutputAdversary': dict(type='OutputAdversary', channels=(4, ), ramp=5, strength=1.0),
    'MeanTeacher': dict(type='MeanTeacher', threshold=0.1, alpha=0.9),
}
NAMES = {'DeepCORAL': 'loss_coral', 'DAN': 'loss_mmd', 'OutputAdversary': 'loss_discriminator',
         'MeanTeacher': 'target.loss_ce'}
PIPELINE = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='RandomFlip', prob=0.5),
            dict(type='PackDepthInputs')]


class Interrupted(Exception):
    """Raised in place of a kill."""


class Losses(Hook):
    """Keeps what is logged, and ends the process, as it were."""
    priority = 'LOWEST'

    def __init__(self, stop=None):
        self.stop, self.values = stop, {}

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.values[runner.iter + 1] = {name: value.item() for name, value in outputs.items()}
        if runner.iter + 1 == self.stop:
            raise Interrupted


@pytest.fixture
def images_alone(minidrive, tmp_path):
    """A target without a single file of depth."""
    return shutil.copytree(minidrive, tmp_path / 'target', ignore=shutil.ignore_patterns('depth*'))


@pytest.fixture
def train(minidrive, images_alone, small_model_cfg, tmp_path):
    """Trains in a folder, perhaps to a stop; what was logged, and the runner."""
    def run(folder, method, stop=None, resume=False, **changes):
        data = dict(type='MiniDriveDataset', data_root=minidrive, pipeline=PIPELINE)
        cfg = dict(
            default_scope='mmseg', work_dir=str(tmp_path / folder), log_level='ERROR',
            model=small_model_cfg(adaptation=METHODS[method]),
            train_dataloader=dict(
                batch_size=4, num_workers=0, sampler=dict(type='InfiniteSampler', shuffle=True),
                batch_sampler=dict(type='TwoDomainBatchSampler', source=2),
                dataset=dict(type='TwoDomainDataset', datasets=[
                    dict(data, split='train'),
                    dict(data, data_root=str(images_alone), split='test', images_only=True)])),
            train_cfg=dict(type='IterBasedTrainLoop', max_iters=5, val_interval=100),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.02, momentum=0.9), clip_grad=dict(max_norm=1.0),
                               accumulative_counts=2),
            default_hooks=dict(checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1)),
            experiment_name=f'{folder}{resume}{id(run)}', resume=resume, randomness=dict(seed=3))
        cfg.update(changes)
        runner, losses = Runner.from_cfg(Config(cfg)), Losses(stop)
        runner.register_hook(losses, 'LOWEST')
        with contextlib.suppress(Interrupted):
            runner.train()
        return losses.values, runner
    return run


@pytest.mark.parametrize('method', [pytest.param(name, marks=[pytest.mark.long] * (name != 'DeepCORAL'))
                                    for name in METHODS])
def test_a_training_is_logged_resumed_exactly_and_read_by_a_plain_model(train, small_model_cfg, tmp_path, method,
                                                                        capfd, mmseg_scope):
    expected, whole = train('whole', method)
    assert all(NAMES[method] in values and 'decode.loss_ce' in values for values in expected.values())
    begun, _ = train('parts', method, stop=3)
    rest, _ = train('parts', method, resume=True)
    assert {**begun, **rest} == expected
    files = [tmp_path / folder / 'iter_5.pth' for folder in ('whole', 'parts')]
    states = [torch.load(file, weights_only=False) for file in files]
    assert_close(states[0]['state_dict'], states[1]['state_dict'], rtol=0, atol=0)
    images = torch.rand(1, 3, 64, 128)
    plain = MODELS.build(small_model_cfg()).eval()
    capfd.readouterr()
    load_checkpoint(plain, str(files[0]), map_location='cpu')
    assert 'adaptation' not in ''.join(capfd.readouterr())  # nothing unexpected, as far as anybody is told
    own = whole.model.eval()
    depths = [model.predict(images)[0].pred_depth_map.data for model in (plain, own)]
    assert torch.equal(*depths)
    # And the other way round: predicting, and beginning, with weights that know no adaptation.
    torch.save(dict(state_dict=plain.state_dict(), meta={}), tmp_path / 'plain.pth')
    again = MODELS.build(small_model_cfg(adaptation=METHODS[method])).eval()
    load_checkpoint(again, str(tmp_path / 'plain.pth'), map_location='cpu')
    assert torch.equal(again.predict(images)[0].pred_depth_map.data, depths[0])
    started, runner = train('started', method, stop=1, load_from=str(tmp_path / 'plain.pth'))
    assert started[1].keys() == expected[1].keys()


@pytest.mark.parametrize('method', METHODS)
def test_a_model_file_knows_nothing_of_it(small_model_cfg, method, mmseg_scope):
    published = [published_config(model) for model in (small_model_cfg(), small_model_cfg(adaptation=METHODS[method]))]
    assert published[0] == published[1]


def batch(make_batch, number=4, labels=False, **options):
    result = make_batch(num=number, **options)
    for index, sample in enumerate(result['data_samples']):
        sample.set_metainfo(dict(domain='source' if index < number // 2 else 'target'))
        if index >= number // 2 and not labels:
            del sample.gt_depth_map
    return result


@pytest.mark.parametrize('method', METHODS)
def test_nothing_is_waited_for(build_model, make_batch, method):
    model = build_model(adaptation=dict(METHODS[method]), decode_head=dict(
        type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2),
        loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]))
    data = model.data_preprocessor(batch(make_batch), True)
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    with Waiting() as waiting:
        losses, _ = model.parse_losses(model(**data, mode='loss'))
        wrapper.update_params(losses)
    assert waiting.found == []


@pytest.mark.parametrize('method', METHODS)
def test_the_same_seed_begins_with_the_same_weights_as_without(build_model, method):
    states = []
    for changes in ({}, dict(adaptation=dict(METHODS[method]))):
        model = build_model(**changes)
        model.init_weights()
        states.append(model.state_dict())
    for name, value in states[0].items():
        assert torch.equal(value, states[1][name])


MODELS_OF_ALL_KINDS = {
    'neck, auxiliary head, loss of MMSegmentation': dict(
        neck=dict(type='FPN', in_channels=[8, 16, 32, 64], out_channels=8, num_outs=4),
        decode_head=dict(type='FPNHead', in_channels=[8] * 4, in_index=[0, 1, 2, 3], feature_strides=[4, 8, 16, 16],
                         channels=8, dropout_ratio=0.1, norm_cfg=dict(type='BN')),
        auxiliary_head=dict(type='FCNHead', in_channels=8, in_index=2, channels=8, num_convs=1)),
    'ordinal': dict(decoder=dict(type='OrdinalDecoder')),
    'regression': dict(decoder=dict(type='RegressionDecoder'), decode_head=dict(
        type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2),
        loss_decode=dict(type='RegressionSILogLoss'))),
    'bins of images': dict(decode_head=dict(type='AdaptiveBinsHead', head=dict(
        type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2)), loss_decode=[
            dict(type=f'{name}Loss') for name in ('ExpectationSILog', 'BinChamfer', 'SparseCrossEntropy')])),
    'transformer': dict(
        backbone=dict(type='MixVisionTransformer', embed_dims=8, num_stages=4, num_layers=[1] * 4, num_heads=[1] * 4,
                      patch_sizes=[7, 3, 3, 3], sr_ratios=[8, 4, 2, 1], out_indices=(0, 1, 2, 3), mlp_ratio=2),
        decode_head=dict(type='SegformerHead', in_channels=[8] * 4, in_index=[0, 1, 2, 3], channels=8,
                         norm_cfg=dict(type='BN'), loss_decode=[
                             dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')])),
}
OTHER_OUTPUT = {'regression': dict(type='OutputAdversary', output='log_depth', channels=(4, ))}
IMPOSSIBLE = {('ordinal', 'OutputAdversary'), ('regression', 'MeanTeacher')}


@pytest.mark.parametrize('method', METHODS)
@pytest.mark.parametrize('kind', MODELS_OF_ALL_KINDS)
def test_every_model_is_adapted_or_says_why_not(build_model, make_batch, kind, method):
    """Under automatic mixed precision, and every weight that trains gets a gradient, as several processes demand."""
    cfg = METHODS[method] if method != 'OutputAdversary' else OTHER_OUTPUT.get(kind, METHODS[method])
    changes = dict(copy.deepcopy(MODELS_OF_ALL_KINDS[kind]), adaptation=dict(cfg))
    if (kind, method) in IMPOSSIBLE:
        with pytest.raises(ValueError, match=f'{method}: .*Decoder'):
            build_model(**changes)
        return
    model = build_model(**changes)
    with torch.autocast('cpu', torch.bfloat16):
        losses = model(**model.data_preprocessor(batch(make_batch, height=64, width=64), True), mode='loss')
    total, _ = model.parse_losses(losses)
    total.backward()
    assert torch.isfinite(total)
    without = [name for name, weight in model.named_parameters() if weight.requires_grad and weight.grad is None]
    assert without == []


@pytest.mark.parametrize(('options', 'message'), [
    (dict(type='DeepCORAL', level=7), 'no feature map 7; the backbone gives 4'),
    (dict(type='DeepCORAL', after_neck=True), 'no neck'),
])
def test_maps_that_are_not_there_are_refused(build_model, make_batch, options, message):
    with pytest.raises(ValueError, match=message):
        model = build_model(adaptation=options)
        model(**model.data_preprocessor(batch(make_batch), True), mode='loss')


def test_what_is_no_method_is_refused(build_model):
    with pytest.raises(ValueError, match='FCNHead is no method of adaptation.*AdaptationMethod'):
        build_model(adaptation=dict(type='FCNHead', in_channels=8, channels=8, num_classes=2))


@pytest.mark.parametrize('method', ['DeepCORAL', 'DAN', 'OutputAdversary'])
def test_labels_of_the_target_count_where_they_are_said_to_be(build_model, make_batch, method):
    """Losses are then those of a model that knows of no domains, beside the method's own, as self-training needs."""
    plain, found = build_model(), {}
    data = plain.data_preprocessor(batch(make_batch, labels=True), True)
    for name, options in (('plain', None), ('source', {}), ('both', dict(target_labels=True))):
        model = build_model(adaptation=options if options is None else dict(METHODS[method], **options))
        model.load_state_dict(plain.state_dict(), strict=False)
        found[name] = model(**data, mode='loss')
    assert NAMES[method] in found['both'] and found['plain']
    for name, value in found['plain'].items():
        assert_close(found['both'][name], value, msg=name)
        assert not torch.allclose(found['source'][name], value), name


def test_a_teacher_makes_labels_of_its_own(build_model):
    with pytest.raises(TypeError, match='target_labels'):
        build_model(adaptation=dict(type='MeanTeacher', target_labels=True))


def test_several_maps_are_added(build_model, make_batch):
    values = []
    for level in (0, -1, [0, -1]):
        model = build_model(adaptation=dict(type='DeepCORAL', level=level))
        data = model.data_preprocessor(batch(make_batch), True)
        values.append(model(**data, mode='loss')['loss_coral'].item())
    assert values[2] == pytest.approx(values[0] + values[1])


@pytest.mark.parametrize('method', METHODS)
def test_batches_of_one_domain_or_none_are_refused(build_model, make_batch, method):
    model = build_model(adaptation=dict(METHODS[method]))
    for domain, message in (('target', 'none of the source'), ('source', 'none of the target'),
                            (None, "scene/0.png.*got None.*TwoDomainDataset")):
        data = model.data_preprocessor(make_batch(num=2), True)
        for sample in data['data_samples']:
            sample.set_metainfo({} if domain is None else dict(domain=domain))
        with pytest.raises(ValueError, match=message):
            model(**data, mode='loss')


def of_process(rank, folder):
    """Two steps of each method under DistributedDataParallel, which refuses weights without a gradient."""
    torch.set_num_threads(1)
    distributed.init_process_group('gloo', init_method=f'file://{folder}/meeting', rank=rank, world_size=2)
    from mmengine.registry import init_default_scope
    from torch.nn.parallel import DistributedDataParallel
    init_default_scope('mmseg')
    results = {}
    for name, (cfg, batches) in torch.load(f'{folder}/given.pth', weights_only=False).items():
        torch.manual_seed(0)
        model = MODELS.build(cfg)
        torch.manual_seed(rank)
        wrapped = DistributedDataParallel(model)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for each in batches[rank]:
            total, _ = model.parse_losses(wrapped(**model.data_preprocessor(each, True), mode='loss'))
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
        results[name] = {key: value for key, value in model.state_dict().items() if 'running' not in key}
    torch.save(results, f'{folder}/{rank}.pth')
    distributed.destroy_process_group()


@pytest.mark.long  # a slice: that every weight gets a gradient
@pytest.mark.skipif(not distributed.is_available(), reason='this torch has no distributed package')
def test_several_processes_stay_together(small_model_cfg, make_batch, tmp_path):
    given = {name: (small_model_cfg(adaptation=dict(method)), [
        [batch(make_batch, seed=10 * rank + step) for step in range(2)] for rank in range(2)])
        for name, method in METHODS.items()}
    torch.save(given, tmp_path / 'given.pth')
    torch.multiprocessing.start_processes(of_process, (str(tmp_path), ), nprocs=2, start_method='forkserver')
    one, other = (torch.load(tmp_path / f'{rank}.pth', weights_only=False) for rank in range(2))
    for method in METHODS:
        assert_close({key: value for key, value in one[method].items() if 'num_batches' not in key},
                     {key: value for key, value in other[method].items() if 'num_batches' not in key}, rtol=0, atol=0)
