"""Finding the files of recipes by any of their names."""
import pytest

from mmdepthcls.commands.make_config.recipe_file import find_recipe, shipped_configs, shipped_models


def test_names_that_are_like_an_unknown_one_are_told():
    with pytest.raises(FileNotFoundError, match=r'segformer_mit-b9\.py is neither .* segformer/segformer_mit-b0_'):
        find_recipe('segformer_mit-b9.py')


def test_every_shipped_model_file_is_listed():
    names = [path.name for path in shipped_models()]
    assert len(names) >= 50 and {'upernet_swin.py', 'fcn_r50-d8.py', 'vpd_sd.py'} <= set(names)


@pytest.mark.parametrize('name, told', [
    ('fastscnn', 'fastscnn/fast_scnn_8xb4-160k_cityscapes-512x1024.py'),
    ('Fast-SCNN', 'fastscnn/fast_scnn_8xb4-160k_cityscapes-512x1024.py'),
    ('bisenetv2', 'bisenetv2/bisenetv2_fcn_4xb4-160k_cityscapes-1024x1024.py'),
    ('bisenetv2.py', 'is only a part of recipes'),
    ('segfromer', 'segformer/segformer_mit-b0_8xb2'),
])
def test_an_unknown_name_is_answered_with_whole_recipes(name, told):
    with pytest.raises(FileNotFoundError) as caught:
        find_recipe(name)
    names = str(caught.value).partition('Recipes with such a name: ')[2].partition(' and ')[0].split(', ')
    assert told in str(caught.value) and 1 <= len(names) <= 5
    assert all((shipped_configs() / each).is_file() and '_base_' not in each for each in names)


def test_without_mmsegmentation_that_is_said(monkeypatch):
    monkeypatch.setattr('importlib.machinery.PathFinder.find_spec', lambda name: None)
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    with pytest.raises(ModuleNotFoundError) as caught:
        find_recipe('segformer_mit-b0')
    assert caught.value.name == 'mmseg'


def test_a_checkout_that_is_installed_in_place_is_found(monkeypatch):
    """Its folder is known to a finder of its own, not on the path."""
    root = shipped_configs()
    monkeypatch.setattr('importlib.machinery.PathFinder.find_spec', lambda name: None)
    assert shipped_configs() == root
