"""Every shipped config: loads alone, names its bins once, builds, and says what the paper says."""
import re
from copy import deepcopy
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.runner import Runner
from mmseg.registry import DATASETS, MODELS, TASK_UTILS, TRANSFORMS
from script_process import run_code

from mmdepthcls.camera import canonical_range
from mmdepthcls.commands.make_config.adaptation import DEPTH_LOSSES
from mmdepthcls.commands.make_config.trial import without_pretrained
from mmdepthcls.config.config_parts import leaf_datasets

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / 'configs').glob('*.py'))
PAPER = [path for path in CONFIGS if path.name.startswith('deeplabv2_r101') and 'canonical' not in path.name]
OF_MMSEG = [path for path in CONFIGS if 'mmseg::' in path.read_text('utf-8')]
MIXED = ROOT / 'configs/segformer_mit-b0_kitti_synthia_sid71.py'
ADAPTING = [path for path in CONFIGS if path.name.startswith('cbst_')]
TWINS = [path for path in OF_MMSEG if 'minidrive' in path.name]
pytestmark = pytest.mark.usefixtures('mmseg_scope')


@cache
def load(path):
    """Once. Not to be changed."""
    import mmdepthcls  # noqa: F401  (some configs are based on 'mmseg::')
    return Config.fromfile(path)


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_a_config(path):
    code = [line for line in path.read_text('utf-8').splitlines() if line and not line.startswith('#')]
    assert code[0] == "custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)"
    cfg = load(path)
    check_bins(path, cfg)
    check_pipelines(cfg)
    # Trap 10: the best checkpoint is the one with the least error.
    assert (cfg.default_hooks.checkpoint.save_best, cfg.default_hooks.checkpoint.rule) == ('abs_rel', 'less')
    model = MODELS.build(without_pretrained(cfg.model)).eval()
    check_reading(path, cfg.model, model)
    with torch.no_grad():
        depth = model(torch.zeros(1, 3, 64, 96), mode='predict')[0].pred_depth_map.data
    assert depth.shape == (1, 64, 96) and (depth > 0).all() and (depth < 80).all()
    if path in PAPER:
        check_backbone_of_the_paper(model.backbone)


def check_bins(path, cfg):
    """Model and training pipeline have the same."""
    steps = [step for dataset in leaf_datasets(cfg.train_dataloader.dataset) for step in dataset.pipeline
             if step.type == 'DepthToBinLabel']
    bins, *others = [TASK_UTILS.build(dict(part.bins)) for part in (cfg.model, *steps)]
    assert all(other == bins for other in others)
    assert len(others) == 1 or path in OF_MMSEG or path in ADAPTING  # else the model makes its labels
    assert f"{'UD' if 'ud71' in path.name else 'SID'}Bins" == type(bins).__name__ and bins.num_bins == 71


def check_pipelines(cfg):
    """All their steps build."""
    assert cfg.tta_model.type == 'DepthTTAModel'
    loaders = (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader)
    datasets = [dataset for loader in loaders if loader for dataset in leaf_datasets(loader.dataset)]
    steps = [step for dataset in datasets for step in dataset.pipeline]
    assert len(steps) >= 9
    for step in [*steps, *cfg.get('tta_pipeline', [])]:
        TRANSFORMS.build(step)
    assert all(DATASETS.get(dataset.type) for dataset in datasets)


def check_reading(path, cfg, model):
    """Trains and is read as the study found best; but the paper's loss is the paper's, and adaptive bins are read as
    their own loss trains them."""
    adaptive = cfg.decode_head.type == 'AdaptiveBinsHead'
    losses = (dict(type='CrossEntropyLoss', avg_non_ignore=True) if 'deeplabv2_r101' in path.name
              else None if adaptive else list(DEPTH_LOSSES))
    assert cfg.decode_head.get('loss_decode') == losses
    assert model.decoder.space == ('depth' if adaptive else 'log')


