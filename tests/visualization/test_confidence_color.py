import numpy as np

from mmdepthcls.visualization.confidence_color import color_confidence, confidence_bar, confidence_panel


def test_black_is_0_and_white_is_1():
    colors = color_confidence(np.array([[0, 0.5, 1, 7, -1, np.nan]]))
    assert colors[0, :, 0].tolist() == [0, 128, 255, 255, 0, 0] and (colors == colors[..., :1]).all()
    panel = confidence_panel(np.array([[0.0, 1.0]]), (40, 20))
    assert panel.shape == (20, 40, 3) and (panel[:, :20] == 0).all() and (panel[:, 20:] == 255).all()


def test_the_bar_is_framed_and_named():
    bar = confidence_bar(400, 60)
    assert bar.shape == (60, 400, 3) and (bar[10, 1:-1, 0] >= np.roll(bar[10, :, 0], 1)[1:-1]).all()
    assert (bar[:25, -1] == 0).all() and (bar[0] == 0).all()
    assert (bar[45:, :60] < 128).any() and (bar[45:, -60:] < 128).any()
