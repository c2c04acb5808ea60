"""Predict many pictures and write them: what is done stays done, and a broken picture costs that picture."""
from __future__ import annotations

import errno
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ...apis.depth_inferencer import DepthInferencer
from ...apis.depth_result import DepthResult
from ...apis.picture_source import PictureSource, PictureSources, frame_rate
from ...parallel import ProgressLine
from .file_kinds import FILM, FILM_SUFFIX, KINDS, FileSettings, beyond, colored, outputs_for
from .film_file import FilmFile
from .prediction_folder import Job, PredictionFolder, key_of

# The name of a picture cannot be written, or something is where its folder should be; others can.
OF_ONE_NAME = {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
FAR = {'png': 256, 'mm': 1000}  # units a metre of files that hold a limited depth


@dataclass
class Summary:
    """What a run has done.

    Args:
        done: pictures whose files were written.
        before: pictures whose files were there.
        films: that were written whole.
        failed: (picture, why).
        corrected: how many pictures were corrected by a focal length from where, and the factors' sum.
        uncorrected: pictures of unknown focal length.
        beyond: kind of file -> how many pixels were too far for it.
        unsupervised: pixels where the model was never told the truth, as a share of those predicted, summed.
    """
    done: int = 0
    before: int = 0
    films: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    corrected: dict[str, list[float]] = field(default_factory=dict)
    uncorrected: int = 0
    beyond: Counter = field(default_factory=Counter)
    unsupervised: float = 0.0

    def add(self, facts: Mapping[str, Any]) -> None:
        """Count a picture by what the manifest says of it."""
        self.done += 1
        self.beyond.update(facts['beyond'])
        self.unsupervised += facts['unsupervised']
        if facts['correction'] == 1 and facts['focal_px'] is None:
            self.uncorrected += 1
        elif facts['correction'] != 1:
            kind = facts['camera'].partition(', ')[0] if facts['camera'].startswith('EXIF') else facts['camera']
            low, high, count = self.corrected.get(kind, (float('inf'), 0.0, 0))
            factor = facts['correction']
            self.corrected[kind] = [min(low, factor), max(high, factor), count + 1]

    def fail(self, source: Any, error: Exception) -> None:
        """Count a picture that failed."""
        text = str(error).strip() or type(error).__name__
        text = f'{error.filename}: {error.strerror}' if isinstance(error, OSError) and error.strerror else text
        self.failed.append((str(source), text.removeprefix(f'{source}: ')))


class WritingStopped(RuntimeError):
    """The results cannot be written any more: the disk is full, or the like."""


class PredictionRun:
    """Predicts, writes, counts.

    Args:
        inferencer: predicts.
        folder: the results'.
        kinds: of :data:`~.file_kinds.KINDS`, and 'video'.
        settings: of the files.
        batch_size: see :meth:`mmdepthcls.apis.DepthInferencer.stream`.
        workers: threads that read, and as many that write; 0: everything one after the other.
        progress: show how far it is.
    """

    def __init__(self, inferencer: DepthInferencer, folder: PredictionFolder, kinds: Sequence[str],
                 settings: FileSettings, batch_size: int = 1, workers: int = 2, progress: bool = True) -> None:
        self.inferencer, self.folder, self.settings = inferencer, folder, settings
        self.kinds = {kind: KINDS[kind].suffix for kind in kinds if kind != FILM}
        self.films = FILM in kinds
        self.outputs = outputs_for(kinds, settings)
        self.batch_size, self.workers, self.progress = batch_size, workers, progress
        self.summary = Summary()
        self._jobs: dict[str, Job | None] = {}
        self._frames: int | None = None
        self._line: ProgressLine | None = None
        self._film: tuple[str, Job, FilmFile] | None = None

    def run(self, sources: PictureSources) -> Summary:
        """Predict all pictures.

        Raises:
            WritingStopped: if the results cannot be written.
        """
        self._frames = sources.frames
        if self.progress:
            self._line = ProgressLine('Predicting', sources.total, 'pictures')
        results = self.inferencer.stream(self._pending(sources), outputs=self.outputs, batch_size=self.batch_size,
                                         workers=self.workers, broken=self._broken)
        waiting: deque[tuple[PictureSource, Future]] = deque()
        with ThreadPoolExecutor(max(self.workers, 1), 'write') as pool:
            try:
                for result in results:
                    if self.settings.drop_unsupervised:
                        result = result.without_unsupervised()
                    if self.films and result.source.film:
                        self._add_frame(result)
                    job = self._jobs.pop(key_of(result.source))
                    if job is None:  # only a frame of a film
                        self._count()
                    elif self.workers:
                        waiting.append((result.source, pool.submit(self._write, job, result)))
                    else:
                        self._finish(result.source, lambda job=job, result=result: self._write(job, result))
                    while len(waiting) > self.workers + 1:
                        self._finish_next(waiting)
                while waiting:
                    self._finish_next(waiting)
                self._end_film()
            finally:
                for _, future in waiting:
                    future.cancel()
                results.close()  # and so the threads that read
                if self._film:
                    self._film[2].discard()
        return self.summary

    def _pending(self, sources):
        """Pictures of which something is to be written."""
        film_jobs: dict[str, Job | None] = {}
        for source in sources:
            try:
                if source.problem:
                    source.read()
                job = self.folder.plan(source, self.kinds)
                wanted = job is not None
                if self.films and source.film:
                    if source.film not in film_jobs:
                        film_jobs[source.film] = self._plan_film(source)
                    wanted = wanted or film_jobs[source.film] is not None
                # What is there already is needed for the mean of what follows.
                wanted = wanted or self.inferencer.smoother is not None and source.film is not None
            except (OSError, ValueError) as error:  # no film, a name that is too long, a file that is in the way
                self._broken(source, error)
                continue
            if not wanted:
                self.summary.before += bool(self.kinds or source.film)
                if self._line:
                    self._line.skip()
                continue
            self._jobs[key_of(source)] = job
            yield source

    def _write(self, job, result):
        """Write the files of a picture; what is known of it."""
        contents = {kind: KINDS[kind].encode(result, self.settings) for kind in job.files}
        facts = facts_of(result, job.files)
        self.folder.write(job, contents, facts)
        return facts

    def _finish_next(self, waiting):
        source, future = waiting.popleft()
        self._finish(source, future.result)

    def _finish(self, source, write):
        try:
            self.summary.add(write())
        except OSError as error:
            if error.errno in OF_ONE_NAME:
                self.summary.fail(source, error)
                self._count()
                return
            raise self._stopped(error) from error
        except ValueError as error:
            self.summary.fail(source, error)
        self._count()

    def _stopped(self, error):
        return WritingStopped(f'{error.filename or self.folder.folder}: {error.strerror or error}. {self.summary.done} '
                              'pictures are written, none of them by halves; the same command goes on where it stopped')

    def _broken(self, source, error):
        if isinstance(source, PictureSource):
            self._jobs.pop(key_of(source), None)
        self.summary.fail(source, error)
        self._count()

    def _count(self):
        if self._line:
            self._line.advance()

    def _plan_film(self, frame):
        film = PictureSource(frame.name.rpartition('/')[0], frame.film)
        return self.folder.plan(film, {FILM: FILM_SUFFIX}, self._frames)

    def _add_frame(self, result):
        path = result.source.film
        if self._film is None or self._film[0] != path:
            self._end_film()
            job = self._plan_film(result.source)
            if job is None:
                return
            self._film = path, job, FilmFile(self.folder.folder / job.files[FILM], frame_rate(path))
        self._film[2].add(colored(result, self.settings))

    def _end_film(self):
        if self._film is not None:
            _, job, film = self._film
            self.folder.write(job, {}, dict(kind='film'))
            try:
                film.finish()
            except OSError as error:
                raise self._stopped(error) from error
            self.summary.films += 1
            self._film = None


def facts_of(result: DepthResult, kinds: Mapping[str, str]) -> dict[str, Any]:
    """What the manifest says of a picture: size, focal length, correction, and what its files leave out."""
    valid = result.depth > 0
    return dict(
        size=list(result.depth.shape), focal_px=result.camera and result.camera.focal_px,
        camera=result.camera.source if result.camera else '', correction=result.correction,
        beyond={kind: beyond(result.depth, scale) for kind, scale in FAR.items() if kind in kinds},
        unsupervised=float((valid & ~result.supervised).sum() / max(valid.sum(), 1)))
