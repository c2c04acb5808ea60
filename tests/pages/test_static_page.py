"""The page that predicts in the browser, built by docs/page/build.py, in a real browser: its numbers are Python's.

``MMDEPTHCLS_PAGE`` names a folder that it has been built into; else it is built, which takes npm and a minute.
"""
import os
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from chromium import Visits
from PIL import Image

from mmdepthcls.datasets.cameras.exif_focal import exif_camera

pytestmark = [pytest.mark.page, pytest.mark.timeout(1200)]
ROOT = Path(__file__).parents[2]
# Between PyTorch here and ONNX Runtime there: that of `mmdepthcls export`, and as much again for enlarging maps.
BOUND = 2e-3  # m, or 2e-4 of the depth
# Decoders of JPEG round differently, by a few levels of 255.
JPEG_BOUND = 0.02  # of the depth
SUBPATH = 'project/page'  # as sites of repositories are served
MILLION = 1e6


@pytest.fixture(scope='session')
def folder(browser, tmp_path_factory):
    """The built page, below a site's folder."""
    site = tmp_path_factory.mktemp('site')
    built = os.environ.get('MMDEPTHCLS_PAGE')
    if built:
        shutil.copytree(built, site / SUBPATH)
    elif shutil.which('npm') is None:
        pytest.skip('there is no npm, which brings ONNX Runtime for browsers')
    else:
        subprocess.run([sys.executable, ROOT / 'docs' / 'page' / 'build.py', site / SUBPATH], check=True, cwd=ROOT)
    return site / SUBPATH


@pytest.fixture(scope='session')
def address(folder, serve):
    site = folder
    for _ in Path(SUBPATH).parts:
        site = site.parent
    return f'{serve(site)}/{SUBPATH}/'


@pytest.fixture(scope='module')
def visits(browser):
    found = Visits(browser)
    yield found
    found.close()


@pytest.fixture(scope='module')
def page(visits, address):
    """The page, open for all tests, which need not load the model each."""
    opened = visits(address, viewport=dict(width=1200, height=900), accept_downloads=True)
    opened.locator('#examples button').first.wait_for()
    return opened


@pytest.fixture(scope='module')
def predict():
    """Depth, confidence, interval by Python."""
    from mmdepthcls.apis import DepthInferencer
    return DepthInferencer(device='cpu')


def settle(page):
    page.locator('#state').wait_for(state='hidden')


def give(page, data, name='street.png'):
    """Choose a file, and wait for what comes of it."""
    page.set_input_files('#file', [dict(name=name, mimeType='', buffer=data)])
    settle(page)


def downloaded(page, button):
    with page.expect_download() as download:
        page.get_by_role('button', name=button).click()
    return download.value


def depth_of(page):
    """(H, W) m: of the NumPy array that the page gives."""
    return np.load(downloaded(page, 'NumPy array').path())


def numbers(page):
    """What the page knows of the pixel at its pointer."""
    return {name: float(value) for name, value in page.locator('#read').evaluate('each => ({...each.dataset})').items()}


def computed(page, script, data, *numbers):
    """uint8 array that a function in the page makes of bytes and numbers. They go as text, since lists take minutes."""
    text = page.evaluate('''async ([text, ...numbers]) => {
        const bytes = Uint8Array.from(atob(text), each => each.charCodeAt(0));
        const found = await (''' + script + ''')(bytes, ...numbers);
        return btoa(Array.from(found, each => String.fromCharCode(each)).join(''));
    }''', [b64encode(data).decode(), *numbers])
    return np.frombuffer(b64decode(text), np.uint8)


def error_of(page):
    page.locator('#error').wait_for()
    assert page.locator('#result').is_hidden(), 'an earlier result stands beside the message'
    return page.locator('#error').inner_text()


