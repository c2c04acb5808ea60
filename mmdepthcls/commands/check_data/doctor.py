"""Runs all checks of a config's data, in worker processes, and puts together what they found."""
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from ...camera import focal_correction
from ...config.canonical_check import canonical_faults
from ...count_text import counted
from ...datasets.eigen import eigen_split
from ...datasets.files.image_header import probe_image
from ...datasets.reading import Reading
from ...datasets.sample_listing import list_splits
from ...parallel import map_parallel
from .camera_check import CameraSet, check_cameras
from .content import missing_folders
from .finding import LEVELS, error, note, warning
from .group_check import EXPECTATIONS, Group, check_group
from .leakage import check_duplicates, check_leakage
from .sample_check import SampleRecord, depth_path_of, inspect_sample
from .stray_files import check_stray_files

# Who may not see whom. Validation only chooses a checkpoint; the test set is what is published.
LEAKS = (('train', 'val', warning), ('train', 'test', error))


@dataclass
class SplitResult:
    """A split as it was found.

    Args:
        name (str): 'train', 'val' or 'test'.
        records (list[SampleRecord]): of the samples that were looked at.
        listed (int): samples in the split.
        with_truth (int): those that should have ground truth.
        expected (int, optional): how many samples there should be.
        jobs (list): (sample, Reading) of each record.
        eigen (dict): parts of the Eigen split, by the ``id`` of the records that are of one.
    """
    name: str
    records: list
    listed: int
    with_truth: int
    expected: int | None
    jobs: list
    eigen: dict = field(default_factory=dict)


@dataclass
class Examination:
    """All that was found.

    Args:
        splits (list[SplitResult]): one per data loader.
        findings (list[Finding]): each once; ``split`` names all splits that it concerns.
        bins (DepthBins, optional): the model's.
        cameras (list[CameraSet]): of each data set of each split.
        canonical_px (float, optional): of the model's canonical camera, whose metres the bins are of.
    """
    splits: list
    findings: list
    bins: object = None
    cameras: list = field(default_factory=list)
    canonical_px: float | None = None

    def count(self, level, split=None):
        """int: findings of a level, of all splits or one."""
        return sum(finding.level == level and (split is None or split in finding.split.split(', '))
                   for finding in self.findings)

    def failed(self, strict=False):
        """bool: whether there is an error, or with ``strict`` a warning."""
        return any(self.count(level) for level in (LEVELS[:2] if strict else LEVELS[:1]))


def examine(cfg, max_samples=None, workers=None, allow_leakage=False, progress=True):
    """Look at all data of a config.

    Args:
        cfg (Config): see :func:`mmdepthcls.datasets.sample_listing.list_splits`. A config that is meant to score
            what it trains on says so: ``check_data = dict(allow_leakage=True)``; ``reach=(0.1, 0.3)`` tells of cameras
            that are not on a car, or not alike (see ``ground_plane``).
        max_samples (int, optional): look at no more than so many samples of a split, spread over it.
        workers (int, optional): processes; default: one a CPU.
        allow_leakage (bool): what is in training and in evaluation is a note.
        progress (bool): show progress on stderr.

    Returns:
        Examination
    """
    options = _options(cfg)
    allow_leakage = allow_leakage or options['allow_leakage']
    listings, bins = list_splits(cfg)
    results, findings, groups = [], [], defaultdict(dict)
    canonical, depth_range = ((cfg.get('model') or {}).get(key) for key in ('canonical_focal_px', 'depth_range'))
    looks = {id(source): [_look(source, sample, canonical) for sample in _spread(source.samples, max_samples)]
             for listing in listings for source in listing.sources}
    records = _inspect(looks, workers, progress)
    cameras = []
    for listing in listings:
        expected = [source.expected for source in listing.sources]
        result = SplitResult(listing.name, [], 0, 0, sum(expected) if expected and None not in expected else None, [])
        results.append(result)
        findings += [error(*fault).of_split(listing.name) for fault in listing.faults]
        for source in listing.sources:
            found = _count(source, listing.name)
            findings += found
            result.listed += len(source.samples)
            result.with_truth += sum(bool(depth_path_of(sample)) for sample in source.samples)
            own = CameraSet(source.name, listing.name, unclear=source.input_focal.unclear)
            cameras.append(own)
            for look in looks[id(source)]:
                record = records[_key(look.sample, look.reading)]
                result.records.append(record)
                result.jobs.append((look.sample, look.reading))
                own.add(record, look.focal_px, look.input_px)
                if source.eigen:
                    result.eigen[id(record)] = source.eigen
                group = groups[source.name, source.depth_format, EXPECTATIONS.get(source.kind)]
                group[id(record)] = record, look.reading.edges
    for (name, depth_format, expectation), members in groups.items():
        found, edges = zip(*members.values(), strict=True)
        limits = depth_range or bins and tuple(float(np.median([each[side] for each in edges])) for side in (0, -1))
        findings += check_group(Group(name, list(found), depth_format, expectation, limits, options['reach']))
    findings += check_cameras(cameras, canonical, options['reach'] is None)
    findings += [error('canonical camera', f'{split}_dataloader', *fault.split('. ', 1)).of_split(split)
                 for split, fault in canonical_faults(cfg)]
    unique = {id(record): record for result in results for record in result.records}.values()
    findings += missing_folders(finding for record in unique for finding in record.findings)
    findings += check_stray_files(_listed_records(listings))
    for result in results:
        findings += [finding.of_split(result.name) for finding in check_duplicates(result.records)]
    findings += _leakage(results, allow_leakage)
    return Examination(results, _assigned(findings, results), bins, cameras, canonical)


