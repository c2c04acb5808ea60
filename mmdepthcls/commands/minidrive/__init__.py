"""MiniDrive: a procedural generator of street scenes with exact depth. Pure: numpy and OpenCV only.

``make_minidrive(root)`` (writer.py) writes a data set in KITTI's file formats; ``sample_scene(rng)`` (scene.py) draws
one scene, ``render(scene, height, width)`` (renderer.py) its image and depth, and ``sparsify(depth, rng)`` (sparse.py)
keeps what a LiDAR would see. ``CameraSetup`` (camera_setup.py) is another camera before the same scene.
"""

from .camera_setup import CameraSetup
from .renderer import render
from .scene import sample_scene
from .sparse import sparsify
from .writer import make_minidrive

__all__ = ['CameraSetup', 'make_minidrive', 'render', 'sample_scene', 'sparsify']