def street(height=150, width=480, seed=0):
    """A picture with smooth and sharp parts, (H, W, 3) uint8 RGB."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.integers(0, 256, (5, 9, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.where(rng.random((height, width, 1)) < 0.1, rng.integers(0, 256, (height, width, 3)), coarse).astype(
        np.uint8)


def encoded(picture, kind='png', **options):
    buffer = BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def assert_same(found, expected, bound=BOUND):
    assert found.shape == expected.shape
    difference = np.abs(found - expected)
    allowed = np.maximum(bound, bound / 10 * expected)
    assert (difference <= allowed).all(), f'up to {difference.max():.4g} m'


def test_a_drawn_street_has_the_numbers_of_python(page, folder, predict):
    page.locator('#examples button').first.click()
    settle(page)
    result = predict(str(folder / 'street_varied_0.png'), outputs=['confidence', 'interval'])
    assert_same(depth_of(page), result.depth)
    # At the pointer too, wherever it is.
    size = page.locator('#map').bounding_box()
    for row, column in ((200, 300), (3, 3), (255, 831)):
        page.locator('#map').hover(position=dict(
            x=(column + 0.5) / 832 * size['width'], y=(row + 0.5) / 256 * size['height']))
        page.locator(f'#read[data-row="{row}"][data-column="{column}"]').wait_for()
        found = numbers(page)
        assert found['depth'] == pytest.approx(result.depth[row, column], abs=BOUND)
        assert found['confidence'] == pytest.approx(result.confidence[row, column], abs=1e-4)
        assert (found['low'], found['high']) == pytest.approx(tuple(result.interval[:, row, column]), abs=5 * BOUND)
        assert page.locator('#metres').inner_text() == f'{found["depth"]:.2f} m'


def test_the_truth_of_a_drawn_street_is_told(page, folder):
    page.locator('#examples button').first.click()
    settle(page)
    page.locator('#picture').click(position=dict(x=20, y=250))
    assert page.locator('#truth').inner_text().endswith(' m')
    give(page, encoded(street()))
    assert page.locator('#truth').is_hidden()


def test_colors_are_those_of_the_package(page, predict):
    from mmdepthcls.visualization import DepthColors
    picture = street()
    give(page, encoded(picture))
    painted = computed(page, '''() => {
        const map = document.getElementById('map');
        return map.getContext('2d').getImageData(0, 0, map.width, map.height).data;
    }''', b'').reshape(150, 480, 4)
    result = predict(picture)
    expected = DepthColors(*result.depth_range).paint(result.depth)
    assert (painted[..., 3] == 255).all() and np.abs(painted[..., :3] - expected.astype(int)).max() <= 4
    assert page.locator('#ticks span').first.inner_text() == '1 m'
    assert page.locator('#ticks span').last.inner_text() == '80 m'


def test_files_hold_the_depth_that_is_shown(page, predict, tmp_path):
    picture = street(seed=1)
    give(page, encoded(picture), 'my.street.png')
    expected = predict(picture).depth
    png = downloaded(page, 'PNG, 16 bits')
    assert png.suggested_filename == 'my.street_depth.png'
    stored = cv2.imread(str(png.path()), cv2.IMREAD_UNCHANGED)
    assert stored.dtype == np.uint16
    assert_same(stored / 256, expected, BOUND + 1 / 512)
    array = depth_of(page)
    assert array.dtype == np.float32
    np.testing.assert_array_equal(stored, np.rint(array.astype(float) * 256))  # the same numbers twice
    data = Path(downloaded(page, 'Point cloud').path()).read_bytes()
    head, _, body = data.partition(b'end_header\n')
    points = np.frombuffer(body, [('xyz', '<f4', 3), ('color', 'u1', 3)])
    cloud = predict(picture).points()
    assert f'element vertex {len(points)}' in head.decode()
    np.testing.assert_allclose(points['xyz'], cloud.xyz, rtol=1e-3, atol=BOUND)
    np.testing.assert_array_equal(points['color'], cloud.colors)


KINDS = {
    'gray': lambda picture: encoded(Image.fromarray(picture).convert('L')),
    'palette': lambda picture: encoded(Image.fromarray(picture).quantize(64)),
    'transparent': lambda picture: encoded(np.dstack([picture, np.linspace(0, 255, 480).astype(np.uint8).repeat(
        150).reshape(480, 150).T])),
    '16 bits': lambda picture: cv2.imencode('.png', picture[..., ::-1].astype(np.uint16) * 257)[1].tobytes(),
    'bmp': lambda picture: encoded(picture, 'bmp'),
    'webp': lambda picture: encoded(picture, 'webp', lossless=True),
    'moving gif': lambda picture: encoded(Image.fromarray(picture).quantize(64), 'gif', save_all=True, append_images=[
        Image.fromarray(255 - picture).quantize(64)]),
    'wide': lambda picture: encoded(street(2, 3000)), 'tall': lambda picture: encoded(street(1500, 3)),
    'tiny': lambda picture: encoded(street(1, 1)), 'smaller than the network': lambda picture: encoded(street(60, 90)),
}


@pytest.mark.parametrize('kind', KINDS)
def test_kinds_of_pictures(kind, page, predict, tmp_path):
    data = KINDS[kind](street(seed=2))
    path = tmp_path / 'picture'
    path.write_bytes(data)
    give(page, data, f'{kind}.png')
    assert_same(depth_of(page), predict(str(path)).depth)


@pytest.mark.parametrize('orientation', [1, 3, 6, 8])
def test_a_photograph_is_turned_and_its_focal_length_is_known(orientation, page, predict, tmp_path):
    image = Image.fromarray(cv2.GaussianBlur(street(300, 400, seed=3), (0, 0), 3))
    tags = image.getexif()
    tags[0x0112] = orientation
    tags.get_ifd(0x8769)[0xA405] = 26
    path = tmp_path / 'photograph.jpg'
    path.write_bytes(encoded(image, 'jpeg', quality=95, exif=tags))
    give(page, path.read_bytes(), path.name)
    result = predict(str(path))
    assert result.camera is not None and result.correction != 1
    assert numbers(page)['factor'] == pytest.approx(result.correction, rel=1e-6)
    assert 'EXIF: 26 mm' in page.locator('#focal-words').inner_text()
    found = depth_of(page)
    assert found.shape == result.depth.shape
    assert (np.abs(found - result.depth) <= JPEG_BOUND * result.depth).all()


def test_a_focal_length_is_obeyed(page, predict):
    from mmdepthcls.apis import DepthInferencer
    picture = street(seed=4)
    give(page, encoded(picture))
    plain = depth_of(page)
    page.get_by_label('Focal length').fill('700')
    assert_same(depth_of(page), DepthInferencer(device='cpu', focal_px=700.0)(picture).depth, 2 * BOUND)
    for wrong in ('0.001', '-5', '1e9'):
        page.get_by_label('Focal length').fill(wrong)
        assert page.locator('#focal').get_attribute('aria-invalid') == 'true'
        assert 'cannot be the focal length' in page.locator('#focal-words').inner_text()
        np.testing.assert_array_equal(depth_of(page), plain)
    page.get_by_label('Focal length').fill('')
    assert page.locator('#focal').get_attribute('aria-invalid') == 'false'


def test_a_large_picture_is_reduced_as_python_does(page, predict):
    small = cv2.GaussianBlur(street(400, 600, seed=5), (0, 0), 2)
    large = small.repeat(10, axis=0).repeat(10, axis=1)
    assert large.shape == (4000, 6000, 3)
    give(page, cv2.imencode('.png', large[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes())
    assert '6000 × 4000 pixels were reduced to 1773 × 1182' in page.locator('#notes').inner_text()
    found, expected = depth_of(page), predict(large).depth
    assert found.shape == (1182, 1773)
    assert_same(found, cv2.resize(expected, (1773, 1182), interpolation=cv2.INTER_AREA), 10 * BOUND)


def test_the_middle_of_a_picture_of_another_shape(page, predict):
    picture = street(400, 300, seed=6)
    give(page, encoded(picture))
    assert 'of another shape' in page.locator('#notes').inner_text()
    page.get_by_role('button', name='wide middle part').click()
    settle(page)
    assert_same(depth_of(page), predict(np.ascontiguousarray(picture[154:246])).depth)
    assert 'of another shape' not in page.locator('#notes').inner_text()
    assert page.get_by_role('button', name='wide middle part').is_hidden()


BROKEN = {
    'empty.png': (b'', 'is empty'), 'text.jpg': (b'no picture at all', 'cannot be read as a picture'),
    'cut.jpg': (encoded(street(), 'jpeg')[:-3000], 'ends too early'),
    'cut.png': (encoded(street())[:-3000], 'ends too early'),
    'drawing.svg': (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'an SVG'),
    'huge.png': (encoded(np.zeros((1, 1), np.uint8))[:16] + b'\0\0\x4e\x20\0\0\x4e\x20' + encoded(
        np.zeros((1, 1), np.uint8))[24:], '20000 × 20000 pixels, more than 100 million'),
    'paper.pdf': (b'%PDF-1.7 and more', 'a PDF'), '<b>bold</b>.png': (b'GIF89a', '<b>bold</b>.png cannot be read'),
}


@pytest.mark.parametrize('name', BROKEN)
def test_broken_files_are_named_and_change_nothing(name, page):
    data, words = BROKEN[name]
    give(page, data, name)
    message = error_of(page)
    assert words in message and name in message
    give(page, encoded(street()))
    assert page.locator('#error').is_hidden() and page.locator('#result').is_visible()


def drop(page, *files):
    """Drop files on the page, (name, bytes) each; without waiting."""
    transfer = page.evaluate_handle('''files => {
        const transfer = new DataTransfer();
        files.forEach(([name, bytes]) => transfer.items.add(new File([Uint8Array.from(bytes)], name)));
        return transfer;
    }''', [[name, list(data)] for name, data in files])
    page.dispatch_event('body', 'drop', dict(dataTransfer=transfer))


def test_pictures_may_be_dropped(page, predict):
    one, other = street(seed=7), street(130, 470, seed=8)
    drop(page, ('one.png', encoded(one)), ('other.png', encoded(other)))
    assert '2 files were given' in error_of(page)
    drop(page)
    assert 'no file' in error_of(page)
    drop(page, ('one.png', encoded(one)))
    drop(page, ('other.png', encoded(other)))  # while the first is at work: the last one counts
    settle(page)
    assert_same(depth_of(page), predict(other).depth)
    assert page.locator('body').get_attribute('class') in (None, '')


def test_it_is_used_by_the_keyboard(page):
    give(page, encoded(street()))
    page.locator('#read').focus()
    before = numbers(page)
    page.keyboard.press('ArrowRight')
    page.keyboard.press('Shift+ArrowDown')
    after = numbers(page)
    assert (after['row'] - before['row'], after['column'] - before['column']) == (24, 1)
    assert f'Row {after["row"]:.0f}, column {after["column"]:.0f}: {after["depth"]:.1f} metres' in page.locator(
        '#spoken').inner_text()
    for _ in range(30):
        page.keyboard.press('Shift+ArrowUp')
    assert numbers(page)['row'] == 0
    # Everything can be reached, and says what it is.
    page.locator('#file').focus()
    reached = []
    for _ in range(11):
        page.keyboard.press('Tab')
        reached.append(page.evaluate('document.activeElement.id || document.activeElement.textContent.trim()'))
    assert {'read', 'focal', 'save-png', 'save-npy', 'save-ply'} <= set(reached)
    for role, name in (('radio', 'Depth'), ('radio', 'Confidence'), ('radio', 'In space'), ('button', 'PNG, 16 bits'),
                       ('spinbutton', 'Focal length'), ('application', 'Depth in colors')):
        assert page.get_by_role(role, name=name).count() == 1, name


def test_points_turn(page):
    give(page, encoded(street()))
    picture = "each => each.toDataURL()"
    page.get_by_text('In space').click()
    first = page.locator('#map').evaluate(picture)
    page.locator('#read').focus()
    page.keyboard.press('ArrowLeft')
    page.keyboard.press('+')
    turned = page.locator('#map').evaluate(picture)
    assert turned != first
    page.keyboard.press('Home')
    assert page.locator('#map').evaluate(picture) == first
    assert page.locator('#legend').is_hidden()
    page.locator('label', has_text='Confidence').click()
    assert page.locator('#ticks span').last.inner_text() == '100 %'
    page.locator('label', has_text='Depth').first.click()


SIZES = [(375, 1242, 128, 416), (128, 416, 128, 416), (64, 90, 128, 416), (1, 1, 128, 416), (700, 3, 128, 416)]


@pytest.mark.parametrize('height, width, rows, columns', SIZES)
def test_resizing_is_that_of_opencv(height, width, rows, columns, page):
    picture = street(height, width, seed=9)
    found = computed(page, '''async (bytes, ...sizes) => {
        const {resizeLinear} = await import('./resize.js');
        return resizeLinear(bytes, ...sizes);
    }''', picture.tobytes(), height, width, rows, columns)
    np.testing.assert_array_equal(found.reshape(rows, columns, 3), cv2.resize(picture, (columns, rows)))


@pytest.mark.parametrize('height, width, rows, columns', [(90, 120, 31, 77), (100, 9, 99, 2), (64, 64, 32, 16)])
def test_reducing_is_that_of_opencv(height, width, rows, columns, page):
    picture = street(height, width, seed=10)
    rgba = np.dstack([picture, np.full((height, width), 255, np.uint8)])
    found = computed(page, '''async (bytes, height, width, rows, columns) => {
        const {AreaReduction} = await import('./resize.js');
        const reduction = new AreaReduction(height, width, rows, columns);
        const cut = 4 * width * 7;
        reduction.add(bytes.subarray(0, cut));
        reduction.add(bytes.subarray(cut));
        return reduction.picture();
    }''', rgba.tobytes(), height, width, rows, columns)
    expected = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA).astype(int)
    difference = np.abs(found.reshape(expected.shape) - expected)
    assert difference.max() <= (2 * rows == height and 2 * columns == width)  # that case OpenCV rounds otherwise


def with_tags(kind, size=(400, 300), **numbers):
    image = Image.new('RGB', size)
    tags = image.getexif()
    tags.get_ifd(0x8769).update({int(name[1:], 16): value for name, value in numbers.items()})
    return encoded(image, kind, exif=tags)


PHOTOGRAPHS = [
    with_tags('jpeg', xA405=26), with_tags('png', xA405=50), with_tags('webp', xA405=50), with_tags('jpeg', xA405=0),
    with_tags('jpeg', x920A=4.2, xA20E=3000.0, xA210=3, xA002=4000, xA003=3000),
    with_tags('jpeg', x920A=4.2, xA20E=3000.0, xA002=4000, xA003=3000), with_tags('jpeg', x920A=4.2),
    with_tags('jpeg', xA405=26, xA002=4000, xA003=1000), with_tags('jpeg', xA405=60000), with_tags('jpeg')]


def test_focal_lengths_are_read_as_python_reads_them(page, tmp_path):
    read = '''async bytes => {
        const {focalOfExif} = await import('./exif.js');
        const found = focalOfExif(Uint8Array.from(bytes), 300, 400, [0.02, 500]);
        return found === null ? null : found.focal;
    }'''
    found = []
    for number, data in enumerate(PHOTOGRAPHS):
        path = tmp_path / str(number)
        path.write_bytes(data)
        camera = exif_camera(path, (300, 400))
        found.append(camera and camera.focal_px)
        assert page.evaluate(read, list(data)) == (None if camera is None else pytest.approx(camera.focal_px, rel=1e-6))
    assert sum(each is not None for each in found) >= 4 and None in found
    rng = np.random.default_rng(0)
    for _ in range(60):  # written by anybody: nothing that is raised, whatever it leads to
        data = bytearray(PHOTOGRAPHS[rng.integers(3)])
        for at in rng.integers(2, min(len(data), 160), 6):
            data[at] = rng.integers(256)
        page.evaluate(read, list(data[:rng.integers(1, len(data))]))


def test_a_phone(visit, address):
    page = visit(address, viewport=dict(width=400, height=780), has_touch=True, is_mobile=True, device_scale_factor=2)
    page.locator('#examples button').nth(1).tap()
    page.locator('#result').wait_for()
    settle(page)
    assert page.evaluate('document.documentElement.scrollWidth') <= 400
    box = page.locator('#picture').bounding_box()
    page.touchscreen.tap(box['x'] + 0.25 * box['width'], box['y'] + 0.75 * box['height'])
    found = numbers(page)
    assert abs(found['column'] / 832 - 0.25) < 0.02 and abs(found['row'] / 256 - 0.75) < 0.02
    visit.only_local(address)
    visit.no_complaints()


def test_without_a_server_it_says_what_to_do(visit, folder):
    page = visit((folder / 'index.html').as_uri())
    assert 'python3 -m http.server' in page.locator('#not-started').inner_text()
    assert page.locator('#choose').is_hidden()


def test_without_javascript_it_says_what_to_do(visit, address):
    page = visit(address, java_script_enabled=False)
    assert 'JavaScript, which is off' in page.locator('#not-started').inner_text()
    assert 'http.server' not in page.locator('#not-started').inner_text()


def test_blocked_webassembly_is_named(visit, folder, serve):
    page = visit(serve(folder, {'worker.js': {'Content-Security-Policy': "script-src 'self'"}}))
    give(page, encoded(street()))
    assert 'does not let WebAssembly run' in error_of(page)


@pytest.mark.parametrize('damage, words', [
    (lambda path: path.unlink(), 'model.onnx.packed did not come: the server answers 404'),
    (lambda path: path.write_bytes(path.read_bytes()[:-9]), 'model.onnx.packed did not come whole')])
def test_a_model_that_does_not_come_is_named_and_may_come_later(damage, words, visit, folder, serve, tmp_path):
    copy = tmp_path / 'page'
    shutil.copytree(folder, copy)
    damage(copy / 'model.onnx.packed')
    page = visit(serve(copy, {'packed': {'Cache-Control': 'no-store'}}))
    give(page, encoded(street()))
    assert words in error_of(page)
    shutil.copy(folder / 'model.onnx.packed', copy)
    give(page, encoded(street()))
    assert page.locator('#result').is_visible()


def test_nothing_left_the_page_and_nothing_went_wrong(visits, page, address, folder):
    """After all that the open page has gone through."""
    give(page, encoded(street()))
    visits.only_local(address)
    visits.no_complaints()
    assert page.context.cookies() == []
    assert page.evaluate('[localStorage.length, sessionStorage.length]') == [0, 0]
    once = [url for url in visits.requests if url.endswith('.packed') and 'truth' not in url]
    assert sorted(once) == sorted(set(once)), 'the model was loaded twice'
    assert sum((folder / url.rpartition('/')[2]).stat().st_size for url in once) < 20 * MILLION
