"""Models that the page offers."""
import shutil

import pytest

from mmdepthcls.apis.loaded_model import shipped_model
from mmdepthcls.commands.app.offered_model import load_models, names_of


@pytest.mark.parametrize(('paths', 'expected'), [
    (['a/b.onnx', 'c.safetensors'], ['b.onnx', 'c.safetensors']),
    (['run1/m.safetensors', 'run2/m.safetensors'], ['run1/m.safetensors', 'run2/m.safetensors']),
    (['x/a/m', 'y/a/m', 'z'], ['x/a/m', 'y/a/m', 'z']),
    (['secret/z', 'a/m', 'm', 'b/a/m'], ['z', None, None, 'b/a/m'])])
def test_names_tell_files_apart(paths, expected):
    names = names_of(paths)
    assert len(set(names)) == len(paths)
    assert all(name == wanted for name, wanted in zip(names, expected, strict=True) if wanted)


def test_a_file_that_is_given_twice():
    with pytest.raises(ValueError, match='b.onnx is given twice'):
        names_of(['a.onnx', 'b.onnx', './b.onnx'])


def test_the_model_of_the_package_is_provisional_wherever_it_lies(models, tmp_path):
    assert models[0].provisional and models[0].outputs == ('confidence', 'interval') and models[0].coverage == 0.9
    assert load_models([shipped_model()], 'cpu')[0].provisional
    copy = shutil.copy(shipped_model(), tmp_path / 'other.safetensors')
    assert not load_models([copy], 'cpu')[0].provisional


def test_a_camera_of_one_picture_is_not_the_models(models):
    model = models[0]
    inferencer = model.of_camera(100.0, None)
    assert inferencer.cameras.said(None, (50, 50)).focal_px == 100
    assert model.inferencer.cameras.said(None, (50, 50)) is None
    assert inferencer.loaded is model.inferencer.loaded and inferencer._lock is model.inferencer._lock


def test_what_is_no_model_is_named(tmp_path):
    path = tmp_path / 'notes.safetensors'
    path.write_text('these are words')
    with pytest.raises(ValueError, match='notes.safetensors'):
        load_models([str(path)], 'cpu')
