"""What commands may write over: their own earlier output, and nothing else."""
import json
import struct
import zlib

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from mmdepthcls.commands.running import outputs
from mmdepthcls.commands.running.program import UsageError
from mmdepthcls.evaluation.files.prediction_files import PredictionWriter

KNOWN = outputs.json_with('protocols', 'complete', format='mine')


@pytest.mark.parametrize(('content', 'ours'), [
    (json.dumps(dict(format='mine', protocols={}, complete=True)), True),
    (json.dumps(dict(format='other', protocols={}, complete=True)), False), ('[]', False),
    ('{"format": "mine"}', False), ('', False), ('no JSON', False), ('"mine"', False), ('\udcff', False)])
def test_a_file_is_known_by_its_content(tmp_path, content, ours):
    path = tmp_path / 'scores.json'
    outputs.check_output('--json', path, False, KNOWN)  # nothing there
    path.write_bytes(content.encode('utf-8', 'surrogateescape'))
    outputs.check_output('--json', path, True, KNOWN)
    if ours:
        outputs.check_output('--json', path, False, KNOWN)
    else:
        with pytest.raises(UsageError, match=r'^--json .*scores.json exists, and is no earlier .* give --force'):
            outputs.check_output('--json', path, False, KNOWN)


def test_what_is_read_is_not_written_over_even_if_forced(tmp_path):
    (tmp_path / 'a').write_text('x')
    (tmp_path / 'b').symlink_to('a')
    with pytest.raises(UsageError, match='--out: .*b would be written over .*a, which is read'):
        outputs.check_output('--out', tmp_path / 'b', True, lambda path: True, (tmp_path / 'a', 'https://host/c'))


def test_a_link_to_nothing_is_somebodys(tmp_path):
    (tmp_path / 'link.json').symlink_to('gone.json')
    with pytest.raises(UsageError):
        outputs.check_output('--json', tmp_path / 'link.json', False, KNOWN)


def test_reports_of_others_stay(tmp_path):
    def check(force=False):
        outputs.check_output_folder('--out', tmp_path, force, ('report.md', 'report.json'), ('report.json', KNOWN))

    (tmp_path / 'notes.md').write_text('mine')
    check()
    (tmp_path / 'report.md').write_text('of somebody')
    with pytest.raises(UsageError, match=r'holds report.md, which this command did not write'):
        check()
    check(force=True)
    (tmp_path / 'report.json').write_text('{"protocols": 1, "complete": 2, "format": "mine"}')
    check()


def test_folders_of_data_are_not_filled(tmp_path):
    depth = tmp_path / 'depth'
    outputs.check_filled_folder('--out', depth, False)
    (depth / 'scene').mkdir(parents=True)
    (depth / 'notes.txt').write_text('mine')
    outputs.check_filled_folder('--out', depth, False)
    PredictionWriter(depth / 'scene').write(np.ones((4, 5)), 'a.png')
    with pytest.raises(UsageError, match=r'--out .*depth holds scene/a.png'):
        outputs.check_filled_folder('--out', depth, False)
    outputs.check_filled_folder('--out', depth, True)
    outputs.mark_folder(depth)
    outputs.check_filled_folder('--out', depth, False)


def test_checkpoints_pictures_and_lists(tmp_path):
    path = tmp_path / 'out.pth'
    known = outputs.checkpoint_with(b'fitted_temperature')
    for content, ours in ((dict(state_dict={}), False), (dict(mmdepthcls=dict(fitted_temperature=1.5)), True)):
        torch.save(content, path)
        assert known(path) is ours
    path.write_bytes(b'no archive')
    assert not known(path) and not known(tmp_path / 'none')

    text = b'tEXtSoftware\0mmdepthcls'
    picture = tmp_path / 'out.png'
    tag = struct.pack('>I', len(text) - 4) + text + struct.pack('>I', zlib.crc32(text))
    for chunk, ours in ((b'', False), (tag, True)):
        picture.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk)
        assert outputs.picture()(picture) is ours
    numbers = tmp_path / 'out.json'
    for content, ours in (([], True), ([dict(a=1, b=2)], True), ([dict(a=1)], False), ([3], False), ({}, False)):
        numbers.write_text(json.dumps(content))
        assert outputs.json_list_with('a', 'b')(numbers) is ours


def test_a_signed_picture_is_known_and_the_same_picture(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    plain = cv2.imencode('.png', pixels)[1].tobytes()
    path = tmp_path / 'a.png'
    path.write_bytes(plain)
    assert not outputs.picture()(path)
    path.write_bytes(outputs.signed_picture(plain))
    assert outputs.picture()(path) and np.array_equal(cv2.imread(str(path)), pixels)
    assert Image.open(path).text == {'Software': outputs.SOFTWARE}