def check_backbone_of_the_paper(backbone):
    """It has output stride 8 and takes torchvision's names."""
    with torch.no_grad():
        assert backbone(torch.zeros(1, 3, 64, 96))[0].shape == (1, 2048, 8, 12)
    names = set(backbone.state_dict())
    assert {'conv1.weight', 'bn1.running_mean', 'layer1.0.downsample.0.weight', 'layer3.22.bn3.weight'} <= names


def test_all_load_in_a_process_that_has_not_imported_the_plugin():
    """As in MMSegmentation's own tools. The config based on 'mmseg::' needs the plugin first on one stack."""
    paths = [str(path) for path in CONFIGS if path not in OF_MMSEG]
    assert len(paths) >= 6
    code = f'import sys\nfrom mmengine.config import Config\nfor p in {paths!r}: Config.fromfile(p)\n' \
           'assert "mmdepthcls" in sys.modules'
    result = run_code(code)
    assert result.returncode == 0, result.stderr[-2000:]


@pytest.mark.long
def test_those_of_mmseg_load_in_a_process_that_has():
    """As in this project's tools."""
    assert len(OF_MMSEG) >= 9 and len(TWINS) >= 4
    code = f'import mmdepthcls\nfrom mmengine.config import Config\n' \
           f'for p in {list(map(str, OF_MMSEG))!r}: assert Config.fromfile(p).model.type == "DepthClassifier"'
    result = run_code(code)
    assert result.returncode == 0, result.stderr[-2000:]


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize('path', TWINS, ids=lambda path: path.stem)
def test_a_twin_trains_and_tests(path, minidrive, tmp_path, monkeypatch):
    """Through the runner, on real files."""
    monkeypatch.setenv('MINIDRIVE_ROOT', minidrive)
    cfg = load.__wrapped__(path)  # with this root
    assert len(cfg.train_dataloader.dataset.pipeline) == 5
    options = {f'{name}_dataloader.{key}': value for name in ('train', 'val', 'test')
               for key, value in (('num_workers', 0), ('persistent_workers', False))}
    cfg.merge_from_dict({**options, 'train_cfg.max_iters': 2, 'train_cfg.val_interval': 2,
                         'train_dataloader.batch_size': 2, 'work_dir': str(tmp_path), 'experiment_name': path.stem})
    cfg.vis_backends = cfg.visualizer.vis_backends = []
    cfg.default_hooks.pop('visualization')
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert list(tmp_path.glob('best_abs_rel_iter_2.pth'))
    metrics = runner.test()
    assert 0 < metrics['abs_rel'] < 100


DECODERS = ('ExpectationDecoder', 'ArgmaxDecoder', 'QuantileDecoder', 'LocalExpectationDecoder')


@pytest.mark.parametrize('name', ['deeplabv2_r101_kitti_sid71', 'deeplabv2_r18_minidrive_sid71',
                                  'adabins_r18_minidrive', 'segformer_mit-b0_kitti_sid71'])
def test_another_reading_is_one_key(name):
    """As by --cfg-options model.decoder.type=NAME: nothing of the default's arguments stays."""

    def build(decoder):
        cfg = deepcopy(load(ROOT / 'configs' / f'{name}.py'))
        cfg.merge_from_dict({'model.decoder.type': decoder})
        if 'depth' in cfg.model.backbone:
            cfg.model.backbone.depth = 18  # sooner built
        return MODELS.build(without_pretrained(cfg.model)).decoder

    for decoder in DECODERS:
        built = build(decoder)
        assert type(built).__name__ == decoder and getattr(built, 'space', 'depth') == 'depth'
    with pytest.raises(ValueError, match='OrdinalDecoder'):  # its logits are others
        build('OrdinalDecoder')


