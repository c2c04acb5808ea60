"""The size of images is read from the manifest of their folder, where it says one."""
import pytest

from mmdepthcls.commands.make_config.depth_data import DATA


@pytest.mark.parametrize('text', ['', '[', '[]', '{"height": 96}', '{"height": "96", "width": "320"}',
                                  '{"height": -3, "width": 320}', '{"height": true, "width": 320}'])
def test_a_manifest_without_a_size_changes_nothing(text, tmp_path):
    (tmp_path / 'minidrive.json').write_text(text)
    for name in ('minidrive', 'kitti'):  # which has no manifest
        data = DATA[name].in_folder(tmp_path)
        assert data.as_found() == data and not data.measured and data.image_size == DATA[name].image_size


def test_the_folder_is_that_of_the_option_the_variable_or_the_usual_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('MINIDRIVE_ROOT', raising=False)
    folders = ('data/minidrive', 'of variable', 'of option')
    for height, folder in enumerate(folders, 1):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / 'minidrive.json').write_text(f'{{"height": {height}, "width": 320}}')
    data = DATA['minidrive']
    assert data.as_found().image_size == (1, 320)
    monkeypatch.setenv('MINIDRIVE_ROOT', 'of variable')
    assert data.as_found().image_size == (2, 320)
    given = data.in_folder('of option').as_found()
    assert given.image_size == (3, 320) and given.measured and repr(str(tmp_path / 'of option')) in given.code
