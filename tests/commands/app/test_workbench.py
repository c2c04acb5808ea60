"""What the page asks for, without the page: the same numbers as DepthInferencer's, and words where there are none."""
import io
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from mmdepthcls.apis import DepthInferencer
from mmdepthcls.apis.input_pipeline import InputPipeline
from mmdepthcls.apis.picture_source import PictureSource
from mmdepthcls.camera import PictureCamera
from mmdepthcls.commands.app.workbench import DOWNLOADS, PageError, downloads_of
from mmdepthcls.commands.predict.file_kinds import KINDS, FileSettings


def saved(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def test_a_picture_is_predicted_as_by_the_inferencer(bench, settings, upload, picture, models):
    path = upload()
    bench.receive('one', path)
    result = bench.predict('one', settings()).result
    expected = models[0].inferencer(picture, outputs=('confidence', 'interval'))
    np.testing.assert_array_equal(result.depth, expected.depth)
    np.testing.assert_array_equal(result.interval, expected.interval)
    found = bench.measure('one', 7, 31)
    assert (found.depth, found.confidence) == (expected.depth[31, 7], expected.confidence[31, 7])
    assert found.interval == tuple(expected.interval[:, 31, 7]) and found.interval[0] < found.depth < found.interval[1]
    assert (found.x, found.y, found.coverage) == (7, 31, 0.9)


def test_nothing_of_an_upload_stays_on_the_disk(bench, settings, upload, tmp_path):
    bench.receive('one', upload())
    bench.predict('one', settings())
    assert [path for path in tmp_path.rglob('*') if path.is_file()] == []


def test_the_focal_length_counts_as_in_predict(bench, settings, upload, picture, models):
    bench.receive('one', upload())
    result = bench.predict('one', settings(focal_px=70.0, fov=20.0)).result
    expected = DepthInferencer(device='cpu', focal_px=70.0, fov=20.0)(picture)
    np.testing.assert_array_equal(result.depth, expected.depth)
    assert (result.correction, result.camera.focal_px) == (expected.correction, 70.0)
    assert bench.predict('one', settings(fov=20.0)).result.camera.focal_px > 100
    # The next picture is of an unknown camera again.
    assert bench.predict('one', settings()).result.camera is None
    assert models[0].inferencer.cameras.said(None, (9, 9)) is None


def test_the_focal_length_of_exif_counts(bench, settings, upload, picture):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = 50  # mm on film of 35 mm
    bench.receive('one', upload('photo.jpg', saved(Image.fromarray(picture), 'JPEG', exif=exif)))
    camera = bench.predict('one', settings(fov=20.0)).result.camera
    assert camera.source.startswith('EXIF')
    assert camera.focal_px == pytest.approx(50 * np.hypot(40, 60) / np.hypot(36, 24))


@pytest.mark.parametrize(('name', 'make'), [
    ('gray.png', lambda image: saved(Image.fromarray(image).convert('L'), 'PNG')),
    ('palette.png', lambda image: saved(Image.fromarray(image).convert('P'), 'PNG')),
    ('alpha.png', lambda image: saved(Image.fromarray(image).convert('RGBA'), 'PNG')),
    ('deep.png', lambda image: cv2.imencode('.png', image.astype(np.uint16) * 257)[1].tobytes()),
    ('ink.jpg', lambda image: saved(Image.fromarray(image).convert('CMYK'), 'JPEG')),
    ('moving.gif', lambda image: saved(Image.fromarray(image), 'GIF', save_all=True,
                                       append_images=[Image.fromarray(image[::-1])])),
    ('wrong ending.txt', lambda image: saved(Image.fromarray(image), 'BMP')),
    ('one pixel.png', lambda image: saved(Image.fromarray(image[:1, :1]), 'PNG')),
    ('line.png', lambda image: saved(Image.fromarray(image).resize((5000, 2)), 'PNG')),
])
def test_pictures_of_all_kinds(bench, settings, upload, picture, name, make):
    content = make(picture)
    bench.receive('one', upload(name, content))
    result = bench.predict('one', settings()).result
    shape = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR).shape
    assert result.picture.shape == shape and np.isfinite(result.depth).all() and (result.depth > 0).all()
    for kind in downloads_of(result):
        assert bench.file(bench.visits.of('one').token, kind)[1]


