"""The data sets that a depth config can be written for: what such a config says of them."""
import json
import os
import re
from dataclasses import dataclass, replace

from ...invocation import command


@dataclass(frozen=True)
class DepthData:
    """A data set in a config.

    Args:
        title (str): its name in comments.
        dataset (str): arguments of the dataset, as code, '{root}' for the folder.
        splits (tuple[str, str, str]): what training, validation and testing add to these.
        variable (str): environment variable that names its folder; '' where the config does.
        root (str): the folder otherwise.
        needs (str): what must be in the folder, and how it gets there; '{NAME}' for a command of this package.
        image_size (tuple[int, int], optional): height and width, where all have about the same.
        warp (str): more arguments of ``RandomDepthWarp``, as code.
        evaluator (str): more arguments of ``DepthEvaluator``, as code.
        comment (str): lines above the dataset in the config.
        manifest (str): JSON file in the folder that says the images' height and width; '' where there is none.
        measured (bool): whether ``image_size`` is that of the images in the folder, and not what is usual.
        depth_range (tuple[float, float]): where bins begin that do not begin at 0, and end, unless somebody says
            otherwise, m.
    """

    title: str
    dataset: str
    splits: tuple
    variable: str
    root: str
    needs: str
    image_size: tuple[int, int] | None = None
    warp: str = ''
    evaluator: str = ''
    comment: str = ''
    depth_range: tuple[float, float] = (1.0, 80.0)
    manifest: str = ''
    measured: bool = False

    @property
    def code(self):
        """str: arguments of the dataset."""
        root = repr(f'{{{{${self.variable}:{self.root}}}}}' if self.variable else self.root)
        return self.dataset.replace('{root}', root)

    def in_folder(self, root):
        """The same data in a folder that the config names.

        The config works wherever it is run: a relative folder is written from the root of the disk on.

        Raises:
            FileNotFoundError: if there is no such folder.
        """
        if not os.path.isdir(root):
            raise FileNotFoundError(f'--data-root {root} is no folder')
        return replace(self, variable='', root=os.path.abspath(root))

    def as_found(self):
        """The same data with the size of images that the manifest in their folder says, where there is one."""
        try:
            with open(os.path.join(self.folder, self.manifest), encoding='utf-8') as file:
                facts = json.load(file)
            size = facts['height'], facts['width']
        except (OSError, ValueError, LookupError, TypeError):
            return self
        if not all(type(side) is int and side > 0 for side in size):
            return self
        return replace(self, image_size=size, measured=True)

    @property
    def folder(self):
        """str: where the data are looked for."""
        return os.environ.get(self.variable) or self.root if self.variable else self.root

    @property
    def where(self):
        """str: where the data are looked for and whether that is there, and on other lines what must be in it."""
        root = self.folder
        known = f', or where {self.variable} says' if self.variable and root == self.root else (
            f' ({self.variable})' if self.variable else '')
        there = '' if os.path.isdir(root) else f' {root} does not exist yet.'
        needs = re.sub(r'\{([a-z-]+)\}', lambda match: command(match[1]), self.needs)
        return f'{self.title} in {root}{known}.{there}\n{needs}'


OF_SPLITS = ("split='train'", "split='val'", "split='test'")
ROOMS = (0.5, 10.0)  # m


def _trees(title, dataset, splits, variable, root, image_size=None, **more):
    """A data set in a tree of its own, which the docstring of its class and docs/datasets.md show."""
    return DepthData(title, f'{dataset}, data_root={{root}}', splits, variable, root,
                     f'Its folders are drawn in docs/datasets.md, under {title}.', image_size, **more)


def _preset(name):
    return f"type='DepthTreeDataset', preset={name!r}"


