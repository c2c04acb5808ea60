"""The dataset on which all depth datasets stand: pairs of an image and its depth, checked before training starts."""
import os
import os.path as osp
import re
from concurrent.futures import ThreadPoolExecutor

from mmengine.logging import print_log
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from . import depth_png

IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg')


@DATASETS.register_module()
class DepthDataset(BaseSegDataset):
    """Images with metric depth, from a split file or from two folders.

    A split file has one sample a line, ``IMAGE DEPTH [anything]``, relative to ``data_prefix``; ``None`` as DEPTH means
    that the sample has no ground truth; blank lines and lines that begin with ``#`` are skipped. Without a split file
    every image below ``img_path`` is taken, with the depth of the same name below ``depth_map_path``::

        data_root
        ├── train.txt            # ann_file (optional)
        ├── image/...png         # data_prefix['img_path']
        └── depth/...png         # data_prefix['depth_map_path']

    A sample in the pipeline has ``img_path`` and, where there is ground truth, ``depth_map_path``, ``depth_scale`` and
    ``depth_channels`` for :class:`LoadDepth`. Without ``test_mode`` samples without ground truth are left out.

    Args:
        ann_file (str): split file, relative to ``data_root``. Default '': list the folders.
        data_root (str): folder of everything.
        data_prefix (dict): folders of images and depth maps below ``data_root``.
        depth_scale (float): depth PNG units per metre (256 for KITTI).
        depth_channels (int): channels of a depth PNG.
        verify (bool): look at every file before training: it exists and has its beginning and its end, depth is
            a 16-bit PNG, and image and depth have the same size. Reads about 50 bytes a file; damage between them is
            an error that names the file when it is loaded. Default True.
        **kwargs: see :class:`mmseg.datasets.BaseSegDataset`.

    Raises:
        ValueError: if there is no sample, a path leaves its folder, or ``verify`` finds a fault; names the file.
        FileNotFoundError: if the split file, a folder, an image or a depth map is missing.
    """

    # One METAINFO for all depth datasets, so that ConcatDataset takes them together.
    METAINFO = dict(classes=('depth', ), palette=[[68, 1, 84]])

    def __init__(self,
                 ann_file='',
                 data_root=None,
                 data_prefix=None,
                 depth_scale=depth_png.KITTI_SCALE,
                 depth_channels=1,
                 verify=True,
                 **kwargs):
        if not depth_scale > 0:
            raise ValueError(f'{type(self).__name__}: depth_scale must be > 0 (PNG units per metre), got {depth_scale}')
        self.depth_scale = depth_scale
        self.depth_channels = depth_channels
        self.verify = verify
        data_prefix = dict(img_path='', depth_map_path='') | (data_prefix or {})
        super().__init__(ann_file=ann_file, data_root=data_root, data_prefix=data_prefix, **kwargs)

    def load_data_list(self):
        """All samples, checked.

        Returns:
            list[dict]: samples as the pipeline gets them.
        """
        samples = self.list_samples()
        if not self.test_mode:
            with_depth = [sample for sample in samples if self.has_depth(sample)]
            if len(with_depth) < len(samples):
                print_log(f'{type(self).__name__}: {len(samples) - len(with_depth)} of {len(samples)} samples of '
                          f'{self.source} have no ground truth and are left out of training', logger='current')
            samples = with_depth
        if not samples:
            raise ValueError(f'{type(self).__name__}: {self.source} holds no sample'
                             f'{"" if self.test_mode else " with ground truth"}. Check data_root, data_prefix and '
                             'ann_file.')
        self._check_existence(samples)
        if self.verify:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(self.verify_sample, samples))
        for sample in samples:
            sample.update(seg_fields=[], label_map=self.label_map, reduce_zero_label=self.reduce_zero_label)
        return samples

    @property
    def source(self):
        """str: where the samples come from, for messages."""
        return self.ann_file or self.data_prefix.get('img_path') or self.data_root or '(no data_root)'

    @property
    def expected_len(self):
        """int or None: how many samples the complete data hold, where that is known."""
        return None

    def list_samples(self):
        """Samples without any check but that of their paths; what a subclass overrides.

        Returns:
            list[dict]: ``img_path`` and, where there is ground truth, ``depth_map_path``, ``depth_scale``,
            ``depth_channels``.
        """
        return self._samples_of_split_file() if self.ann_file else self._samples_of_folders()

    def has_depth(self, sample):
        """bool: whether a sample has ground truth."""
        return 'depth_map_path' in sample

    def with_depth_map(self, sample, path):
        """The sample with the depth PNG at ``path`` and that file's format."""
        return dict(sample, depth_map_path=path, depth_scale=self.depth_scale, depth_channels=self.depth_channels)

    def _samples_of_split_file(self):
        if not osp.isfile(self.ann_file):
            raise FileNotFoundError(f'{type(self).__name__}: split file {self.ann_file} does not exist')
        try:
            with open(self.ann_file, encoding='utf-8-sig') as file:
                lines = file.readlines()
        except UnicodeDecodeError as error:
            raise ValueError(f'{self.ann_file}: a split file is UTF-8 text, this is not ({error}). Save it as UTF-8.'
                             ) from error
        samples = []
        for number, line in enumerate(lines, 1):
            columns = line.split()
            if not columns or columns[0].startswith('#'):
                continue
            where = f'{self.ann_file}, line {number}'
            if len(columns) < 2:
                raise ValueError(f"{where}: expected 'IMAGE DEPTH' (DEPTH may be None), got {line.strip()!r}")
            sample = dict(img_path=join_inside(self.data_prefix['img_path'], columns[0], where))
            if columns[1] != 'None':
                depth = join_inside(self.data_prefix['depth_map_path'], columns[1], where)
                sample = self.with_depth_map(sample, depth)
            samples.append(sample)
        return samples

    def _samples_of_folders(self):
        images, depths = (self.data_prefix.get(key) for key in ('img_path', 'depth_map_path'))
        for key, folder in (('img_path', images), ('depth_map_path', depths)):
            if not folder or not osp.isdir(folder):
                raise FileNotFoundError(f"{type(self).__name__}: folder data_prefix['{key}'] = {folder!r} does not "
                                        'exist (and no ann_file is given)')
        names = sorted(osp.relpath(osp.join(parent, name), images) for parent, _, files in os.walk(images)
                       for name in files if name.lower().endswith(IMAGE_SUFFIXES))
        return [self.with_depth_map(dict(img_path=osp.join(images, name)),
                                    osp.join(depths, osp.splitext(name)[0] + '.png')) for name in names]

    def _check_existence(self, samples):
        """Every file is there. Lists each folder once: far fewer system calls than one a file."""
        paths = [sample[key] for sample in samples for key in self.FILE_KEYS if key in sample]
        listing = {folder: set(os.listdir(folder)) if osp.isdir(folder) else ()
                   for folder in {osp.dirname(path) for path in paths}}
        missing = [path for path in paths if osp.basename(path) not in listing[osp.dirname(path)]]
        if missing:
            raise FileNotFoundError(f'{type(self).__name__}: {len(missing)} of the {len(paths)} files of {self.source} '
                                    f'do not exist, the first is {missing[0]}')

    FILE_KEYS = ('img_path', 'depth_map_path')

    def verify_sample(self, sample):
        """Look at the files of one sample.

        Raises:
            DepthFileError: (a ValueError) for the first fault.
        """
        image = depth_png.probe_image(sample['img_path'])
        if 'depth_map_path' in sample:
            depth = depth_png.probe(sample['depth_map_path'])
            depth_png.check_depth_header(depth, sample['depth_map_path'], sample['depth_channels'])
            if image and (image.height, image.width) != (depth.height, depth.width):
                raise depth_png.DepthFileError(
                    f'{sample["depth_map_path"]}: depth has {depth.height} x {depth.width} pixels, but its image '
                    f'{sample["img_path"]} has {image.height} x {image.width}. They must show the same pixels: pair '
                    'the right files, or resize the depth by nearest neighbour.')


def join_inside(folder, name, where):
    """``folder/name``, refused where ``name`` is absolute or leaves ``folder``.

    Raises:
        ValueError: names ``where`` (the split file and line) and the path.
    """
    if osp.isabs(name) or re.match(r'[A-Za-z]:', name) or osp.normpath(name).split(os.sep)[0] == '..':
        raise ValueError(f'{where}: path {name!r} leaves the data root. Write it relative to {folder!r}.')
    return osp.join(folder, name)
