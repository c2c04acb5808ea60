"""Public data sets that differ from others by settings alone, for :class:`.DepthTreeDataset`. Pure."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

GREATEST = 2**24 - 1  # of 24 bits: the far plane, which is the sky and no measurement


@dataclass(frozen=True)
class TreePreset:
    """Where a data set has its images and depth, and what the numbers mean.

    Args:
        title: its name.
        tree: its folders, for people.
        images: pattern of the images.
        replace: pairs that turn an image's path into its depth's.
        depth_format: see :class:`.DepthFormat`.
        focal_px: of all its cameras, pixels; None: whoever made the images knows.
    """
    title: str
    tree: str
    images: str
    replace: tuple[tuple[str, str], ...]
    depth_format: dict[str, Any] = field(default_factory=dict)
    focal_px: float | None = None


TREE_PRESETS = {
    'carla': TreePreset(
        'CARLA', """\
recorded by yourself: sensor.camera.rgb and sensor.camera.depth at the same place, of the same size and field of view,
each image saved by image.save_to_disk(PATH) without a color converter, a folder a recording

    data/carla
    └── town01 ...                              # any names
        ├── rgb/00000123.png                    # any names, the same in both
        └── depth/00000123.png                  # 3 or 4 x 8 bits; R + 256 G + 65536 B of 2**24 - 1 are 1000 m
""", '*/rgb/*.png', (('/rgb/', '/depth/'), ), dict(bits=24, scale=GREATEST / 1000, invalid=GREATEST)),
    'synthia_sf': TreePreset(
        'SYNTHIA-SF', """\
    data/SYNTHIA-SF
    └── SEQ1 ... SEQ6
        ├── RGBLeft/0000000.png                 # 1920 x 1080
        └── DepthLeft/0000000.png               # 3 x 8 bits; R + 256 G + 65536 B of 2**24 - 1 are 5000 m
""", 'SEQ*/RGBLeft/*.png', (('/RGBLeft/', '/DepthLeft/'), ),
        dict(bits=24, scale=GREATEST / 5000, invalid=GREATEST)),
    'synthia_seqs': TreePreset(
        'SYNTHIA-SEQS', """\
    data/SYNTHIA-SEQS
    └── SYNTHIA-SEQS-01-DAWN ...
        ├── RGB/Stereo_Left/Omni_F/000000.png   # 1280 x 760; Stereo_Right and Omni_B, _L, _R are other cameras
        └── Depth/Stereo_Left/Omni_F/000000.png # 3 x 16 bits, the same centimetres in each channel
""", 'SYNTHIA-SEQS-*/RGB/Stereo_Left/Omni_F/*.png', (('/RGB/', '/Depth/'), ), dict(scale=100.0, channels=3),
        532.740352),
}
