"""Depth datasets. ``velodyne``, ``depth_file``, ``depth_png``, ``eigen``, ``split_file``,
``file_finder``, ``kitti_layout`` and ``minidrive`` are pure; the rest needs MMSegmentation."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
