"""The page of ``mmdepthcls app`` in a real browser, as people use it."""
import re
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from app_page import RESULT, complaints, drop, metres, numbers, read, running_app, street

pytestmark = [pytest.mark.page, pytest.mark.timeout(900),
              pytest.mark.skipif(not find_spec('gradio'), reason="pip install -e '.[app]' brings Gradio")]


@pytest.fixture(scope='module')
def app(tmp_path_factory):
    """The page of the shipped model."""
    with running_app(tmp_path_factory.mktemp('app'), '--max-size', '10') as app:
        yield app


@pytest.fixture(scope='module')
def inferencer():
    """What the page must agree with."""
    from mmdepthcls.apis import DepthInferencer
    return DepthInferencer(device='cpu')


@pytest.fixture
def picture_file(tmp_path):
    """Writes a picture; its path and what is in it."""
    def write(name='street.png', seed=0, **size):
        path = tmp_path / name
        cv2.imwrite(str(path), street(seed, **size)[..., ::-1])
        return str(path), cv2.imread(str(path))[..., ::-1].copy()
    return write


def wait_until(page, comes):
    """Let the browser go on until something is so."""
    deadline = time.monotonic() + RESULT / 1000
    while not comes():
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)


def points_of(page):
    """What the viewer of points shows when it moves no more, (H, W, 3)."""
    last, shown = None, page.locator('#points canvas').screenshot()
    while shown != last:
        page.wait_for_timeout(500)
        last, shown = shown, page.locator('#points canvas').screenshot()
    return cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR)


def difference(one, other):
    """Mean of a color channel's, of 255."""
    return cv2.absdiff(one, other).mean()


def files_of(app):
    """Files that the page keeps on the disk."""
    return [path for path in app.folder.glob('mmdepthcls-app-*/**/*') if path.is_file()]


def test_a_picture_becomes_metres(visit, app, picture_file, inferencer, tmp_path):
    from mmdepthcls.commands.predict.file_kinds import KINDS, FileSettings
    page = visit(app.url)
    page.get_by_text('Nothing here yet').wait_for()
    path, picture = picture_file()
    drop(page, path)
    expected = inferencer(picture, outputs=('confidence', 'interval'))
    assert read(page, 100, 40) == numbers(expected, 100, 40)
    # The picture is shown four times as large as it is, so that it can be pointed at.
    box = page.locator('#depth img').bounding_box()
    page.mouse.click(box['x'] + box['width'] * 20.5 / 160, box['y'] + box['height'] * 70.5 / 90)
    page.get_by_text('at x = 20, y = 70').wait_for()
    assert metres(page) == numbers(expected, 20, 70)
    assert 'The focal length is assumed' in page.inner_text('#status') and 'Provisional' in page.inner_text('#status')
    for kind in ('png', 'color', 'npy', 'ply', 'confidence'):
        with page.expect_download() as download:
            page.click(f'#files a[href$="/{kind}"]')
        assert download.value.suggested_filename == f'street{KINDS[kind].suffix}'
        download.value.save_as(tmp_path / 'got')
        assert (tmp_path / 'got').read_bytes() == KINDS[kind].encode(expected, FileSettings())
    page.locator('#points canvas').wait_for()
    visit.only_local(app.url)
    assert complaints(visit) == []


def test_nothing_of_an_upload_stays(visit, app, picture_file):
    path, _ = picture_file('gone.png')
    content = Path(path).read_bytes()
    page = visit(app.url)
    drop(page, path)
    kept = files_of(app)
    assert kept and all(each.name != 'gone.png' and each.read_bytes() != content for each in kept)
    shown = [each for each in kept if each.name.startswith('picture_')]
    page.close()
    deadline = time.monotonic() + 60
    while any(each.exists() for each in shown) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not any(each.exists() for each in shown)  # and what showed it goes with the page


def test_a_second_picture_replaces_the_first(visit, app, picture_file, inferencer):
    page = visit(app.url)
    drop(page, picture_file('first.png', 1)[0])
    first = page.get_attribute('#files a', 'href')
    path, picture = picture_file('second.png', 2, height=64, width=96)
    drop(page, path)
    expected = inferencer(picture, outputs=('interval', ))
    assert 'first.png' not in page.content() and '96 x 64' in page.inner_text('#status')
    assert read(page, 90, 60) == numbers(expected, 90, 60)
    assert page.get_attribute('#files a', 'href') != first
    assert page.request.get(app.url + first).status == 404
    assert not [each for each in complaints(visit) if first not in each]


def test_points_that_are_still_loading_are_replaced(visit, app, picture_file):
    pictures = [picture_file(f'{name}.png', seed)[0] for seed, name in enumerate(('first', 'second', 'third'))]
    late, page = [], visit(app.url)
    page.route('**/*.glb*', lambda route: late.append((route, route.fetch())) if not late else route.continue_())
    for path in pictures:
        drop(page, path)
        page.wait_for_timeout(2000)  # the viewer is told of the second, which waits for the first, before the third
    wait_until(page, lambda: late)
    route, answer = late[0]
    route.fulfill(response=answer)
    alone = [visit(app.url), visit(app.url)]
    for other, path in zip(alone, pictures[1:], strict=True):
        drop(other, path)
    second, third = map(points_of, alone)
    wait_until(page, lambda: difference(points_of(page), third) < .01)
    assert difference(second, third) > 1 and complaints(visit) == []


