"""What the page knows of each person who looks at it: one picture and its result, in memory, for a while. Pure."""
from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...apis.depth_result import DepthResult
from ...camera import PictureCamera

MOST_BYTES = 2**31  # of all results; the one that nobody has looked at for the longest gives way
LONGEST = 3600.0  # seconds that a visit lives without being used
GENERATIONS = 4  # of each picture that is shown: a slow browser may only now ask for one that was replaced


class PageError(Exception):
    """What the page says instead of a result."""


@dataclass(eq=False)
class Visit:
    """One open page.

    Args:
        folder: of the pictures that its page shows; of an unguessable name, removed with the visit.
        name, content: of the picture's file.
        uploaded: where the server had put it.
        camera: that took it, where nothing else says it.
        result: of the picture; None: none yet, or it was refused.
        settings: with which it was asked for.
        coverage: share of the probability in its intervals.
        point: (x, y) that was read last.
        used: when, by the clock of :class:`Visits`.
        token: name of the result, for its files.
        shown: how many pictures of it were written.
        ended: whether its page was closed; what still works for it then leaves nothing behind.
    """
    folder: Path
    name: str = ''
    content: bytes = b''
    uploaded: str = ''
    camera: PictureCamera | None = None
    result: DepthResult | None = None
    settings: Any = None
    coverage: float = 0.9
    point: tuple[int, int] | None = None
    used: float = 0.0
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    shown: int = 0
    ended: bool = False
    _writing: Any = field(default_factory=threading.Lock, repr=False)

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        result = self.result
        arrays = [] if result is None else [result.picture, result.depth, result.supervised, *result.maps.values()]
        return len(self.content) + sum(each.nbytes for each in arrays)

    def take(self, name: str, content: bytes, uploaded: str = '', camera: PictureCamera | None = None) -> None:
        """Begin with another picture: what was known of the former is forgotten."""
        self.drop_result()
        self.name, self.content, self.uploaded, self.camera = name, content, uploaded, camera

    def drop_result(self) -> None:
        """Forget the result. What shows it stays until something newer does: the page may still be reading it."""
        self.result = self.point = self.settings = None
        self.token = secrets.token_urlsafe(24)

    def end(self) -> None:
        """Forget all, and remove what is on the disk."""
        with self._writing:
            self.ended = True
            self.take('', b'')
            shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, stem: str, ending: str, content: bytes) -> str:
        """Write a picture that the page shows; each has a name of its own, so that no browser shows the former one.

        Returns:
            Its path.

        Raises:
            PageError: after the end.
        """
        with self._writing:
            self.check_open()
            self.folder.mkdir(parents=True, exist_ok=True)
            self.shown += 1
            path = self.folder / f'{stem}_{self.shown:04d}{ending}'
            path.write_bytes(content)
            for old in sorted(self.folder.glob(f'{stem}_*'))[:-GENERATIONS]:
                old.unlink(missing_ok=True)
        return str(path)

    def check_open(self) -> None:
        """Raise a :class:`PageError` after the end."""
        if self.ended:
            raise PageError('This page was closed.')


class Visits:
    """All visits, by the name that the page gives itself.

    Args:
        folder: below which each visit has its own.
        most_bytes: of what all of them hold; the newest always has a place.
        longest: seconds that one lives unused.
        clock: seconds.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES, longest: float = LONGEST,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._most_bytes, self._longest, self._clock = folder, most_bytes, longest, clock
        self._visits: dict[str, Visit] = {}
        self._lock = threading.RLock()

    def of(self, session: str) -> Visit:
        """The visit of a page, which begins where there is none."""
        with self._lock:
            self.forget_old()
            visit = self._visits.pop(session, None) or Visit(self._folder / secrets.token_urlsafe(24))
            self._visits[session] = visit  # the last one is the one used last
            visit.used = self._clock()
            return visit

    def by_token(self, token: str) -> Visit | None:
        """The visit whose result has this name."""
        with self._lock:
            return next((each for each in self._visits.values() if each.result is not None
                         and secrets.compare_digest(each.token.encode(), token.encode())), None)

    def are_above(self, path: str) -> bool:
        """Whether a file lies below the folder of all visits, where a server puts uploads too."""
        return Path(path).resolve().is_relative_to(self._folder.resolve())

    def uploaded(self, path: str) -> bytes | None:
        """What an upload held that another visit has taken: the page's server keeps what is the same in one place."""
        with self._lock:
            return next((each.content for each in self._visits.values() if each.uploaded == path), None)

    def make_room(self, session: str) -> None:
        """Forget the results of others, the longest unused first, until all fit."""
        with self._lock:
            for other in list(self._visits):
                if sum(each.size for each in self._visits.values()) <= self._most_bytes:
                    break
                if other != session:
                    self.forget(other)

    def forget_old(self) -> None:
        """Forget visits that were not used for long."""
        with self._lock:
            for session, visit in list(self._visits.items()):
                if self._clock() - visit.used > self._longest:
                    self.forget(session)

    def forget(self, session: str) -> None:
        """Forget a visit: the page was closed."""
        with self._lock:
            visit = self._visits.pop(session, None)
        if visit is not None:
            visit.end()

    def __len__(self) -> int:
        return len(self._visits)
