"""In which unit analyze-bins has read depth, and its doubts: of real files."""
import cv2
import numpy as np
import pytest

from mmdepthcls.commands.analyze_bins.depth_tally import frames_of_folder, tally_depth
from mmdepthcls.commands.analyze_bins.reading_unit import unit_remarks
from mmdepthcls.datasets.depth_format import DepthFormat

STREET = np.geomspace(5, 70, 2000).reshape(40, 50)  # m
ROOM = np.geomspace(0.8, 6, 2000).reshape(40, 50)


def remarks_of(folder, metres, stored, name='a.png', is_known=False, **given):
    values = metres * stored
    if name.endswith('.png'):
        cv2.imwrite(str(folder / name), np.rint(values).astype(np.uint16))
    else:
        np.save(folder / name, values.astype(np.float32))
    frames = frames_of_folder(folder, DepthFormat(**given, spelling='--gt-{option} {value}'))
    return unit_remarks(tally_depth(frames, workers=1, progress=False), frames, is_known)


@pytest.mark.parametrize('metres', [STREET, ROOM])
@pytest.mark.parametrize(('name', 'stored', 'given', 'words'), [
    ('a.png', 256, {}, "stored numbers / 256 are metres (KITTI's unit"),
    ('a.png', 900, dict(scale=900), 'stored numbers / 900 are metres (as given)'),
    ('a.npy', 1, {}, 'floating point as it is'),
    ('a.npy', 1000, dict(scale=1000), 'stored numbers / 1000 are metres (millimetres, as given)')])
def test_the_right_unit_is_said_without_a_doubt(tmp_path, metres, name, stored, given, words):
    text, = remarks_of(tmp_path, metres, stored, name, **given)
    assert text.startswith('Unit: ') and words in text
    assert text.endswith('If that is wrong: --gt-scale 1000 for millimetres.')


@pytest.mark.parametrize(('metres', 'stored', 'name', 'given', 'unit'), [
    (STREET, 1000 * 0.9, 'a.png', {}, '--gt-scale 1000 (millimetres)'),
    (STREET, 256, 'a.png', dict(scale=1000 * 256), '--gt-scale 256 (metres * 256)'),
    (STREET, 1000, 'a.npy', {}, '--gt-scale ... says the stored units per metre'),
    (ROOM, 100, 'a.npy', dict(scale=1), '--gt-scale 100 (centimetres)'),
    (ROOM, 1000, 'a.npy', dict(scale=1), '--gt-scale ... says the stored units per metre, 1000 for millimetres')])
def test_what_is_neither_room_nor_street_is_doubted(tmp_path, metres, stored, name, given, unit):
    _, doubt = remarks_of(tmp_path, metres, stored, name, **given)
    assert doubt.startswith('Doubt: the median depth is ') and unit in doubt


def test_what_is_known_or_no_stored_depth_is_not_doubted(tmp_path):
    assert len(remarks_of(tmp_path, STREET, 900, is_known=True)) == 1
    text, = remarks_of(tmp_path, STREET, 900, focal_baseline=100, scale=256)
    assert text == 'Unit: disparity, of which depth is 100 / pixels.'
