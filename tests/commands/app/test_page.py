"""The page as its server gives it, without a browser."""
import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('gradio', reason="pip install -e '.[app]' brings Gradio")


@pytest.fixture(scope='module')
def served(tmp_path_factory):
    """Folder in which Gradio keeps files: it must be named before it is imported."""
    import os

    from mmdepthcls.commands.app.surroundings import prepare_environment
    folder = tmp_path_factory.mktemp('gradio')
    before = dict(os.environ)
    prepare_environment(folder)
    yield folder
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def page(bench, served):
    """A page of the bench, built."""
    from mmdepthcls.commands.app.page import Page
    from mmdepthcls.commands.app.visit import Visits
    bench.visits, bench.max_bytes, bench.max_pixels = Visits(served), 10**6, 10**6
    page = Page(bench)
    page.blocks = page.build()
    return page


@pytest.fixture
def person():
    """Who asks."""
    import gradio as gr
    return gr.Request(session_hash='one')


@pytest.fixture
def chosen(page):
    """Settings as the page has them when it is loaded."""
    model = page.models[0]
    return [model.name, next(iter(model.reading.decoders)), False, None, None]


def test_events_give_as_many_values_as_there_are_outputs(page):
    """Of each event the outputs are counted by Gradio only when it happens."""
    counts = {fn.name: len(fn.outputs) for fn in page.blocks.fns.values()}
    assert counts == dict(upload=11, draw=10, again=10, choose=3, show_points=1, click=5, read=3, close=0)


def test_nothing_of_it_is_an_open_interface(page):
    assert {fn.api_visibility for fn in page.blocks.fns.values() if fn.name != 'close'} == {'private'}
    assert page.blocks.analytics_enabled is False and page.blocks.share is False
    limits = {fn.name: (fn.concurrency_limit, fn.concurrency_id) for fn in page.blocks.fns.values()}
    assert all(limits[name] == (1, 'predict') for name in ('upload', 'draw', 'again'))


def test_a_picture_from_its_upload_to_its_end(page, person, chosen, served, models):
    from mmdepthcls.commands.app.example_picture import example_picture
    path = served / 'hash' / 'street.png'
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(example_picture())
    drop, status, results, views, picture, depth, *_, files = page.upload(person, str(path), *chosen)
    assert drop is None and 'street.png' in status and results.visible and 'wide' in views.elem_classes
    assert not path.exists()
    points = page.show_points(person)
    for file in (picture, depth, points):
        assert Path(file).read_bytes()[:4] in (b'\xff\xd8\xff\xe0', b'\x89PNG', b'glTF')
        assert file.startswith(str(served))
    token = re.search(r'download/([^/]+)/npy', files)[1]
    assert page.bench.file(token, 'npy')[0] == 'street.npy'
    text, marked, _ = page.read(person, 210, 115)
    result = page.bench.visits.of('one').result
    assert f'{result.depth[115, 210]:.2f} m' in text and marked != picture
    page.close(person)
    assert not any(file.is_file() for file in served.rglob('*'))
    assert [type(each).__name__ for each in page.again(person, *chosen)] == ['dict'] * 10  # nothing to show anew


def test_an_error_is_shown_and_not_raised(page, person, chosen, served):
    path = served / 'notes.png'
    path.write_text('these are words')
    _, status, results, *rest = page.upload(person, str(path), *chosen)
    assert 'That did not work' in status and 'notes.png' in status and results.elem_classes == ['gone']
    assert '__type__' in page.show_points(person)  # a viewer that still loads is left alone
    assert 'hint' in page.read(person, 1, 1)[0]
    assert all(each == page.click(person, None)[0] for each in page.click(person, None))


def test_a_choice_of_models(page, models):
    about, decoder, crf = page.choose(models[0].name)
    assert models[0].name in about and decoder.choices[0][0].endswith("(the model's own)") and crf.visible


def test_the_example_is_the_picture_of_the_documents(page, person, chosen):
    status = page.draw(person, *chosen)[0]
    assert '416 x 128' in status
    result = page.bench.visits.of('one').result
    assert result.picture.shape == (128, 416, 3) and np.ptp(result.picture) > 200
    assert result.camera.focal_px == pytest.approx(0.58 * 416) and 'by the drawing itself' in status


