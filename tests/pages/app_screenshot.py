"""Take the picture of docs/app.md.

``python tests/pages/app_screenshot.py http://127.0.0.1:7860/ docs/images/app.jpg``, of a page that runs.
"""
import sys

from chromium import Visits, start_browser


def take(url, path):
    """The page at ``url`` with its own street and a point in it, as a JPEG."""
    for browser in start_browser():
        visits = Visits(browser)
        page = visits(url, viewport=dict(width=1280, height=1240))
        page.click('#example')
        page.locator('#picture img').wait_for()
        box = page.locator('#picture img').bounding_box()
        page.mouse.click(box['x'] + box['width'] * 0.55, box['y'] + box['height'] * 0.7)
        page.locator('.metres').wait_for()
        page.locator('#points canvas').wait_for()
        page.wait_for_timeout(15_000)  # the viewer says nowhere that it has drawn
        page.screenshot(path=path, full_page=True, type='jpeg', quality=85)
        visits.close()


if __name__ == '__main__':
    take(*sys.argv[1:])
