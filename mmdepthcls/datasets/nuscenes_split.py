"""nuScenes' official splits, by the names of scenes. Pure."""
from __future__ import annotations

# Table folder of each split.
VERSIONS = {'train': 'v1.0-trainval', 'val': 'v1.0-trainval', 'test': 'v1.0-test', 'mini_train': 'v1.0-mini',
            'mini_val': 'v1.0-mini'}
# Numbers of the scenes of val: 150 of the 850 of trainval, first and last of each run; train has the others.
_VAL = ((3, 3), (12, 18), (35, 36), (38, 39), (92, 110), (221, 221), (268, 278), (329, 332), (344, 346), (519, 524),
        (552, 565), (625, 627), (629, 630), (632, 638), (770, 771), (775, 775), (777, 778), (780, 784), (794, 800),
        (802, 802), (904, 917), (919, 931), (962, 963), (966, 969), (971, 972), (1059, 1073))
VAL_SCENES = frozenset(f'scene-{number:04d}' for first, last in _VAL for number in range(first, last + 1))
MINI_VAL_SCENES = frozenset({'scene-0103', 'scene-0916'})


def scenes_of_split(split: str, scenes: list[str]) -> list[str]:
    """Those of a version's scenes that a split has.

    Args:
        split: of :data:`VERSIONS`.
        scenes: names of all scenes of its version.

    >>> scenes_of_split('val', ['scene-0001', 'scene-0003']), scenes_of_split('train', ['scene-0001', 'scene-0003'])
    (['scene-0003'], ['scene-0001'])
    """
    held_out = {'train': VAL_SCENES, 'val': VAL_SCENES, 'mini_train': MINI_VAL_SCENES, 'mini_val': MINI_VAL_SCENES}
    if split not in held_out:
        return list(scenes)
    return [name for name in scenes if (name in held_out[split]) == split.endswith('val')]
