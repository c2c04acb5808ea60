"""Reading recipes, and refusing those that cannot classify depth with a reason that a person understands."""
import re

import pytest

import mmdepthcls  # noqa: F401  (imported only to register)
from mmdepthcls.commands.make_config.recipe import pretrained_weights, read_recipe, why_no_depth
from mmdepthcls.commands.make_config.recipe_file import shipped_configs
from mmdepthcls.models.head_config import UNFIT_HEADS, fit_heads

SEGFORMER = 'segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512.py'
pytestmark = pytest.mark.usefixtures('mmseg_scope')


@pytest.mark.parametrize('name', [SEGFORMER, f'mmseg::{SEGFORMER}', SEGFORMER.split('/')[1],
                                  SEGFORMER.split('/')[1].removesuffix('.py'), str(shipped_configs() / SEGFORMER)])
def test_a_recipe_is_found_by_any_of_its_names(name, tmp_path):
    recipe = read_recipe(name)
    assert recipe.path == shipped_configs() / SEGFORMER
    assert recipe.base_from(tmp_path) == f'mmseg::{SEGFORMER}'


def test_a_file_of_ones_own_is_named_by_its_path(tmp_path):
    path = tmp_path / 'a' / 'mine.py'
    path.parent.mkdir()
    path.write_text("model = dict(type='EncoderDecoder')")
    assert read_recipe(str(path)).base_from(tmp_path / 'b') == '../a/mine.py'


def test_a_recipe_that_imports_its_classes_is_refused():
    cfg = read_recipe(SEGFORMER).cfg
    cfg.model.type = dict
    assert 'lazy configs' in why_no_depth(cfg)


def test_a_file_without_a_model_is_refused(tmp_path):
    path = tmp_path / 'data.py'
    path.write_text('x = 1')
    with pytest.raises(ValueError, match='has no model'):
        read_recipe(str(path))
    path.write_text('x = 1 / 0')
    with pytest.raises(ValueError, match='cannot be read: .*division'):
        read_recipe(str(path))


@pytest.mark.parametrize('name, reason', [
    ('maskformer/maskformer_r50-d32_8xb2-160k_ade20k-512x512.py', 'MaskFormerHead classifies masks, not pixels'),
    ('mask2former/mask2former_r50_8xb2-160k_ade20k-512x512.py', 'Mask2FormerHead classifies masks, not pixels'),
    ('knet/knet-s3_r50-d8_fcn_8xb2-adamw-80k_ade20k-512x512.py', 'IterativeDecodeHead refines .*K-Net'),
    ('pidnet/pidnet-s_2xb6-120k_1024x1024-cityscapes.py', 'PIDHead learns from maps of the edges'),
    ('ocrnet/ocrnet_hr18_4xb2-40k_cityscapes-512x1024.py', 'CascadeEncoderDecoder is a cascade'),
    ('point_rend/pointrend_r50_4xb2-80k_cityscapes-512x1024.py', 'CascadeEncoderDecoder is a cascade'),
    ('san/san-vit-b16_coco-stuff164k-640x640.py', 'MultimodalEncoderDecoder compares pixels with the names'),
    ('vpd/vpd_sd_4xb8-25k_nyu-512x512.py', 'DepthEstimator regresses depth itself'),
])
def test_what_cannot_classify_depth_is_refused_with_the_reason(name, reason):
    assert re.search(reason, why_no_depth(read_recipe(name).cfg))


def test_a_missing_package_and_images_of_many_channels_are_refused():
    cfg = read_recipe(SEGFORMER).cfg
    assert why_no_depth(cfg) is None
    cfg.custom_imports = dict(imports='no_such_package.models')
    assert why_no_depth(cfg) == 'needs the package no_such_package, which is not installed'
    cfg.model.backbone.in_channels = 25
    assert why_no_depth(cfg) == 'the backbone takes images of 25 channels, not of 3'


@pytest.mark.parametrize('head', sorted(UNFIT_HEADS))
def test_a_model_with_such_a_head_is_refused_too(head):
    with pytest.raises(ValueError, match=rf'decode_head: {head} .*docs/models\.md'):
        fit_heads(dict(type=head), 71, 'decode_head')


def test_a_part_is_read_where_its_folder_is_given():
    assert read_recipe('_base_/models/bisenetv2.py').path.name == 'bisenetv2.py'


@pytest.mark.parametrize('name, weights', [
    (SEGFORMER, 'mit_b0'), ('fcn/fcn_r50-d8_4xb2-40k_cityscapes-512x1024.py', 'open-mmlab://resnet50_v1c'),
    ('fastscnn/fast_scnn_8xb4-160k_cityscapes-512x1024.py', None),
    ('bisenetv2/bisenetv2_fcn_4xb4-160k_cityscapes-1024x1024.py', None)])
def test_weights_that_a_recipe_begins_with(name, weights):
    found = pretrained_weights(read_recipe(name).cfg.model)
    assert len(found) == (weights is not None) and all(weights in each for each in found)


def test_weights_in_lists_and_switches():
    model = dict(type='A', backbone=dict(pretrained=True), heads=[dict(init_cfg=[
        dict(type='Normal', std=1.0), dict(type='Pretrained', checkpoint='b.pth')]), dict(pretrained='')])
    assert pretrained_weights(model) == ['those of the backbone (pretrained=True)', 'b.pth']
