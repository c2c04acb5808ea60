"""Configs written from recipes: short, verified, overridable."""
import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

import mmdepthcls  # noqa: F401  (imported only to register)
from mmdepthcls.commands.make_config.adaptation import DEPTH_LOSSES, DEPTH_LOSSES_NOTE, adapt_model, fit_crop
from mmdepthcls.commands.make_config.depth_config import write_config
from mmdepthcls.commands.make_config.depth_data import DATA
from mmdepthcls.commands.make_config.named_bins import bins_of_name
from mmdepthcls.commands.make_config.recipe import read_recipe
from mmdepthcls.commands.make_config.recipe_file import short_name
from mmdepthcls.commands.make_config.verification import save_verified

SEGFORMER = 'segformer_mit-b0_8xb2-160k_ade20k-512x512.py'
SID = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)
pytestmark = pytest.mark.usefixtures('mmseg_scope')


@pytest.fixture(scope='module')
def recipe():
    with DefaultScope.overwrite_default_scope('mmseg'):
        return read_recipe(SEGFORMER)


@pytest.mark.parametrize('data', sorted(DATA))
def test_of_every_data_set_can_be_read(data, recipe, tmp_path):
    text = write_config(recipe, data, bins_of_name('sid71'), tmp_path).text
    assert max(map(len, text.splitlines())) <= 120
    compile(text, 'depth.py', 'exec')
    assert DATA[data].title in text and DATA[data].code.partition(',')[0] in text


@pytest.mark.sliced(every=6)
@pytest.mark.parametrize('data', ['folder', 'kitti', 'minidrive', 'nyu', 'synthia', 'virtual_kitti'])
def test_of_data_sets_are_verified(data, recipe, tmp_path):
    path = tmp_path / 'new' / 'depth.py'
    config = write_config(recipe, data, bins_of_name('lid16', max_depth=60.0), path.parent)
    assert save_verified(config, path).losses['loss'] > 0
    assert [file.name for file in path.parent.iterdir()] == ['depth.py']
    assert max(map(len, config.text.splitlines())) <= 120 and len(config.text.splitlines()) < 55
    cfg = Config.fromfile(path)
    assert cfg.model.type == 'DepthClassifier' and cfg.model.bins.num_bins == 16
    assert cfg.model.data_preprocessor.size == config.crop == cfg.train_pipeline[2].crop_size
    assert 'reduce_zero_label' not in str(cfg.train_dataloader) and 'IoUMetric' not in cfg.pretty_text
    assert cfg.optim_wrapper.optimizer.lr == 6e-5  # the recipe's
    # The colors and the cap are those of the bins, also when these are changed.
    assert 'max_depth' not in cfg.visualizer and 'max_depth' not in cfg.val_evaluator


@pytest.mark.sliced(every=9)
@pytest.mark.parametrize('bins', ['sid71', 'ud255', 'sid2'])
@pytest.mark.parametrize('data', ['folder', 'kitti', 'nyu'])
def test_data_sets_go_with_every_kind_of_bins(data, bins, tmp_path):
    trial = save_verified(write_config(read_recipe(SEGFORMER), data, bins_of_name(bins), tmp_path), tmp_path / 'a.py')
    assert trial.losses['loss'] > 0


def test_crops_are_the_recipes_as_far_as_the_images_reach():
    model = dict(backbone=dict(type='ResNet'), data_preprocessor=dict(size=(512, 1024)))
    assert fit_crop(model)[0] == (512, 1024)
    assert fit_crop(model, (375, 1242))[0] == (352, 1024)
    assert fit_crop(model, (128, 416))[0] == (128, 416)
    assert fit_crop(model, (375, 1242), (256, 512)) == ((256, 512), 'as asked for')
    assert fit_crop(dict(model, backbone=dict(type='BEiT')), (375, 1242))[0] == (352, 352)
    with pytest.raises(ValueError, match='square'):
        fit_crop(dict(model, backbone=dict(type='MAE')), None, (256, 512))
    with pytest.raises(ValueError, match='--crop'):
        fit_crop(dict(backbone=dict(type='ResNet')))


def test_only_what_must_change_in_a_model_does():
    model = dict(
        type='EncoderDecoder', backbone=dict(type='ResNet'), data_preprocessor=dict(size=(64, 96)),
        decode_head=dict(type='FCNHead', num_classes=19, loss_decode=dict(type='CrossEntropyLoss')))
    head = dict(loss_decode=list(DEPTH_LOSSES))
    assert adapt_model(model, SID, (64, 96)) == (
        dict(type='DepthClassifier', bins=SID, decode_head=head), [DEPTH_LOSSES_NOTE])
    model['decode_head']['loss_decode'].update(use_sigmoid=True, class_weight=[1.0] * 19)
    model.update(test_cfg=dict(mode='slide', crop_size=(512, 512), stride=(340, 340)),
                 auxiliary_head=[dict(type='STDCHead', num_classes=2)])
    changes, notes = adapt_model(model, SID, (64, 96))
    assert changes['decode_head'] == head
    assert changes['test_cfg'] == dict(mode='slide', crop_size=(64, 96), stride=(42, 64))
    for note in ('test_cfg: sliding', 'class_weight of 19 classes', 'STDCHead is left alone'):
        assert sum(note in each for each in notes) == 1