def _options(cfg):
    """What the config itself says to the doctor."""
    options = cfg.get('check_data') or {}
    known = dict(allow_leakage=False, reach=None)
    if not isinstance(options, dict) or set(options) - set(known):
        raise ValueError(f'check_data: expected dict(allow_leakage=True, reach=(LOWEST, HIGHEST)) or one of them, got '
                         f'{options!r}')
    options = known | options
    reach = options['reach']
    if reach is not None and not (isinstance(reach, (list, tuple)) and len(reach) == 2 and 0 < reach[0] < reach[1]):
        raise ValueError('check_data: reach is the least and the greatest focal length (in image widths) * height (m) '
                         f'of the cameras, such as (0.4, 2.4), got {reach!r}')
    return options


def _key(sample, reading):
    content = tuple(sorted((key, str(value)) for key, value in sample.items() if key != 'listed_in'))
    return content, _reading_key(reading)


def _reading_key(reading):
    """What tells two Readings apart (arrays cannot be compared as one)."""
    edges = None if reading.edges is None else reading.edges.tobytes()
    return str(replace(reading, edges=None)), edges


def _spread(samples, most):
    if most is None or len(samples) <= most:
        return samples
    return [samples[i] for i in np.unique(np.linspace(0, len(samples) - 1, most).round().astype(int))]


class _Look(NamedTuple):
    """A sample to look at: how it is read, and its focal length in pixels of its image and of the network's input."""
    sample: dict
    reading: Reading
    focal_px: float | None
    input_px: float | None


def _look(source, sample, canonical_px):
    """How to look at a sample; the edges of canonical bins become those in metres of its camera."""
    try:
        focal = source.dataset.known_focal(sample)
        pixels = focal and source.input_focal(focal, probe_image(sample['img_path']).shape())
    except (OSError, ValueError):  # of a file, which is reported where it is looked at
        focal = pixels = None
    reading = source.reading
    if canonical_px is not None and focal is not None and reading.edges is not None:
        reading = replace(reading, edges=reading.edges * focal_correction(pixels or focal, canonical_px))
    return _Look(sample, reading, focal, pixels)


def _inspect(looks, workers, progress):
    """Record of each different sample, by its key: val and test are often the same."""
    jobs = {_key(look.sample, look.reading): (look.sample, look.reading) for each in looks.values() for look in each}
    keys = list(jobs)
    results = map_parallel(inspect_sample, list(jobs.values()), title='Looking at samples', unit='samples',
                           workers=workers, progress=progress)
    return {keys[index]: record for index, record in results}


def _listed_records(listings):
    """Paths of all listed samples, looked at or not."""
    return [SampleRecord(sample['img_path'], depth_path_of(sample)) for listing in listings
            for source in listing.sources for sample in source.samples]


def _count(source, split):
    got, expected = len(source.samples), source.expected
    if expected is None or got == expected:
        return []
    return [warning('number of samples', source.name, f'{counted(got, "sample")}, expected {expected}',
                    'Complete the data, or ignore this for a part of them.').of_split(split)]


def _leakage(results, allowed):
    """Between training and evaluation; between both evaluations only a note."""
    by_name = {result.name: result.records for result in results}
    findings = []
    watched, watches = _watched_training({result.name: result for result in results})
    findings += watches
    for first, second, level in (*LEAKS, ('val', 'test', note)):
        if not by_name.get(first) or not by_name.get(second):
            continue
        if first == 'val' and {r.img_path for r in by_name[first]} == {r.img_path for r in by_name[second]}:
            findings.append(note('val and test are the same', by_name[first][0].img_path, 'and all others: the best '
                                 'checkpoint is chosen on what is reported').of_split('val, test'))
            continue
        judged = by_name[second]
        if (first, second) == ('train', 'val'):
            judged = [record for record in judged if id(record) not in watched]
        found = check_leakage(by_name[first], judged, (first, second), note if allowed else level)
        findings += [finding.of_split(f'{first}, {second}') for finding in found]
    return findings


def _watched_training(results):
    """Validation samples that are in training by the names of Eigen's parts, which say so, and a note about them.

    Returns:
        tuple[set[int], list[Finding]]: ``id`` of the records.
    """
    if not {'train', 'val'} <= set(results):
        return set(), []
    trained = set(results['train'].eigen.values())
    inside = {part: other for part in set(results['val'].eigen.values()) for other in trained
              if not set(eigen_split(part)).isdisjoint(eigen_split(other))}
    watched = {key for key, part in results['val'].eigen.items() if part in inside}
    return watched, [
        note('validation watches the training', f'split={part!r}', f'its drives are a part of split={other!r}, which '
             'trains: the best checkpoint is chosen on frames that it has seen, and its scores measure nothing',
             "To hold them out, train on split='fit'.").of_split('train, val')
        for part, other in sorted(inside.items())]


def _assigned(findings, results):
    """Each finding once, with the splits whose samples have its files (all splits for what is not a sample's)."""
    owners = defaultdict(list)
    for result in results:
        for record in result.records:
            for path in (record.img_path, record.depth_path):
                if result.name not in owners[path]:
                    owners[path].append(result.name)
    everything = [result.name for result in results]
    assigned = {}
    for finding in findings:
        if not finding.split:
            named = {name for path in finding.files for name in owners.get(path, ())}
            finding = finding.of_split(', '.join(name for name in everything if name in named or not named))
        assigned.setdefault((finding.kind, finding.path, finding.seen), finding)
    rank = {level: position for position, level in enumerate(LEVELS)}
    return sorted(assigned.values(), key=lambda f: (rank[f.level], f.kind, f.path))
