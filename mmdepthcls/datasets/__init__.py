"""Depth datasets. ``velodyne``, ``depth_png`` and ``minidrive`` are pure; the rest needs MMSegmentation."""
from ..compat import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    'DepthDataset': 'depth_dataset',
    'KITTIDepthDataset': 'kitti',
    'MiniDriveDataset': 'minidrive_dataset',
    'SYNTHIADepthDataset': 'synthia',
    'eigen_split': 'eigen',
})
