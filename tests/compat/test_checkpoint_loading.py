"""Every way on which this package or MMEngine comes to a checkpoint reads it as data."""
import functools
import os
import threading
from collections import OrderedDict
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader, Runner, load_checkpoint

from mmdepthcls.checkpoint_file import CheckpointFileError
from mmdepthcls.compat import checkpoint_loading

CANARY = 'canary'
WRITE = f'import os; os.mkdir({CANARY!r})'  # a program that leaves a trace
REFUSED = r'weights\.pth is refused: it asks for \w+\.mkdir.*--trust-checkpoint'


class Planted:
    def __reduce__(self):
        return os.mkdir, (CANARY, )


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(checkpoint_loading.TRUST, raising=False)
    yield
    assert not os.path.exists(CANARY)


@pytest.fixture
def planted(tmp_path):
    """A checkpoint that makes a folder when it is unpickled."""
    path = tmp_path / 'weights.pth'
    torch.save(dict(state_dict=OrderedDict(a=torch.ones(1)), meta=dict(epoch=0, iter=1), hidden=Planted()), path)
    return str(path)


@pytest.fixture
def config(small_model_cfg, minidrive, mmseg_scope):
    """Builds a whole config of a small model, with changes of the model."""
    load = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]

    def build(**changes):
        loaders = {f'{split}_dataloader': dict(
            batch_size=1, num_workers=0, sampler=dict(type='InfiniteSampler' if split == 'train' else 'DefaultSampler'),
            dataset=dict(type='MiniDriveDataset', data_root=minidrive, split=split, pipeline=load))
            for split in ('train', 'val', 'test')}
        return Config(dict(
            model=small_model_cfg(**changes), work_dir='work', default_scope='mmseg', log_level='ERROR', **loaders,
            train_cfg=dict(type='IterBasedTrainLoop', max_iters=2, val_interval=2), val_cfg=dict(type='ValLoop'),
            test_cfg=dict(type='TestLoop'), val_evaluator=dict(type='DepthEvaluator'),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)), test_evaluator=dict(type='DepthEvaluator'),
            test_pipeline=load, default_hooks=dict(checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1))))

    return build


@pytest.fixture
def server(tmp_path):
    """Address of the folder."""
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    served = ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=served.serve_forever, kwargs=dict(poll_interval=0.02), daemon=True).start()
    yield f'http://127.0.0.1:{served.server_address[1]}'
    served.shutdown()
    served.server_close()


def backbone(path, **changes):
    return dict(type='ResNet', depth=18, base_channels=8, num_stages=4, out_indices=(0, 1, 2, 3), strides=(1, 2, 2, 1),
                dilations=(1, 1, 1, 2), norm_cfg=dict(type='BN'), init_cfg=dict(
                    type='Pretrained', checkpoint=path, **changes))


def infer(*args):
    from mmseg.apis import MMSegInferencer  # after this package, which mends what it imports
    return MMSegInferencer(*args, device='cpu')


def init(*args):
    from mmseg.apis import init_model
    return init_model(*args, 'cpu')


def train(cfg):
    Runner.from_cfg(cfg).train()


ENTRIES = {
    'load_checkpoint': lambda path, config: load_checkpoint(torch.nn.Linear(1, 1), path),
    'the loader of MMEngine': lambda path, config: CheckpointLoader.load_checkpoint(path),
    'init_model': lambda path, config: init(config(), path),
    'an inferencer': lambda path, config: infer(config(), path),
    'load_from': lambda path, config: train(_with(config(), load_from=path)),
    'resume': lambda path, config: train(_with(config(), load_from=path, resume=True)),
    'a test': lambda path, config: Runner.from_cfg(_with(config(), load_from=path)).test(),
    'pretrained': lambda path, config: train(config(pretrained=path)),
    'init_cfg of the model': lambda path, config: train(config(init_cfg=dict(type='Pretrained', checkpoint=path))),
    'init_cfg of the backbone': lambda path, config: train(config(backbone=backbone(path))),
    'a part of a file': lambda path, config: train(config(backbone=backbone(path, prefix='backbone.'))),
    'init_cfg of a head': lambda path, config: train(config(decode_head=dict(
        type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2), init_cfg=dict(
            type='Pretrained', checkpoint=path)))),
}


def _with(cfg, **changes):
    cfg.update(changes)
    return cfg