def test_a_picture_is_turned_as_its_exif_says(bench, settings, upload, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    bench.receive('one', upload('turned.jpg', saved(Image.fromarray(picture), 'JPEG', exif=exif)))
    assert bench.predict('one', settings()).result.depth.shape == (60, 40)


@pytest.mark.parametrize(('name', 'content', 'words'), [
    ('notes.png', b'these are words', 'notes.png'), ('cut.png', None, 'cut.png'),
    ('model.heic', b'\0\0\0\x18ftypheic' + bytes(40), 'model.heic'),
])
def test_a_broken_file_is_named_and_not_its_place(bench, settings, upload, tmp_path, picture, name, content, words):
    bench.receive('one', upload(name, content or cv2.imencode('.png', picture)[1].tobytes()[:-40]))
    with pytest.raises(PageError, match=words) as refused:
        bench.predict('one', settings())
    assert str(tmp_path) not in str(refused.value) and bench.visits.of('one').result is None


def test_what_is_too_large_is_refused(bench, settings, upload, picture):
    with pytest.raises(PageError, match='up to 0.1 MB are taken'):
        bench.receive('one', upload('large.png', bytes(100_001)))
    huge = saved(Image.new('1', (5001, 2)), 'PNG')
    bench.receive('one', upload('wide.png', huge))
    with pytest.raises(PageError, match='wide.png: it has 5001 x 2 pixels; up to 0.01 million'):
        bench.predict('one', settings())
    with pytest.raises(PageError, match='empty'):
        bench.receive('one', upload('nothing.png', b''))


@pytest.mark.parametrize('name', ['secret', 'served/../secret', 'served/link'])
def test_a_file_that_is_no_upload_is_neither_read_nor_removed(bench, tmp_path, name):
    (tmp_path / 'secret').write_text('secret')
    (tmp_path / 'served' / 'link').symlink_to(tmp_path / 'secret')
    with pytest.raises(PageError, match='no such upload'):
        bench.receive('one', str(tmp_path / name))
    assert (tmp_path / 'secret').read_text() == 'secret' and not bench.visits.of('one').content


def test_a_refused_upload_is_gone_too(bench, upload, tmp_path):
    with pytest.raises(PageError):
        bench.receive('one', upload('large.png', bytes(100_001)))
    assert [path for path in tmp_path.rglob('*') if path.is_file()] == []


def test_a_second_picture_replaces_the_first(bench, settings, upload, picture):
    bench.receive('one', upload())
    first = bench.predict('one', settings())
    token = first.token
    assert bench.file(token, 'npy')
    bench.receive('one', upload('other.png', cv2.imencode('.png', picture[:20])[1].tobytes()))
    with pytest.raises(KeyError):
        bench.file(token, 'npy')
    with pytest.raises(PageError, match='There is no result'):
        bench.measure('one', 1, 1)
    assert bench.predict('one', settings()).result.depth.shape == (20, 60)


def test_a_broken_picture_leaves_nothing_of_the_one_before(bench, settings, upload):
    bench.receive('one', upload())
    bench.predict('one', settings())
    bench.receive('one', upload('notes.png', b'words'))
    with pytest.raises(PageError):
        bench.predict('one', settings())
    with pytest.raises(PageError, match='There is no result'):
        bench.measure('one', 1, 1)


def test_people_get_their_own(bench, settings, upload, picture, models):
    """At once, from threads, as a server has them; also where both bring the same file."""
    images = {f'person {index}': np.roll(picture, 9 * index, axis=1) for index in range(4)}
    found, starts = {}, threading.Barrier(4)

    def come(name):
        bench.receive(name, upload(f'{name}.png', cv2.imencode('.png', images[name][..., ::-1])[1].tobytes()))
        starts.wait()
        found[name] = bench.predict(name, settings()).result.depth

    threads = [threading.Thread(target=come, args=(name, )) for name in images]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, image in images.items():
        np.testing.assert_array_equal(found[name], models[0].inferencer(image).depth)


def test_two_people_with_the_same_file(bench, settings, upload):
    path = upload()
    bench.receive('one', path)  # takes it away
    bench.receive('two', path)
    np.testing.assert_array_equal(bench.predict('one', settings()).result.depth,
                                  bench.predict('two', settings()).result.depth)


def test_files_are_those_of_predict(bench, settings, upload, picture, models):
    bench.receive('one', upload('my street.png'))
    visit = bench.predict('one', settings())
    expected = models[0].inferencer(picture, outputs=('confidence', ))
    assert downloads_of(visit.result) == list(DOWNLOADS)
    for kind in DOWNLOADS:
        name, content = bench.file(visit.token, kind)
        assert name == f'my street{KINDS[kind].suffix}'
        assert content == KINDS[kind].encode(expected, FileSettings())


@pytest.mark.parametrize(('token', 'kind'), [
    ('', 'npy'), ('nobody', 'npy'), (None, 'mm'), (None, '../png'), ('é', 'npy')])
def test_other_files_there_are_none(bench, settings, upload, token, kind):
    bench.receive('one', upload())
    visit = bench.predict('one', settings())
    with pytest.raises(KeyError):
        bench.file(visit.token if token is None else token, kind)


def test_without_a_focal_length_there_are_no_points(bench, settings, upload):
    bench.receive('one', upload())
    result = bench.predict('one', settings()).result
    assert 'ply' not in downloads_of(replace(result, assumed_camera=None))
    assert 'ply' in downloads_of(replace(result, assumed_camera=None, camera=PictureCamera(50.0)))


@pytest.mark.parametrize(('x', 'y'), [(-1, 0), (60, 0), (0, 40), (None, 3), (3, None), (float('nan'), 0)])
def test_a_point_beside_the_picture(bench, settings, upload, x, y):
    bench.receive('one', upload())
    bench.predict('one', settings())
    with pytest.raises(PageError, match='x is 0 to 59 and y is 0 to 39'):
        bench.measure('one', x, y)


@pytest.mark.parametrize('changes', [dict(model='another'), dict(decoder='another')])
def test_choices_that_there_are_not(bench, settings, upload, changes):
    bench.receive('one', upload())
    with pytest.raises(PageError, match='no such model or decoder'):
        bench.predict('one', settings(**changes))


@pytest.mark.parametrize('changes', [dict(focal_px=0.001), dict(focal_px=1e9), dict(fov=180.0), dict(focal_px=-3.0)])
def test_cameras_that_there_are_not(bench, settings, upload, changes):
    bench.receive('one', upload())
    with pytest.raises(PageError, match='focal length|field of view'):
        bench.predict('one', settings(**changes))


def test_a_visit_that_was_forgotten(bench, settings):
    with pytest.raises(PageError, match='Drop it once more'):
        bench.predict('nobody', settings())


def test_a_fault_of_the_program_is_told_to_who_has_started_it(bench, settings, upload, monkeypatch, capsys):
    bench.receive('one', upload())

    def fail(*arguments):
        raise RuntimeError('the secret reason')
    monkeypatch.setattr('mmdepthcls.apis.depth_inferencer.prepare_picture', fail)
    monkeypatch.setattr('mmdepthcls.commands.app.workbench.answer_of', lambda error: None)
    with pytest.raises(PageError) as told:
        bench.predict('one', settings())
    assert 'secret' not in str(told.value) and 'terminal' in str(told.value)
    assert 'the secret reason' in capsys.readouterr().err


def test_a_canonical_model_asks_for_the_camera_in_words_of_the_page(bench, settings, upload, models, monkeypatch):
    loaded = models[0].inferencer.loaded
    monkeypatch.setattr(loaded.classifier._metres, 'focal_px', loaded.focal_px, raising=True)
    bench.receive('one', upload())
    with pytest.raises(PageError) as told:
        bench.predict('one', settings())
    assert 'street.png: the focal length of its camera is not known' in str(told.value)
    assert 'under "Camera"' in str(told.value) and '--' not in str(told.value)
    assert bench.predict('one', settings(fov=60.0)).result.camera is not None


def test_a_picture_that_a_crf_would_take_long_for_is_refused_without_it(bench, settings, upload, models):
    """Bins and pixels of the network's input count: the shipped model resizes none so small."""
    bins = models[0].inferencer.loaded.classifier.bins.num_bins
    bench.receive('one', upload())
    size = models[0].inferencer.prepare(PictureSource('a.png', image=np.zeros((40, 60, 3), np.uint8))).kind[0][-2:]
    bench.max_sharpened = size[0] * size[1] * bins - 1
    with pytest.raises(PageError) as refused:
        bench.predict('one', settings(crf=True))
    assert f'{size[1]} x {size[0]} pixels of {bins} bins' in str(refused.value)
    assert 'Untick "Sharpen with a dense CRF"' in str(refused.value)
    plain = bench.predict('one', settings()).result.depth  # as the message says
    bench.max_sharpened += 1
    assert not np.array_equal(bench.predict('one', settings(crf=True)).result.depth, plain)


def test_a_smaller_picture_is_a_remedy_where_the_model_leaves_sizes_alone(bench, settings, upload, models, monkeypatch):
    bins = models[0].inferencer.loaded.classifier.bins.num_bins
    monkeypatch.setattr(models[0].inferencer, 'pipeline', InputPipeline([]))
    bench.max_sharpened = 600 * bins
    bench.receive('one', upload())
    with pytest.raises(PageError, match='or reduce the picture to at most 600 pixels'):
        bench.predict('one', settings(crf=True))
    bench.receive('one', upload('small.png', cv2.imencode('.png', np.zeros((20, 30, 3), np.uint8))[1].tobytes()))
    assert bench.predict('one', settings(crf=True)).result.depth.shape == (20, 30)


def test_a_bomb_of_any_kind_is_refused_in_words_of_the_page(bench, settings, upload, monkeypatch):
    monkeypatch.setattr(cv2, 'imdecode', None)
    bench.receive('one', upload('small.gif', b'GIF89a\xff\xff\xff\xff' + bytes(40)))
    with pytest.raises(PageError, match='^small.gif: it has 65535 x 65535 pixels; up to 0.01 million are taken'):
        bench.predict('one', settings())


def test_a_page_that_is_closed_while_it_predicts_keeps_nothing(bench, settings, upload, models, monkeypatch, tmp_path):
    bench.receive('one', upload())
    visit = bench.visits.of('one')
    predict = DepthInferencer.predict

    def closing(self, *arguments):
        bench.forget('one')
        return predict(self, *arguments)
    monkeypatch.setattr(DepthInferencer, 'predict', closing)
    with pytest.raises(PageError, match='closed'):
        bench.predict('one', settings())
    assert visit.result is None and len(bench.visits) == 0
    assert [path for path in tmp_path.rglob('*') if path.is_file()] == []


def test_a_point_of_a_picture_that_has_gone_is_not_marked_in_the_next(bench, settings, upload):
    bench.receive('one', upload())
    visit = bench.predict('one', settings())

    class Going(int):
        """A column that is read while another picture comes."""
        def __int__(self):
            visit.drop_result()
            return 3
    assert bench.measure('one', Going(3), 5).depth > 0 and visit.point is None
