"""The page of ``mmdepthcls app`` with several models: what is chosen is what is shown, also while the page works."""
import io
import re
import time
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from app_page import RESULT, complaints, drop, read, running_app, street

pytestmark = [pytest.mark.page, pytest.mark.timeout(900),
              pytest.mark.skipif(not find_spec('gradio'), reason="pip install -e '.[app]' brings Gradio")]
MODELS = {'plain': {}, 'sharp': dict(crf=dict(type='DenseCRF')), 'ordered': dict(decoder=dict(type='OrdinalDecoder'))}
MOST = 8 * 400 * 300  # numbers that a CRF takes on this page


@pytest.fixture(scope='module')
def models(tmp_path_factory, small_model_cfg):
    """Paths of small models that leave pictures as large as they are."""
    from mmengine.registry import DefaultScope
    from mmseg.registry import MODELS as BUILDERS

    from mmdepthcls.apis import ModelDescription, write_model_file
    from mmdepthcls.commands.publish.published_config import published_config
    folder, paths = tmp_path_factory.mktemp('models'), {}
    for seed, (name, changes) in enumerate(MODELS.items()):
        torch.manual_seed(seed)
        with DefaultScope.overwrite_default_scope('mmseg'):
            model = BUILDERS.build(small_model_cfg(**changes)).eval()
        for weight in (each for each in model.decode_head.parameters() if each.dim() == 4):
            torch.nn.init.normal_(weight, std=0.3)
        paths[name] = folder / f'{name}.safetensors'
        write_model_file(paths[name], model, ModelDescription(published_config(small_model_cfg(**changes))))
    return paths


@pytest.fixture(scope='module')
def app(tmp_path_factory, models):
    """Their page."""
    with running_app(tmp_path_factory.mktemp('app'), '--model', *map(str, models.values()), '--max-crf',
                     str(MOST / 10**6), '--max-megapixels', '1') as app:
        yield app


@pytest.fixture
def picture(tmp_path):
    """Path of a picture for which a CRF takes a second or two."""
    cv2.imwrite(str(tmp_path / 'street.png'), street(3, 300, 400)[..., ::-1])
    return str(tmp_path / 'street.png')


def expected(path, picture, decoder=None, crf=True):
    """Depth of a model as it is, or read by another decoder, or without its CRF."""
    from mmdepthcls.apis import DepthInferencer
    inferencer = DepthInferencer(path, device='cpu')
    classifier = inferencer.loaded.classifier
    classifier.decoder = decoder or classifier.decoder
    classifier.crf = classifier.crf if crf else None
    return inferencer(picture).depth


def choose(page, box, label):
    """Take another entry of a list."""
    page.click(f'#{box} input')
    page.get_by_role('option', name=label, exact=True).click()


def shown(page, app, *texts):
    """The depth that the page offers, when it says all of this above it."""
    status = page.locator('#status .result-text')
    for text in texts:
        status.get_by_text(text).first.wait_for(timeout=RESULT)
    return np.load(io.BytesIO(page.request.get(app.url + page.get_attribute('#files a[href$="/npy"]', 'href')).body()))


def test_another_model_brings_its_choices_and_its_result(visit, app, models, picture):
    page = visit(app.url)
    drop(page, picture)
    first = shown(page, app, 'plain.safetensors')
    np.testing.assert_array_equal(first, expected(models['plain'], picture))
    assert page.is_visible('#crf input') and not page.is_checked('#crf input')
    choose(page, 'model', 'ordered.safetensors')
    np.testing.assert_array_equal(shown(page, app, 'ordered.safetensors, OrdinalDecoder'),
                                  expected(models['ordered'], picture))
    assert page.input_value('#decoder input') == "OrdinalDecoder (the model's own)"
    assert not page.is_visible('#crf input')
    choose(page, 'model', 'sharp.safetensors')
    sharp = shown(page, app, 'sharp.safetensors', 'sharpened by a dense CRF')
    np.testing.assert_array_equal(sharp, expected(models['sharp'], picture))
    assert page.is_checked('#crf input') and 'sharp.safetensors answers' in page.inner_text('.about')
    page.click('#crf input')
    page.get_by_text('sharpened by a dense CRF').wait_for(state='detached', timeout=RESULT)
    dull = shown(page, app, 'sharp.safetensors')
    np.testing.assert_array_equal(dull, expected(models['sharp'], picture, crf=False))
    assert not np.array_equal(sharp, dull)
    assert float(np.round(dull[40, 30], 2)) == pytest.approx(read(page, 30, 40)[0], abs=0.011)
    assert complaints(visit) == []