DATA = {
    # 'fit' is KITTI's training split without the drives of 'val'.
    'kitti': DepthData(
        'KITTI', "type='KITTIDepthDataset', data_root={root}, ground_truth='annotated'",
        ("split='fit'", *OF_SPLITS[1:]), 'KITTI_ROOT', 'data/kitti',
        'It holds raw/ and annotated/: see {prepare-kitti} and docs/data.md.',
        (375, 1242), ', min_valid=0.01', "crop='garg'"),
    'synthia': DepthData(
        'SYNTHIA', "type='SYNTHIADepthDataset', data_root={root}", OF_SPLITS, 'SYNTHIA_ROOT',
        'data/synthia/RAND_CITYSCAPES',
        'It holds RGB/ and Depth/: see {prepare-synthia} and docs/data.md.', (760, 1280)),
    'minidrive': DepthData(
        'MiniDrive', "type='MiniDriveDataset', data_root={root}", OF_SPLITS, 'MINIDRIVE_ROOT', 'data/minidrive',
        '{make-minidrive} FOLDER writes it.', (128, 416), manifest='minidrive.json'),
    'nyu': _trees('NYU Depth v2', "type='NYUDepthDataset'", (OF_SPLITS[0], OF_SPLITS[2], OF_SPLITS[2]), 'NYU_ROOT',
                  'data/nyu_depth_v2', (480, 640), evaluator="protocols=['nyu_eigen']", depth_range=ROOMS),
    'virtual_kitti': _trees(
        'Virtual KITTI 2', "type='VirtualKITTIDepthDataset'",
        ("scenes=['Scene01', 'Scene02', 'Scene06', 'Scene18']", "scenes=['Scene20']", "scenes=['Scene20']"),
        'VKITTI2_ROOT', 'data/vkitti2', (375, 1242), evaluator="crop='garg'"),
    'cityscapes': _trees('Cityscapes', "type='CityscapesDepthDataset'", OF_SPLITS, 'CITYSCAPES_ROOT',
                         'data/cityscapes', (1024, 2048), warp=', min_valid=0.01'),
    'diode': _trees('DIODE', "type='DIODEDepthDataset'", (OF_SPLITS[0], OF_SPLITS[1], OF_SPLITS[1]), 'DIODE_ROOT',
                    'data/diode', (768, 1024), depth_range=(0.5, 80.0)),
    'scannet': _trees(
        'ScanNet', "type='ScanNetDepthDataset', resized='image'",
        ("scenes='scannetv2_train.txt'", "scenes='scannetv2_val.txt'", "scenes='scannetv2_val.txt'"), 'SCANNET_ROOT',
        'data/scannet/scans', (480, 640), depth_range=ROOMS),
    'seven_scenes': _trees(
        '7-Scenes', "type='SevenScenesDepthDataset'", (OF_SPLITS[0], OF_SPLITS[2], OF_SPLITS[2]), 'SEVEN_SCENES_ROOT',
        'data/7scenes', (480, 640), depth_range=ROOMS),
    'arkitscenes': _trees(
        'ARKitScenes', "type='ARKitScenesDepthDataset'", ("split='Training'", "split='Validation'",
                                                          "split='Validation'"), 'ARKITSCENES_ROOT',
        'data/arkitscenes/raw', (192, 256), depth_range=ROOMS),
    'carla': _trees('CARLA', _preset('carla'), ("scenes='train.txt'", "scenes='val.txt'", "scenes='test.txt'"),
                    'CARLA_ROOT', 'data/carla', (600, 800)),
    'synthia_sf': _trees(
        'SYNTHIA-SF', _preset('synthia_sf'), ("scenes=['SEQ1', 'SEQ2', 'SEQ3', 'SEQ4']", "scenes=['SEQ5']",
                                              "scenes=['SEQ6']"), 'SYNTHIA_SF_ROOT', 'data/SYNTHIA-SF', (1080, 1920)),
    'synthia_seqs': _trees(
        'SYNTHIA-SEQS', _preset('synthia_seqs'),
        ("scenes=['*-01-*', '*-02-*', '*-04-*']", "scenes=['*-05-*']", "scenes=['*-06-*']"), 'SYNTHIA_SEQS_ROOT',
        'data/SYNTHIA-SEQS', (760, 1280)),
    'nuscenes': _trees('nuScenes', "type='NuScenesDepthDataset'", (OF_SPLITS[0], OF_SPLITS[1], OF_SPLITS[1]),
                       'NUSCENES_ROOT', 'data/nuscenes', (900, 1600)),
    'ddad': _trees('DDAD', "type='DDADDepthDataset'", (OF_SPLITS[0], OF_SPLITS[1], OF_SPLITS[1]), 'DDAD_ROOT',
                   'data/ddad_train_val', (1216, 1936), depth_range=(1.0, 200.0)),
    'folder': DepthData(
        'own data', "type='DepthFolderDataset', data_root={root}",
        ("ann_file='train.txt'", "ann_file='val.txt'", "ann_file='test.txt'"), 'DEPTH_ROOT', 'data/depth',
        "It must hold train.txt, val.txt and test.txt, one sample a line, 'IMAGE DEPTH', relative to it, and the files "
        'that\nthey name. This tool makes the lists of two folders and looks at the files: run it again with --force '
        '--data-root DIR\n--images FOLDER --depth FOLDER --make-split. Depth is read as 16-bit PNG, metres * 256; '
        'where it is not, set depth_format\nin the config (--depth-scale N), see docs/data.md.', None, '', '',
        "# (The lists hold one sample a line, 'IMAGE DEPTH', relative to data_root. What the numbers mean is said by\n"
        '# depth_format: dict(scale=1000.0) is millimetres, see docs/data.md.)\n'),
}