def test_a_file_that_is_no_picture(visit, app, tmp_path, picture_file):
    page = visit(app.url)
    drop(page, picture_file()[0])
    (tmp_path / 'notes.png').write_text('these are words')
    drop(page, str(tmp_path / 'notes.png'))
    page.get_by_role('alert').wait_for()
    text = page.inner_text('#status')
    assert 'That did not work' in text and str(app.folder) not in text and 'Traceback' not in text
    assert not page.is_visible('#picture')
    drop(page, picture_file('good.png')[0])
    assert page.is_visible('#picture') and complaints(visit) == []


def test_a_file_that_is_too_large(visit, app, tmp_path):
    (tmp_path / 'large.png').write_bytes(bytes(10_200_000))
    page = visit(app.url)
    page.set_input_files('#drop input[type=file]', str(tmp_path / 'large.png'))
    page.get_by_text(re.compile('maximum|too large', re.I)).first.wait_for()
    assert page.get_by_text('Nothing here yet').is_visible()
    assert not [each for each in files_of(app) if 'large' in each.name]


def test_a_picture_of_24_megapixels(visit, app, tmp_path, inferencer):
    path = str(tmp_path / 'huge.jpg')
    cv2.imwrite(path, street(3, 4000, 6000)[..., ::-1])
    page = visit(app.url)
    drop(page, path)
    assert '6000 x 4000' in page.inner_text('#status')
    expected = inferencer(path, outputs=('interval', ))
    assert read(page, 5990, 3990) == numbers(expected, 5990, 3990)
    assert complaints(visit) == []


def test_two_people_at_once(visit, app, picture_file, inferencer):
    people = [(visit(app.url), *picture_file('same.png' if index else 'other.png', 7 + index)) for index in range(2)]
    for page, path, _ in people:
        page.set_input_files('#drop input[type=file]', path)
    for page, path, _ in people:
        page.locator('#status').get_by_text(Path(path).name).wait_for(timeout=RESULT)
    for page, _, picture in people:
        assert read(page, 33, 44) == numbers(inferencer(picture, outputs=('interval', )), 33, 44)
    assert complaints(visit) == []


def test_the_camera_and_the_decoder_count(visit, app, picture_file):
    from mmdepthcls.apis import DepthInferencer
    from mmdepthcls.models import ArgmaxDecoder
    page = visit(app.url)
    path, picture = picture_file()
    drop(page, path)
    page.get_by_role('button', name='Camera').click()
    page.fill('#focal input', '150')
    page.press('#focal input', 'Enter')
    page.locator('#status').get_by_text('Focal length 150 px').wait_for(timeout=RESULT)
    expected = DepthInferencer(device='cpu', focal_px=150.0)(picture, outputs=('interval', ))
    assert read(page, 80, 45) == numbers(expected, 80, 45)
    page.get_by_role('button', name='Model').click()
    page.click('#decoder input')
    before = page.get_attribute('#files a', 'href')
    page.get_by_role('option', name='Most probable bin', exact=True).click()
    page.wait_for_function('before => document.querySelector("#files a")?.getAttribute("href") != before', arg=before,
                           timeout=RESULT)
    other = DepthInferencer(device='cpu', focal_px=150.0)
    other.loaded.classifier.decoder = ArgmaxDecoder()
    chosen = other(picture, outputs=('interval', ))
    assert read(page, 80, 45) == numbers(chosen, 80, 45)
    assert chosen.depth[45, 80] != expected.depth[45, 80]
    assert complaints(visit) == []


def test_the_example_and_a_phone(visit, app):
    page = visit(app.url, viewport=dict(width=400, height=800), has_touch=True, is_mobile=True)
    page.click('#example button, button#example')
    page.locator('#status').get_by_text('drawn_street.png').wait_for(timeout=RESULT)
    assert page.evaluate('document.documentElement.scrollWidth') <= 400
    assert complaints(visit) == []


@pytest.mark.parametrize('path', [
    '/etc/passwd', '../../../../etc/passwd', '..%2f..%2fprivate/x', 'setup.py', 'log', '{folder}/log',
    '{folder}/../../etc/passwd', '{served}/../private', 'http://127.0.0.1/'])
def test_no_file_of_the_server_is_reached(app, path):
    served = next(app.folder.glob('mmdepthcls-app-*/served'))
    for route in ('gradio_api/file=', 'file=', 'static/', 'assets/', 'gradio_api/file/', 'download/'):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(app.url + route + path.format(folder=app.folder, served=served), timeout=60)
        assert refused.value.code in (403, 404, 405)
