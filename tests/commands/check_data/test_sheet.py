"""Sheets of samples name their files."""
import numpy as np

from mmdepthcls.commands.check_data.sheet import _line, _shortened
from mmdepthcls.visualization.lettering import text_width


def test_a_sheet_has_the_name_as_it_is():
    text = 'b/Eigene Bilder \u00dcbung/0.png'
    assert _shortened(text, 500, start=True) == text
    assert np.any(_line(text, 500, (0, 0, 0)) != _line(text.replace('\u00dc', '?'), 500, (0, 0, 0)))
    assert _shortened(text, 120, start=True).startswith('...') and text_width(_shortened(text, 120), 11) <= 116