def test_a_field_that_is_left_as_it_was_costs_nothing(page, person, chosen):
    page.draw(person, *chosen)
    token = page.bench.visits.of('one').token
    assert all('__type__' in each for each in page.again(person, *chosen))
    assert page.bench.visits.of('one').token == token
    assert 'Focal length 300 px' in page.again(person, *chosen[:3], 300.0, 0)[0]
    assert page.bench.visits.of('one').token != token


@pytest.fixture
def client(bench, served):
    """Asks the application as a browser does."""
    from starlette.testclient import TestClient

    from mmdepthcls.commands.app.server import application
    from mmdepthcls.commands.app.visit import Visits
    bench.visits = Visits(served)
    with TestClient(application(bench, '127.0.0.1')[0], base_url='http://127.0.0.1:7860') as client:
        yield client


def test_the_application(client, bench, settings, upload, served, tmp_path):
    first = client.get('/')
    assert first.status_code == 200 and not re.findall(r'(?:src|href|content)="https?://', first.text)
    config = client.get('/config').json()
    assert config.get('analytics_enabled') in (False, None) and not config.get('footer_links')
    assert not re.findall(r'(?:url\(|@import)[\s"\']*(?:https?:)?//', client.get('/theme.css').text)
    (tmp_path / 'secret').write_text('secret')
    for path in ('/etc/passwd', str(tmp_path / 'secret'), f'{served}/../secret', f'{served}/../../../../etc/passwd'):
        assert client.get(f'/gradio_api/file={path}').status_code in (403, 404)
    assert client.get('/', headers={'host': 'evil.example'}).status_code == 403
    path = served / 'street.png'
    path.write_bytes(Path(upload()).read_bytes())
    bench.receive('one', str(path))
    visit = bench.predict('one', settings())
    answer = client.get(f'/download/{visit.token}/npy')
    assert answer.content == bench.file(visit.token, 'npy')[1]
    assert answer.headers['content-disposition'] == "attachment; filename*=utf-8''street.npy"
    assert client.get(f'/download/{visit.token}/mm').status_code == 404
    large = client.post('/gradio_api/upload', files={'files': ('a.png', bytes(100_001))})
    assert large.status_code == 413 and not [each for each in served.rglob('a.png')]


def test_what_is_chosen_meanwhile_counts(page):
    """By default Gradio passes over what is chosen while the same event is under way."""
    modes = {fn.name: {other.trigger_mode for other in page.blocks.fns.values() if other.name == fn.name}
             for fn in page.blocks.fns.values()}
    assert all(modes[name] == {'always_last'} for name in ('again', 'choose', 'show_points', 'upload', 'read'))


def test_a_picture_that_has_gone_is_not_shown_again(page, person, chosen, monkeypatch):
    """Another picture may come while a point of the former is read, or its points are placed."""
    from mmdepthcls.commands.app import shown_picture, viewer_points
    page.draw(person, *chosen)
    visit = page.bench.visits.of('one')
    for module, name, ask in ((shown_picture, 'depth_png', lambda: page.read(person, 3, 3)),
                              (viewer_points, 'viewed_points', lambda: [page.show_points(person)])):
        result, work = visit.result, getattr(module, name)

        def replaced(*arguments, work=work):
            visit.drop_result()
            return work(*arguments)
        monkeypatch.setattr(module, name, replaced)
        assert all('__type__' in each for each in ask())
        visit.result = result


def test_a_page_that_is_left_while_it_predicts(page, person, chosen, served, monkeypatch):
    from mmdepthcls.apis import DepthInferencer
    predict, before = DepthInferencer.predict, set(served.rglob('*'))

    def closing(self, *arguments):
        page.close(person)
        return predict(self, *arguments)
    monkeypatch.setattr(DepthInferencer, 'predict', closing)
    assert 'closed' in page.draw(person, *chosen)[0]
    assert '__type__' in page.show_points(person) and 'no result' in page.read(person, 1, 1)[0]
    assert set(served.rglob('*')) == before
