"""A real browser for tests of pages: Debian's Chromium, driven by Playwright.

    def test_it_loads(visit):                      # the fixture of conftest.py
        page = visit('http://127.0.0.1:8000/')     # a Playwright page, in a context of its own
        page.get_by_role('button', name='Run').click()
        visit.only_local('http://127.0.0.1:8000')
        visit.no_complaints()

It is the first of ``chromium``, ``chromium-browser`` and ``google-chrome`` on PATH, or what ``CHROMIUM`` names. Hosts
other than this machine are unknown to the browser, so that a page that needs one fails as it would without a network.
"""
import os
import shutil
from urllib.parse import urlsplit

import pytest

NAMES = ('chromium', 'chromium-browser', 'google-chrome')
# Data that a page has made itself.
INSIDE = ('blob', 'data', 'about')
UNKNOWN_HOSTS = 'MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'
SECONDS = 120  # that a test waits for anything: machines may be busy


def start_browser():
    """A generator of one browser; skips where Playwright or Chromium is missing."""
    playwright = pytest.importorskip('playwright.sync_api', reason="pip install -e '.[pages]' brings Playwright")
    path = os.environ.get('CHROMIUM') or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f'there is no Chromium on PATH ({", ".join(NAMES)}); .ci/pages installs Debian\'s')
    arguments = [f'--host-resolver-rules={UNKNOWN_HOSTS}']
    if hasattr(os, 'geteuid') and os.geteuid() == 0:
        arguments.append('--no-sandbox')
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


class Visits:
    """Pages of one test, and all that they ask for and complain of.

    Args:
        browser (playwright.sync_api.Browser): that shows them.

    Attributes:
        requests (list[str]): URL of every request and WebSocket, of workers and frames too.
        failed (list[str]): URL and reason of requests that came to nothing or were answered by an error.
        console_errors (list[str]): what a page wrote into the console as an error.
        page_errors (list[str]): exceptions that nobody caught.
    """

    def __init__(self, browser):
        self.browser, self.contexts = browser, []
        self.requests, self.failed, self.console_errors, self.page_errors = [], [], [], []

    def __call__(self, url, **context):
        """Open a page in a context of its own, as another person would.

        Args:
            url (str): of the page.
            **context: of ``Browser.new_context``: viewport, has_touch, java_script_enabled, ...

        Returns:
            playwright.sync_api.Page: when it is loaded.
        """
        page = self.open_context(**context).new_page()
        page.goto(url)
        return page

    def open_context(self, **context):
        """A browser context whose pages are watched; it is closed at the end of the test."""
        opened = self.browser.new_context(**context)
        opened.set_default_timeout(1000 * SECONDS)
        self.contexts.append(opened)
        opened.on('request', lambda request: self.requests.append(request.url))
        opened.on('requestfailed', lambda request: self.failed.append(f'{request.url}: {request.failure}'))
        opened.on('response', self._hear_answer)
        opened.on('console', self._hear_console)
        opened.on('weberror', lambda error: self.page_errors.append(str(error.error)))
        opened.on('page', lambda page: page.on('websocket', lambda socket: self.requests.append(socket.url)))
        return opened

    def only_local(self, *origins):
        """Assert that nothing was asked for but of these origins, such as ``http://127.0.0.1:8000``."""
        assert self.requests, 'no request was recorded'
        assert only_local(self.requests, *origins) == []

    def no_complaints(self):
        """Assert that no page reported an error."""
        assert (self.page_errors, self.console_errors, self.failed) == ([], [], [])

    def close(self):
        """Close all pages."""
        for context in self.contexts:
            context.close()

    def _hear_console(self, message):
        if message.type == 'error':
            self.console_errors.append(f'{message.text} ({message.location.get("url", "")})')

    def _hear_answer(self, response):
        if response.status >= 400:
            self.failed.append(f'{response.url}: {response.status}')


def only_local(requests, *origins):
    """list[str]: requests that leave these origins. WebSockets count as the HTTP of their host."""
    places = {urlsplit(origin).netloc for origin in origins}
    assert places and all(places), f'expected origins such as http://127.0.0.1:8000, got {origins}'
    return [url for url in requests if urlsplit(url).scheme not in INSIDE
            and (urlsplit(url).scheme not in ('http', 'https', 'ws', 'wss') or urlsplit(url).netloc not in places)]
