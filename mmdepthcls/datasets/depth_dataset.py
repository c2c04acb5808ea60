"""The dataset on which all depth datasets stand: pairs of an image and its depth, checked before training starts."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mmengine.logging import print_log
from mmseg.datasets import BaseSegDataset

from ..config.set_name import check_set_name
from .cameras.sample_camera import SampleCameras, check_plausible
from .common_size import RESIZED
from .depth_file import SUFFIXES, DepthFileError, DepthFormat, probe_depth
from .exchanged_pair import refuse_exchanged
from .files.file_finder import FILE, IMAGE_SUFFIXES, FileFinder, describe, why_missing, written_path
from .files.image_header import probe_image
from .files.listed_file import listed_path, relative_name
from .same_pixels import check_pixels, obeys_orientation
from .split_file import NO_DEPTH, read_split_file
from .transforms.focal_tracking import forget_unwatched

FOLDERS = dict(img_path='', depth_map_path='')  # keys of data_prefix, and what they are by default


class DepthDataset(BaseSegDataset):
    """Images with metric depth; a subclass says which in :meth:`list_samples`. By itself it reads a split file.

    A split file has one sample a line, ``IMAGE DEPTH [anything]``, relative to ``data_prefix``; ``None`` as DEPTH means
    that the sample has no ground truth; blank lines and lines that begin with ``#`` are skipped. More forms are read,
    see :func:`mmdepthcls.datasets.split_file.read_split_file`. A file whose name differs only in case, or in how
    accents are spelled, is found; so is one without its ending, and one that begins with the folder in which it lies
    (``data/mine/image/0.png`` in ``data_root='data/mine'``). A sample that stands there twice is an error. In
    ``test_mode`` a line may name the image alone.

    A sample in the pipeline has ``img_path`` and, where there is ground truth, ``depth_map_path``, ``depth_format`` and
    perhaps ``depth_name`` for :class:`LoadDepth`; and ``focal_px``, the focal length of its camera in pixels of the
    image as it is on disk, where that is known: what the config says (a column of the list that its header calls focal,
    ``cameras``, ``focal_px``) or else the dataset's own (:meth:`focal_px`). Without ``test_mode`` samples without
    ground truth are left out.

    Args:
        ann_file: split file, relative to ``data_root``.
        data_root: folder of everything; ``~`` and ``$VARIABLE`` are known.
        data_prefix: folders of images (``img_path``) and depth maps (``depth_map_path``) below ``data_root``.
        depth_format: what the numbers in the depth files mean, see :class:`mmdepthcls.datasets.depth_file.DepthFormat`.
            Default: KITTI's PNG, metres * 256.
        images_only: images alone, as if no sample had ground truth: depth is neither looked for nor opened. For images
            of a domain to which a model is adapted. Default False.
        verify: look at every file before training: it exists and has its beginning and its end, depth is of the right
            kind, and image and depth have the same size. Reads about 100 bytes a file; damage between them is an error
            that names the file when it is loaded. Default True.
        depth_follows_exif: depth maps show the pixels of their images as the EXIF orientation tag turns them, which
            MMCV obeys. Default False: an image whose tag mirrors it or turns it upside down is refused, since its size
            does not tell which of the two its depth shows. See also
            ``LoadImageFromFile(color_type='color_ignore_orientation')``.
        focal_px: focal length of the cameras, in pixels of the images as they are on disk; 'list': the third column of
            the split file; 'exif': what the images say themselves.
        cameras: JSON file of cameras below ``data_root``, or its content: ``{"focal_px": 721.5}`` or such a camera by
            the name of each image (see :class:`mmdepthcls.datasets.cameras.camera_finder.CameraFinder`).
        set_name: what its samples are called among those of other sets, for :class:`WeightedSetSampler` and
            :class:`~mmdepthcls.evaluation.per_set_evaluator.PerSetEvaluator`.
        resized: which of the two is brought to the other's size where image and depth show the same view in different
            resolutions, as sensors' do: 'image' (depth stays as it was measured) or 'depth' (by nearest neighbor: no
            depth is made that is not in the file). Default: unequal sizes are refused.
        **kwargs: see :class:`mmseg.datasets.BaseSegDataset`.

    Raises:
        ValueError: if there is no sample, or one twice, a path leaves its folder, or ``verify`` finds a fault; names
            the file, and the lines.
        FileNotFoundError: if the split file, a folder, an image or a depth map is missing.
    """

    # One METAINFO for all depth datasets, so that ConcatDataset takes them together.
    METAINFO = dict(classes=('depth', ), palette=[[68, 1, 84]])
    FILE_KEYS: tuple[str, ...] = ('img_path', 'depth_map_path')
    # Of a sample, what tells of its depth.
    DEPTH_KEYS: tuple[str, ...] = ('depth_map_path', 'depth_format', 'depth_name', 'resized')

    def __init__(self, ann_file: str = '', data_root: str | None = None, data_prefix: dict | None = None,
                 depth_format: dict | DepthFormat | None = None, verify: bool = True,
                 depth_follows_exif: bool = False, focal_px: float | str | None = None,
                 cameras: str | dict | None = None, set_name: str | None = None, resized: str | None = None,
                 images_only: bool = False, **kwargs: Any) -> None:
        self.images_only = images_only
        self.depth_format = DepthFormat.of(depth_format)
        self.verify = verify
        self.depth_follows_exif = depth_follows_exif
        if set_name is not None:
            check_set_name(set_name, type(self).__name__)
        if resized not in RESIZED:
            raise ValueError(f"{type(self).__name__}: resized must be 'image' or 'depth' (or None: unequal sizes are "
                             f'refused), got {resized!r}')
        self.set_name, self.resized = set_name, resized
        self._finder = FileFinder()
        data_prefix = data_prefix or {}
        if not data_prefix.keys() <= FOLDERS.keys() <= data_prefix.keys() and data_prefix.keys() - FOLDERS.keys():
            raise ValueError(f'{type(self).__name__}: data_prefix has the keys {" and ".join(FOLDERS)}, got '
                             f'{", ".join(data_prefix)}')
        data_prefix = {key: written_path(folder, f"data_prefix['{key}']")
                       for key, folder in (FOLDERS | data_prefix).items()}
        try:
            self._cameras = SampleCameras(cameras, focal_px, data_root)
        except ValueError as error:
            raise ValueError(f'{type(self).__name__}: {error}') from error
        super().__init__(ann_file=written_path(ann_file, 'ann_file'), data_root=written_path(data_root, 'data_root'),
                         data_prefix=data_prefix, **kwargs)

    def load_data_list(self) -> list[dict]:
        """All samples, checked.

        Returns:
            Samples as the pipeline gets them.
        """
        samples = listed = self.list_samples()
        wanted = '' if self.test_mode or self.images_only else ' with ground truth'
        if self.images_only:
            samples = [{key: value for key, value in sample.items() if key not in self.DEPTH_KEYS}
                       for sample in samples]
        if not self.test_mode and not self.images_only:
            with_depth = [sample for sample in samples if self.has_depth(sample)]
            if len(with_depth) < len(samples):
                print_log(f'{type(self).__name__}: {len(samples) - len(with_depth)} of {len(samples)} samples of '
                          f'{self.source} have no ground truth and are left out of training', logger='current')
            samples = with_depth
        if not samples:
            reason = why_missing(self.data_prefix['depth_map_path'] or '.') if listed else ''
            raise ValueError(f'{type(self).__name__}: {self.source} holds no sample{wanted}. Check data_root, '
                             f'data_prefix and ann_file. {reason}')
        repeated = self.repeated_lines(samples)
        if repeated:
            raise ValueError(f'{type(self).__name__}: {len(repeated)} samples of {self.source} are listed twice, the '
                             f'first in {repeated[0][0]} and again in {repeated[0][1]}. Each counts once: delete one '
                             'of the two lines. (To train on some more often, give them a list of their own and '
                             'RepeatDataset.)')
        self._check_existence(samples)
        self._finder = FileFinder()  # what it remembers is not needed any more
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._find_camera, samples))
            if self.verify:
                list(pool.map(self.verify_sample, samples))
        forget_unwatched(samples, self.pipeline)
        for sample in samples:
            sample.pop('listed_in', None)
            sample.update(seg_fields=[], label_map=self.label_map, reduce_zero_label=self.reduce_zero_label)
            if self.set_name is not None:
                sample['set_name'] = self.set_name
        return samples

    @property
    def source(self) -> str:
        """Where the samples come from, for messages."""
        return self.ann_file or self.data_prefix.get('img_path') or self.data_root or '(no data_root)'

    @property
    def expected_len(self) -> int | None:
        """How many samples the complete data hold, where that is known."""
        return None

    def list_samples(self) -> list[dict]:
        """Samples without any check but that of their paths; what a subclass overrides.

        Returns:
            ``img_path`` and, where there is ground truth, ``depth_map_path`` and ``depth_format``; ``listed_in``, the
            line of the split file, is for messages only.
        """
        samples = []
        for where, columns in read_split_file(self.ann_file, type(self).__name__):
            focal = self._cameras.listed(columns.focal, columns[2] if len(columns) > 2 else None, where)
            sample = self.sample_of_line(columns, where)
            samples.append(sample if focal is None else dict(sample, focal_px=focal))
        return samples

    def sample_of_line(self, columns: list[str], where: str) -> dict:
        """The sample that a line of the split file names.

        Args:
            columns: of the line.
            where: the file and the line, for messages.
        """
        sample = dict(img_path=self._listed_file('img_path', columns[0], where), listed_in=where)
        if self.images_only:
            depth = None
        elif len(columns) > 1:
            depth = None if columns[1] == NO_DEPTH else self._listed_file('depth_map_path', columns[1], where)
        else:
            depth = self.depth_of_image(sample['img_path'])
            if depth is None and not self.test_mode:
                raise ValueError(f"{where}: expected 'IMAGE DEPTH' (DEPTH may be None), got {columns[0]!r}")
        return sample if depth is None else self.with_depth_map(sample, depth)

    def depth_of_image(self, img_path: str) -> str | None:
        """The depth of an image that a line names alone, where the dataset knows it."""
        return None

    def endings(self, key: str) -> tuple[str, ...]:
        """Of the files of a key of ``data_prefix``, for names that are listed without."""
        return IMAGE_SUFFIXES if key == 'img_path' else SUFFIXES

    def _listed_file(self, key, name, where):
        return listed_path(self._finder, self.data_prefix[key] or '', name, self.endings(key), where)

    def repeated_lines(self, samples: list[dict]) -> list[tuple[str, str]]:
        """Samples that a split file has twice.

        Args:
            samples: of :meth:`list_samples`.

        Returns:
            Where each stands first, and where again.
        """
        first: dict[tuple, dict] = {}
        repeated = []
        for sample in samples:
            if 'listed_in' in sample:
                key = tuple(sample.get(key) for key in self.FILE_KEYS)
                if first.setdefault(key, sample) is not sample:
                    repeated.append((first[key]['listed_in'], sample['listed_in']))
        return repeated

    def has_depth(self, sample: dict) -> bool:
        """Whether a sample has ground truth."""
        return 'depth_map_path' in sample

    def focal_px(self, sample: dict) -> float | None:
        """Focal length of the camera that took a sample's image, in pixels of the image as it is on disk, by what comes
        with the data (what the config says counts more, and is asked first).

        Args:
            sample: of the data set.

        Returns:
            None where the data set does not know it.
        """
        return None

    def known_focal(self, sample: dict) -> float | None:
        """As :meth:`focal_px`, but what the config or its list says first.

        Args:
            sample: of :meth:`list_samples`; its image is there.

        Raises:
            ValueError: for a camera that none is; names where it is said.
        """
        if 'focal_px' in sample:
            return sample['focal_px']
        path = sample['img_path']
        focal = self._cameras.focal_px(path, relative_name(path, self.data_prefix.get('img_path')))
        focal = self.focal_px(sample) if focal is None else focal
        return None if focal is None else float(focal)

    def _find_camera(self, sample):
        """Give a sample the focal length of its camera, where it is known."""
        try:
            focal = self.known_focal(sample)
        except DepthFileError:  # of an image that is none
            if self.verify:
                raise
            return
        if focal is not None:
            sample['focal_px'] = focal

    def with_depth_map(self, sample: dict, path: str, name: str | None = None) -> dict:
        """The sample with the depth file at ``path``, that file's format, and what this ground truth is called."""
        sample = dict(sample, depth_map_path=path, depth_format=self.depth_format)
        if self.resized is not None:
            sample['resized'] = self.resized
        return sample if name is None else dict(sample, depth_name=name)

    def _check_existence(self, samples):
        """Every file is there. Lists each folder once: far fewer system calls than one a file."""
        paths = [(sample[key], sample) for sample in samples for key in self.FILE_KEYS if key in sample]
        missing = [(path, sample) for path, sample in paths if self._finder.kind(path) != FILE]
        if missing:
            path, sample = missing[0]
            refuse_exchanged(sample, self.depth_format)
            where = f' ({sample["listed_in"]})' if 'listed_in' in sample else ''
            what = f', which is {describe(path)}' if self._finder.kind(path) else ''
            hint = '' if what else f'. {why_missing(path)}{self.naming_hint(path)}'
            raise FileNotFoundError(f'{type(self).__name__}: {len(missing)} of the {len(paths)} files of {self.source} '
                                    f'do not exist, the first is {path}{what}{where}{hint}')

    def naming_hint(self, path: str) -> str:
        """How to say where a missing file is, for messages; begins with a blank, or is empty."""
        return ''

    def verify_sample(self, sample: dict) -> None:
        """Look at the files of one sample.

        Raises:
            DepthFileError: (a ValueError) for the first fault.
        """
        image = probe_image(sample['img_path'])
        if 'focal_px' in sample:
            check_plausible(sample['focal_px'], image.shape(), sample['img_path'])
        if 'depth_map_path' not in sample:
            return
        try:
            depth = probe_depth(sample['depth_map_path'], sample['depth_format'])
        except DepthFileError:
            refuse_exchanged(sample, self.depth_format)
            raise
        if depth:
            check_pixels(sample, image, depth, obeys_orientation(self.pipeline), self.depth_follows_exif)