@pytest.mark.parametrize('path', PAPER, ids=lambda path: path.stem)
def test_says_what_the_paper_says(path):
    cfg = load(path)
    assert cfg.optim_wrapper.optimizer == dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4)
    assert cfg.param_scheduler[0].type == 'PolyLR' and cfg.param_scheduler[0].power == 0.9
    assert cfg.param_scheduler[0].end == cfg.train_cfg.max_iters == 100_000
    assert cfg.train_dataloader.batch_size == 3
    backbone = cfg.model.backbone
    assert (backbone.type, backbone.depth) == ('ResNet', 101)
    assert np.prod(backbone.strides) * 4 == 8  # output stride
    assert 'resnet101' in backbone.init_cfg.checkpoint
    assert cfg.model.decode_head.dilations == (6, 12, 18, 24)
    assert cfg.model.bins.max_depth == 80.0 and cfg.model.get('auxiliary_head') is None
    # The augmentation of Eigen et al., which the paper names, and its crop.
    steps = {step.type: step for step in cfg.train_dataloader.dataset.pipeline}
    warp = steps['RandomDepthWarp']
    assert (warp.crop_size, warp.scale_range, warp.max_angle, warp.flip_prob) == ((420, 800), (1.0, 1.5), 5.0, 0.5)
    assert steps['RandomColorGain'].gain_range == (0.8, 1.2)


def test_synthia_is_cropped_for_testing_too():
    steps = load(ROOT / 'configs/deeplabv2_r101_synthia_sid71.py').test_dataloader.dataset.pipeline
    crop = next(step for step in steps if step.type == 'DepthCrop')
    assert crop.crop_size == (420, 800) and crop.position == 'center'


def test_every_silence_of_the_paper_is_marked():
    text = ''.join(path.read_text('utf-8') for path in (ROOT / 'configs').rglob('*.py'))
    for choice in ('alpha', 'batch norm', 'head lr', 'auxiliary head', 'test size', 'final learning rate'):
        assert re.search(f'paper silent: {choice}', text), choice


def test_of_kitti_start_from_pretrained_weights_and_watch_held_out_drives():
    for path in OF_MMSEG:
        if 'kitti' in path.name:
            cfg = load(path)
            backbone = cfg.model.backbone
            if backbone.type == 'TIMMBackbone' and 'efficientnet-lite0' in path.name:
                assert backbone.pretrained is False  # mmdepthcls convert-weights has what it may start from
            else:
                assert cfg.model.get('pretrained') or backbone.get('pretrained') \
                    or 'http' in backbone.init_cfg.checkpoint
            train, val = (leaf_datasets(cfg[f'{name}_dataloader'].dataset)[0] for name in ('train', 'val'))
            assert (train.type, train.split, val.split) == ('KITTIDepthDataset', 'fit', 'val')
            warp = next(step for step in train.pipeline if step.type == 'RandomDepthWarp')
            assert warp.crop_size == cfg.model.data_preprocessor.size == (352, 704)


def test_the_bins_of_several_sets_hold_what_each_camera_sees():
    """Focal lengths of KITTI's recording days, and that which the config takes for SYNTHIA."""
    cfg = load(MIXED)
    synthia = leaf_datasets(cfg.train_dataloader.dataset)[1]
    focals = [721.5377, 707.0493, 718.3351, 707.0912, 718.856, synthia.focal_px]
    low, high = canonical_range(cfg.model.depth_range, focals, cfg.model.canonical_focal_px)
    assert (cfg.model.bins.min_depth, cfg.model.bins.max_depth) == (low, high) and 108 < high < 109
    names = {part: [dataset.set_name for dataset in leaf_datasets(cfg[f'{part}_dataloader'].dataset)]
             for part in ('train', 'val', 'test')}
    assert set(cfg.train_dataloader.sampler.weights) == set(cfg.val_evaluator.sets) == {'kitti', 'synthia'}
    assert all(sorted(found) == ['kitti', 'synthia'] for found in names.values())