@pytest.mark.parametrize('entry', ENTRIES)
def test_what_is_planted_is_refused_at_every_entry(entry, planted, config):
    with pytest.raises((CheckpointFileError, RuntimeError), match=REFUSED):
        ENTRIES[entry](planted, config)


@pytest.mark.parametrize('scheme', ['http', 'openmmlab', 'open-mmlab', 'mmcls', 'torchvision'])
def test_what_is_planted_on_a_server_is_refused(scheme, planted, server, tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'cache'))
    module = 'mmengine.runner.checkpoint'
    address = f'{server}/weights.pth'
    for name in ('get_external_models', 'get_mmcls_models', 'get_torchvision_models'):
        monkeypatch.setattr(f'{module}.{name}', lambda: {'model': address})
    with pytest.raises(CheckpointFileError, match=REFUSED):
        CheckpointLoader.load_checkpoint(address if scheme == 'http' else f'{scheme}://model')


def test_what_the_folder_of_mmengine_holds_is_refused(planted, tmp_path, monkeypatch):
    monkeypatch.setenv('MMENGINE_HOME', str(tmp_path))
    monkeypatch.setattr('mmengine.runner.checkpoint.get_external_models', lambda: {'model': 'weights.pth'})
    with pytest.raises(CheckpointFileError, match=REFUSED):
        CheckpointLoader.load_checkpoint('openmmlab://model')


def test_what_is_not_planted_comes_from_a_server(server, tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'cache'))
    torch.save(dict(a=torch.arange(3)), tmp_path / 'fine.pth')
    for _ in range(2):  # fetched, and from the cache
        content = CheckpointLoader.load_checkpoint(f'{server}/fine.pth', map_location='cpu')
        assert content['a'].tolist() == [0, 1, 2]
    assert (tmp_path / 'cache' / 'hub' / 'checkpoints' / 'fine.pth').is_file()


def test_histories_and_numbers_come_as_mmengine_wants_them(tmp_path):
    history = HistoryBuffer([1.0, 2.5], [1, 3])
    torch.save(dict(state_dict=dict(a=torch.ones(2)), best=np.float64(0.25), message_hub=dict(
        log_scalars=OrderedDict(loss=history), runtime_info=OrderedDict(iter=2))), tmp_path / 'fine.pth')
    content = CheckpointLoader.load_checkpoint(str(tmp_path / 'fine.pth'), map_location='cpu')
    loaded = content['message_hub']['log_scalars']['loss']
    assert type(loaded) is HistoryBuffer and loaded.mean() == history.mean() == 3.5 / 4 and content['best'] == 0.25
    assert loaded.statistics('current') == 2.5


def test_a_resumed_training_runs_no_config_of_its_checkpoint(config):
    train(config())
    path = 'work/iter_1.pth'
    content = torch.load(path, weights_only=False)
    content['meta'].update(config=WRITE, cfg=WRITE)
    content['message_hub']['runtime_info']['cfg'] = WRITE
    torch.save(content, path)
    runner = Runner.from_cfg(_with(config(), load_from=path, resume=True))
    runner.train()
    assert runner.iter == 2


def test_an_inferencer_runs_no_config_of_its_weights(build_model, tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save(dict(state_dict=build_model().state_dict(), meta=dict(cfg=WRITE)), path)
    with pytest.raises(CheckpointFileError, match=r'weights alone runs the config in them.*model=CONFIG'):
        infer(None, str(path))


def test_who_trusts_a_file_has_it_as_mmengine_would(planted, monkeypatch):
    monkeypatch.setenv(checkpoint_loading.TRUST, '1')
    assert CheckpointLoader.load_checkpoint(planted, map_location='cpu')['state_dict']['a'] == 1
    os.rmdir(CANARY)  # it ran


def test_weights_of_the_old_format_load(build_model, tmp_path):
    model, other = build_model(), build_model()
    path = tmp_path / 'old.pth'
    weights = {name: value + 1 if value.is_floating_point() and name.startswith('backbone') else value
               for name, value in model.state_dict().items()}
    torch.save(dict(meta=dict(CLASSES=('road', ), mmseg_version='0.30.0'), state_dict=weights), path,
               _use_new_zipfile_serialization=False)
    load_checkpoint(other, str(path), map_location='cpu')
    name = 'backbone.conv1.weight'
    assert torch.equal(other.state_dict()[name], model.state_dict()[name] + 1)
