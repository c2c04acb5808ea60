"""The looks of MiniDrive, by name: what draws a scene of each."""

from .other import sample_other_scene
from .scene import sample_scene
from .varied import sample_varied_scene

PLAIN = 'plain'  # the look of version 1, to which every measurement of this project refers unless it names another
LOOKS = {PLAIN: sample_scene, 'varied': sample_varied_scene, 'other': sample_other_scene}
