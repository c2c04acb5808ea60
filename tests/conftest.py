"""Fixtures for the whole suite: small generated data and small models, so that every test runs the real code."""
import gc
import os
import sys
import warnings
from collections import Counter
from multiprocessing import set_forkserver_preload
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import settings
from script_process import PRELOADED
from small_data import BUILDERS

from mmdepthcls.import_hooks import after_import

SAMPLE_VARIABLE = 'MMDEPTHCLS_KITTI_SAMPLE'
# Small tensors: more threads than one only wait for each other. Also in the processes that tests start.
torch.set_num_threads(1)
# Examples take as long as the machine's other work lets them.
settings.register_profile('patient', deadline=None)
settings.load_profile('patient')
os.environ['OMP_NUM_THREADS'] = '1'
# Processes of 'forkserver', as which scripts run too, need not import the host each, which takes seconds. What these
# modules print while they are imported must not wait in a buffer, of which each process would have a copy.
os.environ['PYTHONUNBUFFERED'] = '1'
set_forkserver_preload(PRELOADED)
# MMEngine collects garbage for each dataset that it builds: a quarter of a second among all that is imported here.
after_import('mmengine.dataset.base_dataset', lambda module: setattr(module, 'gc', SimpleNamespace(collect=int)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Of cases that are marked ``sliced``, all but every n-th are long."""
    counts = Counter()
    for item in items:
        mark = item.get_closest_marker('sliced')
        if mark is not None and item.get_closest_marker('long') is None:
            test = item.path, item.originalname
            if counts[test] % mark.kwargs['every']:
                item.add_marker(pytest.mark.long)
            counts[test] += 1


def pytest_collection_finish():
    """What is imported stays: the collector of garbage need not look at it again and again."""
    freeze_imports()


def freeze_imports(known=[0]):  # noqa: B006  (kept between calls)
    """Take out of the collector's sight what was imported since the last call."""
    if len(sys.modules) > known[0]:
        known[0] = len(sys.modules)
        gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left():
    """What MMEngine keeps for the whole process (scopes, loggers, message hubs, visualizers) ends with the test."""
    from mmengine.utils import ManagerMixin
    before = {kind: dict(kind._instance_dict) for kind in _kinds(ManagerMixin)}
    freeze_imports()
    yield
    for kind in _kinds(ManagerMixin):
        kind._instance_dict.clear()
        kind._instance_dict.update(before.get(kind, {}))


def _kinds(kind):
    return [each for child in kind.__subclasses__() for each in (child, *_kinds(child))]


@pytest.fixture(scope='session')
def kitti_sample():
    """Folder of real KITTI frames in KITTI's own layout (raw/ and annotated/)."""
    folder = os.environ.get(SAMPLE_VARIABLE)
    if not folder:
        pytest.skip(f'{SAMPLE_VARIABLE} names no folder with real KITTI frames')
    return folder


@pytest.fixture(scope='session')
def minidrive(tmp_path_factory):
    """A MiniDrive of a few small scenes."""
    from mmdepthcls.commands.minidrive.writer import make_minidrive
    root = tmp_path_factory.mktemp('data') / 'minidrive'
    make_minidrive(root, num_train=4, num_val=2, num_test=3, height=64, width=128, workers=1, progress=False)
    return str(root)


@pytest.fixture
def builders():
    """The functions of :mod:`small_data`."""
    return BUILDERS


@pytest.fixture
def pairs(tmp_path):
    """Folder of three samples with ``split.txt``."""
    return BUILDERS.pairs(tmp_path / 'pairs')


@pytest.fixture
def mmseg_scope():
    """MMEngine's registries look into mmseg first, as they do for a config with default_scope='mmseg'."""
    from mmengine.registry import DefaultScope
    with DefaultScope.overwrite_default_scope('mmseg'), warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield


def small_model_cfg(num_bins=8, **changes):
    """Config of a depth classifier with a tiny backbone."""
    cfg = dict(
        type='DepthClassifier',
        bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=num_bins),
        data_preprocessor=dict(type='DepthDataPreProcessor', mean=[0.0] * 3, std=[255.0] * 3, bgr_to_rgb=True),
        backbone=dict(
            type='ResNet', depth=18, base_channels=8, num_stages=4, out_indices=(0, 1, 2, 3), strides=(1, 2, 2, 1),
            dilations=(1, 1, 1, 2), norm_cfg=dict(type='BN')),
        decode_head=dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2)))
    cfg.update(changes)
    return cfg


@pytest.fixture(name='small_model_cfg', scope='session')
def small_model_cfg_fixture():
    """The function :func:`small_model_cfg`."""
    return small_model_cfg


@pytest.fixture
def build_model(mmseg_scope):
    """Builds :func:`small_model_cfg` with changes."""
    from mmseg.registry import MODELS

    def build(num_bins=8, **changes):
        torch.manual_seed(0)
        return MODELS.build(small_model_cfg(num_bins, **changes))

    return build


@pytest.fixture
def make_batch():
    """Builds a batch as a data loader yields it: images and data samples with depth (and labels of ``bins``)."""
    from mmengine.structures import PixelData
    from mmseg.structures import SegDataSample

    def make(num=2, height=32, width=48, seed=0, bins=None, valid=0.5, made_by=None):
        rng = np.random.default_rng(seed)
        data = dict(inputs=[], data_samples=[])
        for index in range(num):
            depth = rng.uniform(0.5, 90, (1, height, width)) * (rng.random((1, height, width)) < valid)
            depth = torch.from_numpy(depth.astype(np.float32))
            sample = SegDataSample(metainfo=dict(
                img_path=f'scene/{index}.png', ori_shape=(height, width), img_shape=(height, width)))
            sample.gt_depth_map = PixelData(data=depth)
            if bins is not None:
                sample.gt_sem_seg = PixelData(data=bins.encode(depth))
                sample.set_metainfo(dict(seg_map_path=made_by or repr(bins)))
            data['inputs'].append(torch.from_numpy(rng.integers(0, 256, (3, height, width), dtype=np.uint8)))
            data['data_samples'].append(sample)
        return data

    return make
