"""Labels the target's images for a round: reads them all, finds thresholds, keeps what is above.

Each step leaves files that are there whole or not at all, and what is there is not made again: stopped anywhere, it
goes on to the same files. Several processes take an image each in turn, and add up their counts.
"""
from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.dist import all_reduce, barrier, get_dist_info, is_main_process
from mmengine.runner import Runner
from torch.utils.data import SequentialSampler

from ..atomic_file import remove_leftovers, write_atomically
from ..compat.numbered_loading import number_loader
from ..json_text import json_text
from ..parallel import ProgressLine
from .confidence_histogram import ConfidenceHistogram, DepthGroups, select
from .label_tally import BANDS, LabelTally
from .pseudo_label_files import (
    CONFIDENCE,
    DEPTH,
    SCALE,
    has_reading,
    label_names,
    names_digest,
    read_reading,
    write_label,
    write_reading,
)
from .self_training import AUTHORS, SelfTraining
from .target_data import DatasetPart, image_paths
from .target_reader import TargetReader

READINGS, LABELS, RECORD = 'readings', 'labels', 'record.json'
BEYOND = 1e6  # m, farther than all that a file holds


class TargetLabelling:
    """Labels of one round.

    Args:
        reader: of the model.
        dataset: the target's images, with the pipeline that they are read with.
        folder: of the round.
        settings: of the self-training.
        workers: processes that load images.
    """

    def __init__(self, reader: TargetReader, dataset: Any, folder: Path, settings: SelfTraining,
                 workers: int = 0) -> None:
        self.reader, self.dataset, self.folder, self.settings = reader, dataset, folder, settings
        self.workers = workers
        self.rank, self.world_size = get_dist_info()
        self.names = label_names(image_paths(dataset))
        groups = len(reader.model.bins.centers) if settings.rule == AUTHORS else settings.num_groups
        self.groups = DepthGroups(reader.model.bins.edges, groups)

    def run(self, number: int) -> None:
        """Write the labels and then the record of a round.

        Args:
            number: of the round, 1 for the first.
        """
        readings = self.folder / READINGS
        if is_main_process():
            self._tidy(readings, self.folder / LABELS)
        barrier()
        self._read(readings)
        barrier()
        histogram = self._histogram(readings)
        thresholds = histogram.thresholds(self.settings.portion_of(number))
        tallies = self._select(readings, thresholds, number)
        barrier()
        if is_main_process():
            record = self._record(number, histogram, thresholds, *tallies)
            write_atomically(self.folder / RECORD, json_text(record).encode(), durably=True)
            shutil.rmtree(readings)
        barrier()

    def _tidy(self, *places):
        """Remove what was half written when an earlier process ended."""
        remove_leftovers(self.folder)
        for folder in {(place / part / name).parent for place in places for part in (DEPTH, CONFIDENCE)
                       for name in self.names}:
            remove_leftovers(folder)

    def _own(self):
        """Numbers of the images that this process takes."""
        return range(self.rank, len(self.names), self.world_size)

    def _batches(self, indices: list[int], title: str) -> Iterator[tuple[int, dict]]:
        """Images, loaded one by one."""
        if not indices:
            return
        part = DatasetPart(self.dataset, indices)
        loader = Runner.build_dataloader(dict(
            dataset=part, batch_size=1, num_workers=self.workers, sampler=SequentialSampler(part)))
        loader = number_loader(loader, self.settings.seed, self.rank, False)  # which says what it could not load
        line = ProgressLine(title, len(indices), 'images') if is_main_process() else None
        for index, data in zip(indices, loader, strict=True):
            yield index, data
            if line:
                line.advance()

    def _read(self, readings):
        missing = [index for index in self._own() if not has_reading(readings, self.names[index])]
        for index, data in self._batches(missing, 'Reading the target'):
            reading, = self.reader.read(data)
            write_reading(readings, self.names[index], *reading)

    def _histogram(self, readings):
        histogram = ConfidenceHistogram(self.groups.number, self.settings.levels)
        for index in self._own():
            depth, level = read_reading(readings, self.names[index])
            candidate = depth > 0
            histogram.add(self.groups.of_depth(depth[candidate]), level[candidate])
        histogram.counts = _sum(histogram.counts)
        return histogram

    def _select(self, readings, thresholds, number):
        """Write labels; what was kept of groups and bands, and how many images have no label."""
        tallies = LabelTally(self.groups.edges), LabelTally(BANDS)
        counts = np.zeros(2, np.int64)  # images without a label, pixels of all images
        relabelled = self._relabelled(thresholds) if self.settings.rule == AUTHORS else None
        for index in self._own():
            depth, level = read_reading(readings, self.names[index])
            label = self._kept(depth, level, thresholds) if relabelled is None else next(relabelled)
            write_label(self.folder / LABELS, self.names[index], label, level, self.settings.levels)
            seen = (depth > 0) | (label > 0)  # the authors' rule may label where the reading is too far
            # As the file holds it.
            stored = np.rint(np.asarray(label[seen], np.float64) * SCALE) / SCALE
            for tally in tallies:
                tally.add(np.where(depth > 0, depth, label)[seen], stored)
            counts += (not label.any(), label.size)
        for tally in tallies:
            tally.sums = _sum(tally.sums)
        return *tallies, _sum(counts)

    def _kept(self, depth, level, thresholds):
        candidate = depth > 0
        keep = np.zeros(depth.shape, bool)
        keep[candidate] = select(self.groups.of_depth(depth[candidate]), level[candidate], thresholds)
        return np.where(keep, depth, np.float32(0))

    def _relabelled(self, thresholds):
        confidences = np.where(thresholds == self.settings.levels, 1.0, thresholds / self.settings.levels)
        for _, data in self._batches(list(self._own()), 'Labelling the target'):
            yield from self.reader.relabel(data, confidences)

    def _record(self, number, histogram, thresholds, groups, bands, counts):
        """What is known of a round's labels; without times and paths, so that it is the same whenever it is made."""
        levels, settings = self.settings.levels, self.settings
        of_groups = []
        for row, threshold in zip(groups.rows(), thresholds.tolist(), strict=True):
            of_groups.append(dict(row, threshold=None if threshold == levels else threshold / levels))
        pixels = histogram.counts.sum(axis=1)
        rare = pixels < settings.mine_below * max(pixels.sum(), 1)
        ends = np.concatenate([[0.0], self.groups.edges[1:-1], [BEYOND]]).tolist()
        return dict(
            round=number, portion=settings.portion_of(number), images=len(self.names),
            images_sha256=names_digest(self.names), images_without_label=int(counts[0]), image_pixels=int(counts[1]),
            weights_sha256=weights_digest(self.reader.model.state_dict()), transductive=settings.transductive,
            **groups.total(), groups=of_groups, bands=bands.rows(), rare=[
                [low, high] for low, high, few, there in zip(ends, ends[1:], rare, pixels, strict=False)
                if few and there], settings=settings.as_dict())


def weights_digest(state: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 of a model's weights, their names, types and shapes, hexadecimal: the same whatever file holds them."""
    digest = hashlib.sha256()
    for name in sorted(state):
        value = state[name].detach().cpu().contiguous()
        digest.update(f'{name} {value.dtype} {tuple(value.shape)}\n'.encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b'')
    return digest.hexdigest()


def _sum(values):
    """An array, added up over all processes."""
    total = torch.from_numpy(np.ascontiguousarray(values).copy())
    all_reduce(total)
    return total.numpy()
