import cv2
import numpy as np
import pytest

from mmdepthcls.commands.crf.comparison_figure import draw_comparison


def test_draws_every_panel_on_one_scale():
    image = np.full((20, 60, 3), (250, 10, 200), np.uint8)
    near, far = np.full((20, 60), 2.0), np.full((20, 60), 60.0)
    figure = cv2.imdecode(np.frombuffer(draw_comparison([dict(image=image, near=near, same=near, far=far)] * 2),
                                        np.uint8), cv2.IMREAD_COLOR).astype(int)
    height, width = figure.shape[:2]
    rows = [height * (2 * i + 1) // 8 + 8 for i in range(4)]
    middles = figure[rows, width // 4]
    assert abs(middles[0] - (200, 10, 250)).max() < 3
    assert (middles[1] == middles[2]).all() and abs(middles[1] - middles[3]).max() > 50
    assert (figure[rows, width * 3 // 4] == middles).all()
    gray = (figure.max(axis=2) < 100)[:height // 12, :width // 2]
    assert gray.any()  # a title


@pytest.mark.parametrize('images', [[], [dict(a=np.ones((2, 2))), dict(b=np.ones((2, 2)))]])
def test_images_of_other_panels_are_refused(images):
    with pytest.raises(ValueError, match='images with the same panels'):
        draw_comparison(images)