CE, FOCAL, OHEM = dict(type='CrossEntropyLoss'), dict(type='FocalLoss', use_sigmoid=True), dict(type='OHEMPixelSampler')
DICE = dict(type='DiceLoss')


@pytest.mark.parametrize('head, expected, note', [
    (dict(), list(DEPTH_LOSSES), DEPTH_LOSSES_NOTE),
    (dict(loss_decode=[dict(CE, use_sigmoid=True)]), list(DEPTH_LOSSES), DEPTH_LOSSES_NOTE),
    (dict(loss_decode=dict(CE, loss_weight=0.4)), [dict(loss, loss_weight=0.4) for loss in DEPTH_LOSSES],
     DEPTH_LOSSES_NOTE),
    (dict(loss_decode=dict(CE, type='mmseg.CrossEntropyLoss')), list(DEPTH_LOSSES), DEPTH_LOSSES_NOTE),
    (dict(loss_decode=dict(CE, class_weight=[1.0] * 71)), None, 'CrossEntropyLoss stays'),
    (dict(loss_decode=FOCAL), None, 'FocalLoss stays'),
    (dict(loss_decode=DICE), None, 'DiceLoss stays'),
    (dict(loss_decode=DICE), None, 'DiceLoss counts pixels without depth too'),
    (dict(loss_decode=[CE, DICE]), None, 'CrossEntropyLoss, DiceLoss stays'),
    (dict(loss_decode=CE, sampler=OHEM), None, 'CrossEntropyLoss stays, of the pixels of OHEMPixelSampler'),
    (dict(loss_decode=[dict(CE, use_sigmoid=True), DICE]), [dict(CE, use_sigmoid=False), DICE], 'use_sigmoid: False'),
])
def test_cross_entropy_becomes_the_losses_of_depth_and_what_else_there_is_stays(head, expected, note):
    model = dict(backbone=dict(type='ResNet'), data_preprocessor=dict(size=(64, 96)),
                 decode_head=dict(head, type='FCNHead', num_classes=19))
    changes, notes = adapt_model(model, SID, (64, 96))
    assert changes.get('decode_head', {}).get('loss_decode') == expected
    assert sum(note in each for each in notes) == 1


def test_hooks_and_imports_of_a_recipe_stay(tmp_path):
    mine = tmp_path / 'mine.py'
    mine.write_text(f"_base_ = 'mmseg::segformer/{SEGFORMER}'\ncustom_imports = dict(imports='json')\n"
                    "custom_hooks = [dict(type='EMAHook')]\nval_dataloader = dict(batch_size=4)\n")
    config = write_config(read_recipe(str(mine)), 'minidrive', SID, tmp_path)
    save_verified(config, tmp_path / 'depth.py', trial=False)
    cfg = Config.fromfile(tmp_path / 'depth.py')
    assert cfg.custom_imports.imports == ['json', 'mmdepthcls'] and cfg.val_dataloader.batch_size == 1
    assert [hook.type for hook in cfg.custom_hooks] == [
        'EMAHook', 'FiniteLossHook', 'FiniteLoaderHook', 'ResumeBinsHook', 'WorkFolderHook']


def test_a_config_that_does_not_work_is_not_left_behind(tmp_path):
    mine = tmp_path / 'mine.py'
    mine.write_text(f"_base_ = 'mmseg::segformer/{SEGFORMER}'\n"
                    'model = dict(decode_head=dict(in_channels=[1, 2, 3, 4]))')
    config = write_config(read_recipe(str(mine)), 'minidrive', SID, tmp_path)
    with pytest.raises(ValueError, match='different numbers of channels'):
        save_verified(config, tmp_path / 'depth.py')
    assert [path.name for path in tmp_path.glob('*.py')] == ['mine.py']


@pytest.mark.parametrize('name', ['sid', '71', 'dorn71', 'sid71x', 'SID 71'])
def test_other_names_are_no_bins(name):
    with pytest.raises(ValueError, match='such as sid71'):
        bins_of_name(name)


@pytest.mark.parametrize('name, limits', [('sid256', {}), ('sid1', {}), ('sid71', dict(max_depth=float('nan'))),
                                          ('ud8', dict(max_depth=float('inf'))), ('sid8', dict(min_depth=0.0))])
def test_bins_that_there_cannot_be_are_refused(name, limits):
    with pytest.raises(ValueError, match='Bins'):
        bins_of_name(name, **limits)


def test_names_of_bins_and_recipes():
    assert bins_of_name('sid71') == bins_of_name('SID71') == SID
    assert bins_of_name('ud8', max_depth=10.0) == dict(type='UDBins', min_depth=0.0, max_depth=10.0, num_bins=8)
    assert short_name(SEGFORMER) == 'segformer_mit-b0'


def test_a_part_of_a_recipe_is_refused(tmp_path):
    with pytest.raises(ValueError, match='no train_dataloader.*part of a recipe'):
        write_config(read_recipe('_base_/models/fcn_r50-d8.py'), 'kitti', SID, tmp_path)
