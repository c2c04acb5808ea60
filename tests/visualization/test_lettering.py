"""Names of files as they are drawn into pictures, whatever their letters and however old OpenCV is."""
import unicodedata

import numpy as np
import pytest

from mmdepthcls.visualization import lettering
from mmdepthcls.visualization.lettering import draw_text, text_width


def drawn(text):
    picture = np.full((40, 300, 3), 255, np.uint8)
    draw_text(picture, text, 2, 25, 15)
    return picture


def test_accents_are_drawn_however_they_are_spelled(monkeypatch):
    text = 'Eigene Bilder \u00dcbung'
    for only_ascii in (lettering._ONLY_ASCII, True):
        monkeypatch.setattr(lettering, '_ONLY_ASCII', only_ascii)
        assert np.array_equal(drawn(text), drawn(unicodedata.normalize('NFD', text)))
        assert text_width(text, 15) == text_width(unicodedata.normalize('NFD', text), 15)
        assert not np.array_equal(drawn(text), drawn('Eigene Bilder ?bung'))
        assert np.array_equal(drawn(text), drawn('Eigene Bilder Ubung')) == only_ascii


@pytest.mark.parametrize('only_ascii', [lettering._ONLY_ASCII, True])
def test_no_name_is_too_odd_to_be_drawn(only_ascii, monkeypatch):
    monkeypatch.setattr(lettering, '_ONLY_ASCII', only_ascii)
    for text in ('\udcff.png', '\u4e2d\u6587', '\U0001f600', '\0\n\u202e', ''):
        assert drawn(text).shape == (40, 300, 3) and text_width(text, 15) >= 0
