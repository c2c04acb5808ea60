"""The samples of a config's datasets, listed without their own checks, which stop at the first fault."""
from dataclasses import dataclass, field
from typing import NamedTuple

from mmengine.registry import DefaultScope
from mmseg.registry import DATASETS, TASK_UTILS, TRANSFORMS

from ..config.config_class import class_name, class_of, is_a
from ..config.config_parts import SPLITS, leaf_datasets
from ..config.near_name import did_you_mean
from .cameras.input_focal import InputFocal
from .depth_dataset import DepthDataset
from .kitti import KITTIDepthDataset
from .reading import Reading


@dataclass
class Source:
    """One dataset of a split.

    Args:
        name (str): what its samples have in common: class, ground truth and folder.
        samples (list[dict]): as :meth:`DepthDataset.list_samples` gives them.
        reading (Reading): how the pipeline reads them.
        expected (int, optional): how many samples there should be.
        kind (str): name of the dataset's class.
        eigen (str, optional): its part of the Eigen split, where it is one as it stands.
        dataset (DepthDataset, optional): itself.
        input_focal (InputFocal, optional): what its pipeline does to focal lengths.
    """
    name: str
    samples: list
    reading: Reading
    expected: int | None = None
    kind: str = ''
    eigen: str | None = None
    dataset: DepthDataset | None = None
    input_focal: InputFocal | None = None

    @property
    def depth_format(self):
        """DepthFormat or None: of the depth maps; None where there is none, as of scans."""
        return next((sample.get('depth_format', self.reading.depth_format) for sample in self.samples
                     if 'depth_map_path' in sample), None)


class ListingFault(NamedTuple):
    """Why something could not be listed as it should."""
    kind: str
    path: str
    seen: str
    remedy: str


@dataclass
class SplitListing:
    """The datasets of a data loader, and why some could not be listed."""
    name: str
    sources: list = field(default_factory=list)
    faults: list = field(default_factory=list)  # of ListingFault


def list_splits(cfg):
    """The samples of every data loader of a config.

    Args:
        cfg (Config): with ``train_dataloader``, ``val_dataloader``, ``test_dataloader`` or some of them.

    Returns:
        tuple[list[SplitListing], DepthBins or None]: and the model's bins.

    Raises:
        ValueError: if the config has none of them, or impossible bins.
    """
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'mmseg')):
        bins = cfg.get('model', {}).get('bins')
        bins = bins and TASK_UTILS.build(bins)
        loaders = {name: cfg.get(f'{name}_dataloader') for name in SPLITS}
        splits = [_list_split(name, loader.get('dataset', {}), bins) for name, loader in loaders.items() if loader]
    if not splits:
        raise ValueError('the config has no train_dataloader, val_dataloader or test_dataloader')
    return splits, bins


def _list_split(name, dataset, bins):
    split = SplitListing(name)
    for cfg in leaf_datasets(dataset):
        try:
            source, repeated = _list_source(cfg, bins)
            split.sources.append(source)
            split.faults += [ListingFault('listed twice', second, f'the sample stands also in {first}', 'Delete one of '
                                          'the two lines: training refuses the list.') for first, second in repeated]
        except Exception as reason:  # whatever a dataset raises is a fault of this split; the others go on
            split.faults.append(ListingFault('cannot be listed', cfg.get('ann_file') or cfg.get('data_root') or name,
                                             f'{type(reason).__name__}: {reason}', 'Mend it first: none of its samples '
                                             'has been looked at.'))
    if split.sources and not any(source.samples for source in split.sources):
        split.faults.append(ListingFault('no samples', split.sources[0].name, 'the split has no sample',
                                         'Check data_root, data_prefix and ann_file.'))
    return split


def _list_source(cfg, bins):
    kind = class_of(cfg, DATASETS)
    if not isinstance(kind, type) or not issubclass(kind, DepthDataset):
        question = did_you_mean(class_name(cfg), DATASETS) if kind is None else ''
        raise TypeError(f'{class_name(cfg)} is no depth dataset of mmdepthcls: expected a subclass of DepthDataset.'
                        f'{question}')
    dataset = kind(**{key: value for key, value in cfg.items() if key not in ('type', 'pipeline')},
                   pipeline=[], verify=False, lazy_init=True)
    samples = dataset.list_samples()
    kitti = isinstance(dataset, KITTIDepthDataset)
    reading = Reading(*_loading(cfg.get('pipeline') or []), edges=None if bins is None else bins.edges,
                      depth_root=dataset.data_prefix['depth_map_path'] if kitti else '',
                      annotated=kitti and dataset.ground_truth == 'annotated' and not dataset.ann_file)
    name = ' '.join(str(part) for part in (kind.__name__, getattr(dataset, 'ground_truth', ''),
                                           getattr(dataset, 'camera', ''), dataset.data_root) if part)
    source = Source(name, samples, reading, dataset.expected_len, kind.__name__,
                    dataset.split if kitti else None, dataset, InputFocal(_without_views(cfg.get('pipeline') or [])))
    return source, dataset.repeated_lines(samples)


def _loading(pipeline):
    """Depth format and LiDAR convention of a pipeline's loading transforms; their defaults where it has none."""
    load, project = (TRANSFORMS.build(dict(_last(pipeline, name) or dict(type=name)))
                     for name in ('LoadDepth', 'LoadVelodyneDepth'))
    return load.depth_format, project.convention


def _last(pipeline, name):
    return next((step for step in reversed(list(_steps(pipeline))) if is_a(step, TRANSFORMS, name)), None)


def _without_views(pipeline):
    """The steps before those of test-time augmentation, which makes several inputs of an image."""
    return [step for step in pipeline if class_name(step) != 'TestTimeAug']


def _steps(pipeline):
    """Every transform in a pipeline, also those inside of others (TestTimeAug, RandomChoice)."""
    for step in pipeline:
        if isinstance(step, (list, tuple)):
            yield from _steps(step)
        elif isinstance(step, dict):
            yield step
            yield from _steps(step.get('transforms', ()))
