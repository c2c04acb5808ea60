"""Pictures that threads read and prepare while the network is at work; a broken one costs itself alone. Pure."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from .picture_source import PictureSource

T = TypeVar('T')
Broken = Callable[[PictureSource, Exception], None]


def read_ahead(sources: Iterable[PictureSource], prepare: Callable[[PictureSource], T], workers: int, ahead: int,
               broken: Broken | None) -> Generator[T, None, None]:
    """Prepared pictures in the order of their sources.

    Args:
        sources: asked for the next when there is room.
        prepare: makes of a source what is wanted.
        workers: threads; 0: none, each picture is prepared when it is asked for.
        ahead: how many pictures may wait, prepared or in work.
        broken: see :func:`attempt`.
    """
    if not workers:
        for source in sources:
            prepared = attempt(source, partial(prepare, source), broken)
            if prepared is not None:
                yield prepared
        return
    waiting: deque[tuple[PictureSource, Future]] = deque()
    with ThreadPoolExecutor(workers, 'read') as pool:
        try:
            for source in sources:
                waiting.append((source, pool.submit(prepare, source)))
                if len(waiting) > ahead:
                    yield from _next_of(waiting, broken)
            while waiting:
                yield from _next_of(waiting, broken)
        finally:
            for _, future in waiting:
                future.cancel()


def attempt(source: PictureSource, function: Callable[[], T], broken: Broken | None) -> T | None:
    """What a function gives of a picture; None where it fails and somebody is told.

    Args:
        source: the picture.
        function: that may fail.
        broken: is told of the picture and the error. None: the error goes on.
    """
    try:
        return function()
    except Exception as error:
        if broken is None:
            raise
        broken(source, error)
        return None


def _next_of(waiting, broken):
    source, future = waiting.popleft()
    prepared = attempt(source, future.result, broken)
    if prepared is not None:
        yield prepared