def test_what_is_chosen_while_it_predicts_counts_in_the_end(visit, app, models, picture):
    from mmdepthcls.models import ArgmaxDecoder
    page = visit(app.url)
    page.set_input_files('#drop input[type=file]', picture)
    page.click('#crf input')  # from here on it takes its time
    choose(page, 'model', 'ordered.safetensors')
    choose(page, 'model', 'sharp.safetensors')
    page.locator('.about').get_by_text('sharp.safetensors').wait_for(timeout=RESULT)
    for label in ('Median', 'Mean depth', 'Most probable bin'):
        choose(page, 'decoder', label)
    page.get_by_role('button', name='Camera').click()
    page.fill('#focal input', '300')
    page.press('#focal input', 'Enter')
    page.fill('#focal input', '350')
    page.press('#focal input', 'Enter')
    depth = shown(page, app, 'sharp.safetensors, Most probable bin, sharpened', 'Focal length 350 px')
    np.testing.assert_array_equal(depth, expected(models['sharp'], picture, ArgmaxDecoder()))
    assert complaints(visit) == []


def test_a_picture_that_is_too_large_for_a_crf_is_shown_without(visit, app, models, tmp_path):
    path = str(tmp_path / 'large.png')
    cv2.imwrite(path, street(4, 400, 500)[..., ::-1])
    page = visit(app.url)
    choose(page, 'model', 'sharp.safetensors')
    page.locator('.about').get_by_text('sharp.safetensors').wait_for(timeout=RESULT)
    page.set_input_files('#drop input[type=file]', path)
    page.get_by_text('too large for the dense CRF').wait_for(timeout=RESULT)
    assert 'at most 120000 pixels' in page.inner_text('#status')
    page.locator('#picture').wait_for(state='hidden')
    page.click('#crf input')
    np.testing.assert_array_equal(shown(page, app, 'large.png', 'sharp.safetensors'),
                                  expected(models['sharp'], path, crf=False))
    assert page.is_visible('#picture') and complaints(visit) == []


def test_who_waits_sees_it_and_who_leaves_is_not_waited_for(visit, app, picture):
    people = [visit(app.url) for _ in range(3)]
    for page in people:
        page.click('#crf input')
        page.set_input_files('#drop input[type=file]', picture)
    people[2].locator('#status').get_by_text(re.compile('queue: |processing')).first.wait_for(timeout=RESULT)
    for page in people[:2]:
        page.close()
    drop_of_the_last = people[2].locator('#status .result-text').get_by_text('street.png')
    drop_of_the_last.wait_for(timeout=RESULT)
    people[2].close()
    deadline = time.monotonic() + 60
    while (kept := list(app.folder.glob('mmdepthcls-app-*/served/*/picture_*'))) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not kept and 'Traceback' not in app.log.read_text()


@pytest.mark.parametrize('name', [
    'a"b\'<img src=x onerror=alert(1)>&amp;.png', 'é' * 80 + 'y' * 80 + '.png', '🚗 two\nlines.png'],
    ids=['tags', 'long', 'lines'])
def test_names_are_only_names(visit, app, picture, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(Path(picture).read_bytes())
    page, asked = visit(app.url), []
    page.on('dialog', lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.set_input_files('#drop input[type=file]', str(path))
    page.locator('#status .result-text').get_by_text('400 x 300 pixels').wait_for(timeout=RESULT)
    assert page.locator('#status img').count() == 0 and not asked
    assert page.evaluate('document.documentElement.scrollWidth') <= page.evaluate('window.innerWidth')
    with page.expect_download() as download:
        page.click('#files a[href$="/npy"]')
    assert download.value.suggested_filename.endswith('.npy') and complaints(visit) == []


@pytest.mark.long
@pytest.mark.skipif(not all(map(find_spec, ('onnx', 'onnxscript', 'onnxruntime', 'openvino'))),
                    reason="pip install -e '.[export]' brings what exports")
def test_exported_files_beside_the_model_that_they_are_of(visit, tmp_path):
    from script_process import run_script

    from mmdepthcls.apis.loaded_model import shipped_model
    export, files = Path(__file__).parents[2] / 'tools' / 'export.py', [shipped_model()]
    for kind, name in (('onnx', 'a.onnx'), ('openvino', 'b.xml')):
        files.append(str(tmp_path / name))
        result = run_script(export, shipped_model(), '--format', kind, '--out', files[-1], cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    with running_app(tmp_path, '--model', *files) as app:
        page = visit(app.url)
        page.click('button#example')
        first = shown(page, app, 'street_provisional.safetensors')
        for name in ('a.onnx', 'b.xml'):
            choose(page, 'model', name)
            np.testing.assert_allclose(shown(page, app, f'{name}, as it was exported'), first, rtol=1e-3)
            assert not page.is_visible('#crf input') and page.is_visible('#confidence')
        assert complaints(visit) == []
