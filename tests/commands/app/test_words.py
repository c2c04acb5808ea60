"""What the page says: nothing that comes from outside becomes part of the page, and whose metres they are is said."""
from html.parser import HTMLParser

import numpy as np
import pytest

from mmdepthcls.apis.depth_result import DepthResult
from mmdepthcls.apis.picture_source import PictureSource
from mmdepthcls.camera import PictureCamera
from mmdepthcls.commands.app import words
from mmdepthcls.visualization.depth_color import DepthColors

EVIL = '<script>alert(1)</script>"\'><img src=x onerror=alert(2)>.png'
OWN = PictureCamera(100.0, source='given')


class Tags(HTMLParser):
    """Names of all tags, which must be closed in order."""

    def __init__(self, text):
        super().__init__()
        self.names, self.open, self.text = [], [], ''
        self.feed(text)
        assert self.open == [], f'not closed: {self.open}'

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def result_of(**changes):
    return DepthResult(PictureSource('a'), np.zeros((4, 200, 3), np.uint8), np.ones((4, 200), np.float32),
                       np.ones((4, 200), bool), (1.0, 80.0), **changes)


@pytest.mark.parametrize('text', [
    words.result_text(EVIL, result_of(camera=PictureCamera(100.0, source=EVIL)), 100.0, 1.0),
    words.result_text('a', result_of(), 100.0, 1.0, how=words.how_read(EVIL, EVIL, True)),
    words.about_model(EVIL, EVIL, (1, 80)), words.error_text(EVIL), words.hint(EVIL),
    words.files_text(EVIL, ['png', 'ply'])])
def test_nothing_from_outside_becomes_a_tag(text):
    assert not {'script', 'img'} & set(Tags(text).names)
    assert 'onerror=alert(2)&gt;' in text or 'onerror' not in Tags(text).text


@pytest.mark.parametrize(('changes', 'trained', 'expected'), [
    (dict(camera=OWN, correction=1.25), 80.0, ["multiplied by 1.25", '100 px (90°', 'what you have typed']),
    (dict(camera=OWN, correction=1.0001), 80.0, ['It is that of the training']),
    (dict(camera=OWN), None, ['That of the training is not known']),
    (dict(assumed_camera=PictureCamera(100.0, source='assumed')), 100.0, ['is assumed', '100 px (90°', 'wrong by']),
    (dict(camera=OWN, of_one_camera=True), 80.0, ['100 px (90°', 'Nothing was corrected', 'of that calibration']),
    (dict(of_one_camera=True), 80.0, ['not known', 'camera of that calibration']),
    (dict(), None, ['not known', 'no points in space'])])
def test_whose_metres(changes, trained, expected):
    text = words.whose_metres(result_of(**changes), trained)
    assert all(each in text for each in expected)
    assert ('assumed' in text) == ('assumed_camera' in changes)


def test_what_the_model_guesses_is_said():
    told = np.ones((4, 200), bool)
    told[0] = False
    result = result_of()
    result.supervised = told
    assert '25% of the picture' in words.result_text('a', result, None, 1.0)
    assert 'Hatched' not in words.result_text('a', result_of(), None, 1.0)
    assert 'Provisional' in words.result_text('a', result, None, 1.0, True)


def test_the_legend_has_the_colors_where_the_metres_are():
    colors = DepthColors(1.0, 80.0)
    text = words.legend(colors, False)
    assert 'left: 0.00%">1<' in text and 'left: 100.00%">80 m<' in text
    position = 100 * np.log(20) / np.log(80)
    assert f'left: {position:.2f}%">20<' in text
    middle = colors.paint(np.array([[np.sqrt(80)]]))[0, 0]
    assert 'rgb({}, {}, {})'.format(*middle) in text
    assert 'guess' not in text and 'guess' in words.legend(colors, True)


@pytest.mark.parametrize(('changes', 'expected', 'missing'), [
    (dict(), ['12.35 m', 'x = 3, y = 4', '90 %', 'between 11.00 and 14.00 m', '25%'], ['guess']),
    (dict(interval=None, confidence=None), ['12.35 m'], ['probab']),
    (dict(supervised=False), ['a guess'], []), (dict(coverage=0.8), ['80 %'], ['90']),
    (dict(depth=0.0), ['Nothing was predicted at (3, 4)'], ['metres">'])])
def test_a_point(changes, expected, missing):
    text = words.point_text(**{**dict(x=3, y=4, depth=12.345678, interval=(11.0, 14.0), confidence=0.25,
                                      supervised=True, coverage=0.9), **changes})
    plain = Tags(text).text
    assert all(each in plain for each in expected) and not any(each in text for each in missing)


@pytest.mark.parametrize('text', [
    words.EMPTY, words.PROVISIONAL, words.about_model('m', 'streets', (1, 80), words.PROVISIONAL),
    words.points_note(True, result_of()), words.points_note(False, result_of())])
def test_tags_are_closed(text):
    Tags(text)


def test_a_result_says_which_choices_it_follows():
    assert words.how_read('', 'Median', False) == 'Median'
    how = words.how_read('a.onnx', 'Median', True)
    assert how == 'a.onnx, Median, sharpened by a dense CRF'
    assert f'1.0 s; {how}</p>' in words.result_text('a', result_of(), None, 1.0, how=how)
