"""The browser of these tests records what pages do: of two small sites, one of which calls for the other."""
import pytest
from chromium import only_local

pytestmark = pytest.mark.page
WORKER = "new Worker('worker.js').onmessage = event => { document.title = event.data; };"


def test_requests_of_pages_and_workers_are_recorded(visit, serve, tmp_path):
    (tmp_path / 'index.html').write_text(f'<link rel="icon" href="data:,"><script>{WORKER}</script>')
    (tmp_path / 'worker.js').write_text("fetch('data.txt').then(answer => answer.text()).then(postMessage);")
    (tmp_path / 'data.txt').write_text('found')
    site = serve(tmp_path)
    page = visit(site)
    page.wait_for_function('document.title == "found"')
    assert {f'{site}/worker.js', f'{site}/data.txt'} <= set(visit.requests)
    visit.only_local(site)
    visit.no_complaints()


def test_errors_and_foreign_requests_are_found(visit, serve, tmp_path):
    (tmp_path / 'index.html').write_text(
        '<link rel="icon" href="data:,"><img src="gone.png"><img src="http://example.org/spy.gif">'
        '<script>console.error("alas"); null.x;</script>')
    site = serve(tmp_path)
    page = visit(site)
    page.wait_for_function('[...document.images].every(each => each.complete)')
    assert only_local(visit.requests, site) == ['http://example.org/spy.gif']
    assert any('alas' in each for each in visit.console_errors)
    assert any('null' in each for each in visit.page_errors)
    assert any('gone.png: 404' in each for each in visit.failed)
    assert any('example.org' in each and 'NOT_RESOLVED' in each for each in visit.failed)
    with pytest.raises(AssertionError):
        visit.only_local(site)
    with pytest.raises(AssertionError):
        visit.no_complaints()


def test_each_visit_is_of_another_person(visit, serve, tmp_path):
    (tmp_path / 'index.html').write_text('<link rel="icon" href="data:,">')
    site = serve(tmp_path)
    first, second = visit(site), visit(site, viewport=dict(width=400, height=700))
    first.evaluate('localStorage.setItem("mine", "1")')
    assert second.evaluate('localStorage.getItem("mine")') is None
    assert second.viewport_size == dict(width=400, height=700)


@pytest.mark.parametrize('url, leaves', [
    ('blob:http://elsewhere/1', False), ('data:text/plain,x', False), ('ws://127.0.0.1:80/queue', False),
    ('http://127.0.0.1:81/', True), ('https://127.0.0.1.example.org/', True), ('file:///etc/passwd', True),
    ('wss://example.org/', True)])
def test_what_leaves_an_origin(url, leaves):
    assert only_local([url], 'http://127.0.0.1:80') == [url] * leaves
