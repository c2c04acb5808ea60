"""The reliability diagram: its artists hold the numbers of the sums."""
import numpy as np
import pytest

from mmdepthcls.evaluation.reliability import LEVELS, STEPS, ReliabilitySums
from mmdepthcls.evaluation.reliability_chart import draw_reliability, reliability_figure
from mmdepthcls.visualization.chart_style import LETTERS


def sums(seed=0, pixels=1000):
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(pixels, np.ones(STEPS) / STEPS)
    counts[2] = 0
    stated = (np.arange(STEPS) + 0.5) / STEPS
    table = np.stack([counts, counts * stated, np.round(counts * stated**2)], axis=1).astype(float)
    return ReliabilitySums(table, table[:, 0].sum() * LEVELS**0.5, int(0.8 * table[:, 0].sum()))


def test_lines_are_the_numbers_and_names_say_the_error():
    models = dict(before=sums(0), after=sums(1))
    figure = reliability_figure(models, dict(before=0.9, after=0.95))
    confidence, coverage, pixels, names = figure.axes
    for axis in (confidence, coverage):
        assert axis.get_xlim() == axis.get_ylim() == (0, 1)
        assert axis.lines[0].get_xydata().tolist() == [[0, 0], [1, 1]]
    for place, (name, each) in enumerate(models.items()):
        seen = each.table[:, 0] > 0
        np.testing.assert_allclose(confidence.lines[1 + place].get_xydata(),
                                   np.stack([each.stated[seen], each.measured[seen]], axis=1))
        line, own = coverage.lines[1 + 2 * place:3 + 2 * place]
        np.testing.assert_allclose(line.get_xydata(), np.stack([LEVELS, each.coverage], axis=1))
        np.testing.assert_allclose(own.get_xydata(), [[dict(before=0.9, after=0.95)[name], each.inside_share]])
        np.testing.assert_allclose(pixels.patches[place].get_data().values, 100 * each.table[:, 0] / each.num)
        text = names.get_legend().get_texts()[place].get_text()
        assert text == f'{name}\nECE {100 * each.error:.1f} %'
    styles = {(line.get_color(), line.get_marker(), str(line.get_linestyle())) for line in confidence.lines[1:]}
    assert len({marker for _, marker, _ in styles}) == 2  # told apart in gray
    assert pixels.get_xlabel() == 'stated probability (%)' and coverage.get_ylabel() == 'measured (%)'


def test_letters_are_of_one_size_and_lie_in_the_figure():
    figure = reliability_figure({'a name that goes on and on and on': sums(), 'b': sums(3)}, {})
    figure.canvas.draw()
    texts = [text for text in figure.findobj(lambda artist: hasattr(artist, 'get_fontsize')) if text.get_text()]
    assert {text.get_fontsize() for text in texts} == {LETTERS}
    frame = figure.bbox
    for text in texts:
        box = text.get_window_extent()
        assert box.x0 >= frame.x0 - 1 and box.x1 <= frame.x1 + 1 and box.y0 >= frame.y0 - 1 and box.y1 <= frame.y1 + 1
    assert draw_reliability(dict(a=sums()))[:4] == b'\x89PNG'


@pytest.mark.parametrize('models', [{}, dict(a=ReliabilitySums.nothing()), {name: sums() for name in 'abcde'}])
def test_no_models_no_pixels_and_too_many_are_refused(models):
    with pytest.raises(ValueError, match='expected one to 4 models with measured pixels'):
        reliability_figure(models)
