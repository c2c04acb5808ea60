"""The submission to KITTI's benchmark: what goes in, what is refused, and what a reader finds."""
import io
import shutil
import zipfile
import zlib

import cv2
import numpy as np
import pytest
from small_data import BUILDERS

from mmdepthcls.evaluation.files.submission import FILES, SubmissionWriter, check_submission, write_submission

SHAPE = (352, 1216)
ALIKE = 25
FOLDER = 'test_depth_prediction_anonymous/image'


def depth_of(index):
    """A prediction that is quick to compress, the same for each 25 images."""
    depth = np.full(SHAPE, 2.0 + index // ALIKE / 10, np.float32)
    depth[0, :6] = [1e-6, 0.001, 1 / 3, 255.99, 256, 1e9]
    return depth


@pytest.fixture(scope='module')
def submission(tmp_path_factory):
    """A complete one: the zip. Images that are alike are encoded once and copied."""
    writer = SubmissionWriter(tmp_path_factory.mktemp('submission'))
    for index, name in enumerate(FILES):
        first = FILES[index - index % ALIKE]
        if name == first:
            writer.add(f'{FOLDER}/{name}', depth_of(index))
        else:
            shutil.copy(writer.folder / first, writer.folder / name)
            writer.written[name] = writer.written[first]
    return writer.finish()


@pytest.mark.long
def test_all_images_are_written_as_each_is(submission, tmp_path):
    written = write_submission(((f'{FOLDER}/{name}', depth_of(index)) for index, name in enumerate(FILES)), tmp_path)
    assert written.read_bytes() == submission.read_bytes()


def test_a_zip_of_500_images_with_rounding_and_saturation(submission):
    with zipfile.ZipFile(submission) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f'{number:010d}.png' for number in range(500)]
        for index in (0, 123, 499):
            units = cv2.imdecode(np.frombuffer(archive.read(FILES[index]), np.uint8), cv2.IMREAD_UNCHANGED)
            assert units.dtype == np.uint16 and units.shape == SHAPE
            assert units[0, :6].tolist() == [1, 1, 85, 65533, 65535, 65535]
            assert np.unique(units[1:]).tolist() == [round(256 * float(depth_of(index)[1, 0]))]
    assert sorted(path.name for path in submission.parent.iterdir()) == [*FILES, 'submission.zip']
    check_submission(submission, {name: depth_of(index) for index, name in enumerate(FILES) if index % 50 == 0})


@pytest.mark.long
def test_the_same_predictions_are_the_same_bytes(submission, tmp_path):
    writer = SubmissionWriter(tmp_path / 'again')
    writer.folder.mkdir()
    for name in FILES:
        (writer.folder / name).write_bytes((submission.parent / name).read_bytes())
    writer.add(FILES[0], depth_of(0))
    others = {name: crc_of(submission.parent / name) for name in FILES}
    assert writer.finish(others).read_bytes() == submission.read_bytes()


def crc_of(path):
    return zlib.crc32(path.read_bytes())


@pytest.fixture
def parts(submission, tmp_path):
    """Two processes' writers with all images in one folder; only a few were really encoded, the others are copied."""
    writers = SubmissionWriter(tmp_path), SubmissionWriter(tmp_path)
    for index, name in enumerate(FILES):
        (tmp_path / name).write_bytes((submission.parent / name).read_bytes())
        writers[index % 2].written[name] = crc_of(tmp_path / name)
    for index in (0, 1, 2):
        writers[index % 2].add(f'{FOLDER}/{FILES[index]}', depth_of(index))
    writers[1].add(f'{FOLDER}/{FILES[0]}', depth_of(0))  # a sampler that fills up shows an image twice
    return writers


@pytest.mark.long
def test_several_processes_write_into_one_folder_and_one_finishes(parts, submission):
    first, second = parts
    assert first.finish(second.written).read_bytes() == submission.read_bytes()


def test_nothing_is_zipped_that_was_not_written_now(parts):
    first, second = parts
    # The files are all there, perhaps from an earlier run: but nobody says that they were written now.
    with pytest.raises(ValueError, match='is 500 images, got 250; missing are 0000000001.png, .* and 245 more'):
        first.finish()
    del second.written[FILES[7]]
    with pytest.raises(ValueError, match='got 499; missing are 0000000007.png. Predict all'):
        first.finish(second.written)
    second.written[FILES[7]] = 1
    with pytest.raises(ValueError, match='0000000007.png is not what was written'):
        first.finish(second.written)
    assert not [path for path in first.folder.iterdir() if path.suffix != '.png']


def changed(value, shape=SHAPE):
    depth = np.full(shape, 5.0)
    depth[3, 4:7] = value
    return depth


