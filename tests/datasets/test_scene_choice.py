"""Scenes that a config names, and lists that are not where they should be."""
import pytest

from mmdepthcls.datasets.scene_choice import chosen_scenes, scene_names

KNOWN = ['a', 'b', 'c', 'd', 'e']


def test_names_and_lists(tmp_path):
    (tmp_path / 'train.txt').write_text('# of the office\nc\n\n a \n')
    assert scene_names('train.txt', str(tmp_path), 'Rooms') == ('c', 'a')
    assert chosen_scenes('train.txt', KNOWN, str(tmp_path), 'Rooms') == ['a', 'c']
    assert chosen_scenes('d', KNOWN, '.', 'Rooms') == ['d'] == chosen_scenes(('d', 'd'), KNOWN, '.', 'Rooms')


def test_mistakes(tmp_path):
    root = tmp_path / 'scans'
    (root / 'scene0').mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=f"Rooms: .*a folder a line; scenes=.* {root} holds scene0"):
        scene_names('train.txt', str(root), 'Rooms')
    (tmp_path / 'train.txt').write_text('scene0')
    with pytest.raises(FileNotFoundError, match=f"one in {tmp_path}: set data_root='{tmp_path}' if .* or copy"):
        scene_names('train.txt', str(root), 'Rooms')
    with pytest.raises(FileNotFoundError, match='There is no folder .*nowhere'):
        scene_names('train.txt', str(tmp_path / 'nowhere'), 'Rooms')
    (tmp_path / 'empty.txt').write_text('#\n')
    for none in ('empty.txt', []):
        with pytest.raises(ValueError, match='Rooms: scenes names none'):
            scene_names(none, str(tmp_path), 'Rooms')
    with pytest.raises(ValueError, match="no scene 'x', 'y' in this split; there are a, b, c, d and 1 more"):
        chosen_scenes(['x', 'a', 'y'], KNOWN, '.', 'Rooms')
