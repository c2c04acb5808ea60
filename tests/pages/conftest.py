"""Fixtures of the tests of pages. Tests that take them are marked ``page``: .ci/pages runs these."""
import pytest
from chromium import Visits, start_browser


@pytest.fixture(scope='session')
def browser():
    """Chromium, without a window."""
    yield from start_browser()


@pytest.fixture
def visit(browser):
    """Opens pages, and knows what they asked for: :class:`chromium.Visits`."""
    visits = Visits(browser)
    yield visits
    visits.close()
