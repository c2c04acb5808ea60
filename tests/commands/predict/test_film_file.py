"""Films: MPEG-4 by OpenCV, H.264 where an ffmpeg can, and never none."""
import cv2
import numpy as np
import pytest

from mmdepthcls.commands.predict.film_file import FilmFile

# Writes down how it was called, and what it is told to do with its input.
PROGRAM = '#!/bin/sh\necho "$@" > {log}\nfor last; do :; done\ninput="$5"\n{action}\n'


@pytest.fixture
def ffmpeg(tmp_path, monkeypatch):
    """Puts a program of that name on the PATH."""
    def make(action):
        folder = tmp_path / 'bin'
        folder.mkdir()
        (folder / 'ffmpeg').write_text(PROGRAM.format(log=tmp_path / 'log', action=action))
        (folder / 'ffmpeg').chmod(0o755)
        monkeypatch.setenv('PATH', f'{folder}:/usr/bin:/bin')

    return make


def write(path, size=(24, 32)):
    film = FilmFile(path, 10.0)
    for level in (0, 100, 200):
        film.add(np.full((*size, 3), level, np.uint8))
    film.finish()
    return path


def frames(path):
    film, found = cv2.VideoCapture(str(path)), []
    while True:
        done, frame = film.read()
        if not done:
            return found
        found.append(int(frame.mean()))


def test_an_ffmpeg_encodes_what_opencv_wrote(ffmpeg, tmp_path):
    ffmpeg('cp "${input#file:}" "${last#file:}" && printf more >> "${last#file:}"')
    path = write(tmp_path / 'a b.mp4')
    assert path.read_bytes().endswith(b'more') and frames(path) == pytest.approx([0, 100, 200], abs=6)
    called = (tmp_path / 'log').read_text()
    assert 'libx264' in called and 'yuv420p' in called and 'pad=ceil(iw/2)*2' in called
    assert sorted(each.name for each in tmp_path.iterdir()) == ['a b.mp4', 'bin', 'log']


@pytest.mark.parametrize('action', ['exit 1', 'exit 0', ': > "${last#file:}"', 'echo broken > "${last#file:}"; exit 1'])
def test_an_ffmpeg_that_cannot_costs_nothing(ffmpeg, tmp_path, action):
    ffmpeg(action)
    path = write(tmp_path / 'a.mp4')
    assert frames(path) == pytest.approx([0, 100, 200], abs=6)
    assert sorted(each.name for each in tmp_path.iterdir()) == ['a.mp4', 'bin', 'log']


def test_without_ffmpeg(tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', str(tmp_path))
    path = write(tmp_path / 'a.mp4')
    assert frames(path) == pytest.approx([0, 100, 200], abs=6)
    film = FilmFile(tmp_path / 'b.mp4', 10.0)
    film.add(np.zeros((8, 8, 3), np.uint8))
    film.discard()
    assert [each.name for each in tmp_path.iterdir()] == ['a.mp4']
