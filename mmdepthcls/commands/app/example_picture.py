"""The picture that the page offers to who has none at hand: a street that is drawn. Pure."""
from functools import lru_cache

import cv2

from ...camera import PictureCamera
from ..minidrive import render
from ..minidrive.looks import PLAIN
from ..minidrive.worlds import chosen_world
from ..minidrive.writer import sample_generators

NAME = 'drawn_street.png'
SEED, SPLIT, INDEX = 5, 'test', 4  # of make-minidrive: the picture of docs/start.md


def example_camera() -> PictureCamera:
    """The camera before which the street is drawn."""
    streets = chosen_world(PLAIN, None)
    return PictureCamera(streets.camera.focal_px(streets.size[1]), source='the drawing itself')


@lru_cache(maxsize=1)
def example_picture() -> bytes:
    """A street of MiniDrive as a PNG of 8-bit RGB, the same each time."""
    streets = chosen_world(PLAIN, None)
    scene, _ = sample_generators(SEED, SPLIT, INDEX)
    picture, _ = render(streets.camera.take(streets.sample(scene)), *streets.size)
    return cv2.imencode('.png', picture[..., ::-1])[1].tobytes()