@pytest.mark.long  # its slice: 'several sets' in tests/hooks/test_run_state_hook.py
def test_several_sets_train_together_and_are_scored_apart(builders, tmp_path, monkeypatch):
    """The config on small trees of both sets and of one's own, through training, validation and test."""
    roots = dict(KITTI_ROOT=builders.kitti(tmp_path / 'kitti', (5, 6), (5, 6)),
                 SYNTHIA_ROOT=builders.synthia(tmp_path / 'synthia', [0, 400, 450]))
    own = builders.pairs(tmp_path / 'own')
    for name, root in roots.items():
        monkeypatch.setenv(name, str(root))
    monkeypatch.setattr('mmdepthcls.datasets.depth_dataset.check_plausible', lambda *_: None)  # images are small
    cfg = load.__wrapped__(MIXED)
    own = dict(type='DepthFolderDataset', set_name='own', data_root=str(own), ann_file='split.txt', focal_px=40.0)
    for part, batch in (('train', 2), ('val', 1), ('test', 1)):
        sets = cfg[f'{part}_dataloader'].dataset.datasets
        sets[0].split = None  # the Eigen split wants all of its frames
        steps = sets[0].pipeline
        if part != 'train':  # the network wants more than 20 rows; depth is loaded behind, and stays as it is
            steps = [steps[0], ConfigDict(type='Resize', scale=(64, 32), keep_ratio=False), *steps[1:]]
        sets.append(ConfigDict(own, test_mode=part != 'train'))
        for dataset in sets:
            dataset.pipeline = deepcopy(steps)
        cfg[f'{part}_dataloader'].update(num_workers=0, persistent_workers=False, batch_size=batch)
    cfg.train_dataloader.sampler.weights.own = 1
    cfg.val_evaluator.sets.own = cfg.test_evaluator.sets.own = dict(max_depth=50.0)
    for dataset in leaf_datasets(cfg.train_dataloader.dataset):
        dataset.pipeline[2].update(crop_size=(32, 64))
    cfg.merge_from_dict({'train_cfg.max_iters': 2, 'train_cfg.val_interval': 2, 'work_dir': str(tmp_path / 'work'),
                         'experiment_name': 'mixed', 'model.data_preprocessor.size': (32, 64),
                         'default_hooks.checkpoint.interval': 2})
    cfg.model = without_pretrained(cfg.model)
    cfg.vis_backends = cfg.visualizer.vis_backends = []
    cfg.default_hooks.pop('visualization')
    Runner.from_cfg(deepcopy(cfg)).train()
    best = list((tmp_path / 'work').glob('best_abs_rel_iter_2.pth'))
    assert best
    cfg.update(load_from=str(best[0]), experiment_name='tested')
    metrics = Runner.from_cfg(deepcopy(cfg)).test()
    parts = [metrics[f'{name}/abs_rel'] for name in ('kitti', 'synthia', 'own')]
    assert metrics['abs_rel'] == pytest.approx(sum(parts) / 3) and len(set(parts)) == 3
    assert [metrics[f'{name}/num_images'] for name in ('kitti', 'synthia', 'own')] == [2, 1, 3]


def test_the_street_config_trains_on_one_look_and_is_chosen_on_another():
    cfg = load(ROOT / 'configs/fpn_efficientnet-lite0_street_sid71.py')
    train, val, test = (cfg[f'{name}_dataloader'].dataset for name in ('train', 'val', 'test'))
    assert train.data_root.endswith('minidrive_varied')
    assert val.data_root == test.data_root != train.data_root and (val.split, test.split) == ('val', 'test')
    assert val.data_root.endswith('minidrive_other')


def test_the_real_time_model_takes_imagenet_s_weights_as_they_were_trained():
    """The same network for each data set; RGB, (x - 127) / 128."""
    paths = sorted((ROOT / 'configs').glob('fpn_efficientnet-lite0_*.py'))
    assert len(paths) == 3
    for path in paths:
        model = load(path).model
        preprocessor = model.data_preprocessor
        assert (preprocessor.mean, preprocessor.std, preprocessor.bgr_to_rgb) == ([127.0] * 3, [128.0] * 3, True)
        assert (model.backbone, model.neck, model.decode_head) == tuple(
            load(paths[0]).model[part] for part in ('backbone', 'neck', 'decode_head'))
    built = MODELS.build(load(paths[0]).model)
    assert sum(parameter.numel() for parameter in built.parameters()) == pytest.approx(3.4e6, rel=0.01)