@pytest.mark.parametrize('name, depth, message', [
    ('0000000500.png', changed(5), '0000000500.png: expected a test image of the KITTI benchmark'),
    ('drive/image_02/data/5.png', changed(5), 'data/5.png: expected a test image'),
    (FILES[1], changed(5, (375, 1242)), '0000000001.png: expected .* 352 x 1216 pixels.*got 375 x 1242'),
    (FILES[1], changed(5, (1216, 352)), 'got 1216 x 352'),
    (FILES[1], changed(5)[None], 'got 1 x 352 x 1216'),
    *((FILES[1], changed(value), '0000000001.png: 3 of 428032 predictions are NaN, infinite, zero or negative.*Clamp')
      for value in (np.nan, np.inf, -np.inf, 0, -1)),
], ids=lambda value: value if isinstance(value, str) else '')
def test_what_the_server_cannot_take_is_refused_and_not_written(tmp_path, name, depth, message):
    writer = SubmissionWriter(tmp_path / 'out')
    with pytest.raises(ValueError, match=message):
        writer.add(name, depth)
    assert not (tmp_path / 'out').exists() and writer.written == {}


def test_two_images_of_one_name_are_refused(tmp_path):
    writer = SubmissionWriter(tmp_path)
    writer.add(f'one/{FILES[0]}', depth_of(0))
    with pytest.raises(ValueError, match=f'two/{FILES[0]} and one/{FILES[0]} would both be {FILES[0]}'):
        writer.add(f'two/{FILES[0]}', depth_of(1))


def test_too_few_predictions_are_refused(tmp_path):
    with pytest.raises(ValueError, match='a submission is 500 images, got 2; missing are 0000000002.png'):
        write_submission({name: depth_of(0) for name in FILES[:2]}, tmp_path)
    assert not (tmp_path / 'submission.zip').exists()


# ---------------------------------------------------------------------------------------------------------- the reader
def png(depth):
    return BUILDERS.png_bytes(depth)


@pytest.mark.parametrize('change, message', [
    ({FILES[3]: None}, 'got 499 files; missing are 0000000003.png'),
    ({'readme.txt': b'x'}, 'got 501 files; there are also readme.txt'),
    ({FILES[3]: None, f'image/{FILES[3]}': b'x'}, 'missing are 0000000003.png'),
    ({FILES[3]: png(np.ones(SHAPE, np.uint8))}, '0000000003.png: expected 16-bit depth, got 8 bits'),
    ({FILES[3]: png(np.ones((*SHAPE, 3), np.uint16))}, r'expected 1 channel\(s\) of depth, got 3'),
    ({FILES[3]: png(np.ones((375, 1242), np.uint16))}, 'expected 352 x 1216 pixels, got 375 x 1242'),
    ({FILES[3]: png(np.zeros(SHAPE, np.uint16))}, '428032 pixels are 0, which is "no prediction"'),
    ({FILES[3]: png(np.ones(SHAPE, np.uint16))[:-30]}, '0000000003.png: the PNG is truncated'),
    ({FILES[3]: b'JPEG'}, '0000000003.png: expected a PNG file'),
], ids=['one is missing', 'another file', 'in a folder', '8 bits', 'color', 'size', 'zeros', 'cut off', 'no PNG'])
def test_the_reader_says_what_is_wrong(submission, tmp_path, change, message):
    path = tmp_path / 'changed.zip'
    with zipfile.ZipFile(submission) as archive, zipfile.ZipFile(path, 'w') as other:
        for name in archive.namelist():
            content = change.get(name, archive.read(name))
            if content is not None:
                other.writestr(name, content)
        for name in set(change) - set(FILES):
            other.writestr(name, change[name])
    with pytest.raises(ValueError, match=f'changed.zip.*{message}'):
        check_submission(path)


@pytest.mark.long
def test_the_reader_compares_with_what_was_predicted(submission):
    near, far = depth_of(3), depth_of(3)
    near[5, 5] = round(float(near[5, 5]) * 256) / 256 + 1 / 600
    check_submission(submission, {FILES[3]: near})
    far[5, 5] += 1 / 200
    with pytest.raises(ValueError, match='0000000003.png: 1 pixels are not what was predicted, at worst by 0.00'):
        check_submission(submission, {f'{FOLDER}/{FILES[3]}': far})
    with pytest.raises(ValueError, match='x.png: expected a test image'):
        check_submission(submission, {'x.png': far})


def test_what_is_no_zip_or_a_damaged_one_is_refused(submission, tmp_path):
    data = bytearray(submission.read_bytes())
    (tmp_path / 'cut.zip').write_bytes(data[:len(data) // 2])
    data[1000] ^= 255
    (tmp_path / 'flipped.zip').write_bytes(data)
    twice = io.BytesIO(submission.read_bytes())
    with zipfile.ZipFile(twice, 'a') as archive, pytest.warns(UserWarning, match='Duplicate'):
        archive.writestr(FILES[0], b'x')
    (tmp_path / 'twice.zip').write_bytes(twice.getvalue())
    for name, message in (('cut', 'not a zip'), ('flipped', 'damaged'), ('twice', 'twice there are 0000000000.png')):
        with pytest.raises(ValueError, match=message):
            check_submission(tmp_path / f'{name}.zip')
