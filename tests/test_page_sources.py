"""The sources of the page that predicts in the browser, without a browser: nothing foreign, and it can be read."""
import json
import re

import pytest
from document_snippets import ROOT

PAGE = ROOT / 'docs' / 'page'
SOURCES = sorted(path for path in PAGE.iterdir() if path.suffix in ('.html', '.css', '.js'))
SCRIPTS = [path for path in SOURCES if path.suffix == '.js']
NAMESPACES = {'http://www.w3.org/2000/svg', 'http://127.0.0.1:8000'}  # a name, and the reader's own machine
COLORS = re.compile(r'--([\w-]+): (#[0-9a-f]{3,6})')
LEAST_CONTRAST = 4.5  # WCAG 2.2, AA


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere(path):
    text = path.read_text('utf-8')
    assert set(re.findall(r'(?:https?|wss?)://[^\s\'"<]+', text)) <= NAMESPACES
    assert not re.search(r"""(?:=|url\(|from|import\()\s*['"]?//""", text)
    assert not re.search(r'cookie\s*=|localStorage|sessionStorage|indexedDB|sendBeacon|eval\(|innerHTML', text)


def test_parts_that_scripts_name_are_there():
    html = (PAGE / 'index.html').read_text('utf-8')
    named = {name for path in SCRIPTS for name in re.findall(r"(?:element|getElementById)\('([\w-]+)'\)",
                                                             path.read_text('utf-8'))}
    known = re.findall(r' id="([\w-]+)"', html)
    assert len(known) == len(set(known)) and named and named <= set(known)
    for target in re.findall(r' (?:for|aria-describedby|aria-labelledby)="([\w-]+)"', html):
        assert target in known
    for path in SCRIPTS:
        for module in re.findall(r"from '\./([\w.]+)'", path.read_text('utf-8')):
            assert (PAGE / module).is_file() or module == 'ort.mjs', f'{path.name} takes {module}'


def test_texts_can_be_read_on_their_ground():
    css = (PAGE / 'page.css').read_text('utf-8')
    light, dark = (dict(COLORS.findall(block)) for block in re.findall(r':root \{(.*?)\}', css, re.S))
    assert light.keys() == dark.keys()
    for theme in (light, dark):
        for ink, ground in (('ink', 'paper'), ('ink', 'card'), ('quiet', 'paper'), ('quiet', 'card'),
                            ('accent', 'paper'), ('on-accent', 'accent'), ('error', 'error-paper'),
                            ('ink', 'error-paper')):
            assert contrast(theme[ink], theme[ground]) >= LEAST_CONTRAST, f'{ink} on {ground}'


def contrast(one, other):
    """The ratio of WCAG, 1 to 21."""
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(color):
    digits = color[1:] if len(color) == 7 else ''.join(2 * digit for digit in color[1:])
    levels = [int(digits[at:at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
    return sum(share * level for share, level in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_contrast_is_that_of_the_standard():
    assert contrast('#000', '#ffffff') == pytest.approx(21)
    assert contrast('#777', '#fff') == pytest.approx(4.48, abs=0.01)


def test_what_npm_brings_is_pinned():
    wanted = json.loads((PAGE / 'package.json').read_text('utf-8'))['dependencies']
    lock = json.loads((PAGE / 'package-lock.json').read_text('utf-8'))['packages']
    assert wanted and all(re.fullmatch(r'\d+\.\d+\.\d+', version) for version in wanted.values())
    assert all(lock[f'node_modules/{name}']['version'] == version for name, version in wanted.items())
    assert all('integrity' in package for name, package in lock.items() if name)
