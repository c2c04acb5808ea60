"""Predictions as programs name them, with real files."""
import json

import cv2
import numpy as np
import pytest

from mmdepthcls.datasets.depth_format import DepthFormat
from mmdepthcls.evaluation.files.prediction_files import find_predictions
from mmdepthcls.evaluation.files.prediction_pairs import pair_predictions, unmatched

NAMES = ['000.png', '001.png', '010.png']
DEPTH = np.full((4, 5), 7, np.float32)


@pytest.fixture
def write(tmp_path):
    """Writes files by their names: arrays, or PNGs of ``bits``."""
    def write_files(*names, bits=8):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == '.png':
                cv2.imwrite(str(path), DEPTH.astype(np.uint8 if bits == 8 else np.uint16))
            else:
                np.save(path, DEPTH)
        return tmp_path

    return write_files


def pair(folder, names=None, **options):
    return pair_predictions(folder, find_predictions(folder), names or NAMES, **options)


@pytest.mark.parametrize('front, behind', [
    ('', '_raw_depth_meter'), ('', '_depth'), ('', '_pred'), ('', '-disp'), ('', '.depth'), ('', 'depth'),
    ('pred_', ''), ('depth-', ''), ('out/depth_', '')])
def test_one_word_in_all_names(write, front, behind):
    files = [f'{front}{name[:-4]}{behind}.npy' for name in NAMES]
    pairs = pair(write(*files))
    assert pairs.found == dict(zip(NAMES, files, strict=True))
    word = front.split('/')[-1] or behind
    assert len(pairs.notes) == 1 and repr(word) in pairs.notes[0] and 'each prediction is named' in pairs.notes[0]


def test_a_word_in_the_names_of_the_ground_truth(write):
    names = ['a_gt.png', 'b_gt.png']
    pairs = pair(write('a.npy', 'b.npy'), names)
    assert pairs.found == {'a_gt.png': 'a.npy', 'b_gt.png': 'b.npy'}
    assert 'each ground truth is named' in pairs.notes[0]


@pytest.mark.parametrize('front, behind', [('pred_', '_depth'), ('run1_', '_v2'), ('depth', '.raw')])
def test_a_word_in_front_and_one_behind(write, front, behind):
    files = [f'{front}{name[:-4]}{behind}.npy' for name in NAMES]
    folder = write(*files, *(file.replace('.npy', '_color.png') for file in files))
    pairs = pair(folder)
    assert pairs.found == dict(zip(NAMES, files, strict=True))
    assert f'{front!r} in front and {behind!r} behind' in pairs.notes[0]
    names = [f'{front}{name}' for name in NAMES]
    assert pair(folder, names).found == dict(zip(names, files, strict=True)), 'one word comes first'


def test_of_two_words_around_the_most_common_count_and_others_are_refused(write):
    folder = write('run1_1_depth.npy', 'run1_2_depth.npy')
    assert pair(folder, ['1.png', '2.png']).found == {'1.png': 'run1_1_depth.npy', '2.png': 'run1_2_depth.npy'}
    write('run1_1_conf.npy', 'run1_2_conf.npy')
    with pytest.raises(ValueError, match=r"run1_1_conf.npy \('run1_' '_conf'\).*'_depth'.*--pred-affix WORD"):
        pair(folder, ['1.png', '2.png'])
    pairs = pair(folder, ['1.png', '2.png'], affix='_depth')
    assert pairs.found == {'1.png': 'run1_1_depth.npy', '2.png': 'run1_2_depth.npy'}


def test_equal_names_come_first_and_numbers_are_not_cut(write):
    assert pair(write('000.npy', '000_depth.npy', '0000.npy')).found == {'000.png': '000.npy'}
    assert pair(write(), ['1.png', '2.png']).found == {}


def test_folders_stay_apart(write):
    names = ['a/0.png', 'b/0.png']
    assert pair(write('a/0_depth.npy', 'b/0_depth.npy'), names).found == {
        'a/0.png': 'a/0_depth.npy', 'b/0.png': 'b/0_depth.npy'}


def test_several_words_are_refused_unless_one_is_named(write):
    folder = write('000_depth.npy', '000_confidence.npy', '001_depth.npy')
    with pytest.raises(ValueError, match=r"'_confidence'.*'_depth'.*--pred-affix WORD"):
        pair(folder)
    for affix in ('_depth', '_depth.npy'):
        pairs = pair(folder, affix=affix)
        assert pairs.found == {'000.png': '000_depth.npy', '001.png': '001_depth.npy'}
        assert unmatched(folder, find_predictions(folder), pairs) == ['000_confidence.npy']
    with pytest.raises(ValueError, match="no prediction .* has '_disp'"):
        pair(folder, affix='_disp')


@pytest.mark.parametrize('files', [
    ('000.npy', '001.npy'), ('000_depth.npy', '001_depth.npy'), ('npy/000.npy', 'npy/001.npy')])
@pytest.mark.parametrize('picture', ['{}.png', 'vis/{}.png'])
def test_pictures_beside_arrays_are_passed_over(write, files, picture):
    folder = write(*files, *(picture.format(file.split('/')[-1][:-4]) for file in files))
    pairs = pair(folder)
    assert list(pairs.found.values()) == list(files)
    assert [note for note in pairs.notes if 'Pictures: 2 PNGs of 8 bits' in note]
    assert unmatched(folder, find_predictions(folder), pairs) == []


def test_pictures_with_another_word_are_no_choice(write):
    folder = write('000_depth.npy', '001_depth.npy', '000_vis.png', '001_vis.png')
    assert pair(folder).found == {'000.png': '000_depth.npy', '001.png': '001_depth.npy'}


def test_two_files_with_depth_are_refused(write):
    with pytest.raises(ValueError, match='both .* may be the prediction for 000.png'):
        pair(write('000.npy', '000.png', bits=16))
    with pytest.raises(ValueError, match='both .* may be the prediction for 000.png'):
        pair(write('000.npy', '000.png'), depth_format=DepthFormat(bits=8, scale=25.5))


def test_pictures_alone_are_left_to_the_reader(write):
    pairs = pair(write('000.png'))
    assert pairs.found == {'000.png': '000.png'} and pairs.notes == []


def test_what_predict_wrote_beside_depth_is_not_left_over(write):
    depth = ['000.png', '001.png', '777.png']
    folder = write('color_bar.png', 'mine.png', *(f'{name[:-4]}_color.png' for name in depth))
    write(*depth, '000_std.png', '777_std.png', bits=16)
    pairs = pair(folder)
    assert pairs.found == {'000.png': '000.png', '001.png': '001.png'}
    everything = unmatched(folder, find_predictions(folder), pairs)
    assert len(everything) == 8, 'nothing is known of who wrote them'
    lines = [dict(settings={})] + [dict(files=[name, f'{name[:-4]}_color.png', f'{name[:-4]}_std.png'])
                                   for name in depth]
    text = ''.join(json.dumps(line) + '\n' for line in lines)
    (folder / 'predictions.jsonl').write_text(text + '{"files": ["mine')
    assert unmatched(folder, find_predictions(folder), pairs) == ['777.png', '777_std.png', 'mine.png']
    for damaged in (text + '{}\n', text + '[\n', text + '{"files": [[]]}\n'):
        (folder / 'predictions.jsonl').write_text(damaged)
        assert unmatched(folder, find_predictions(folder), pairs) == everything
