"""What the doctor says: one fault of one file, with its remedy. Pure."""
from dataclasses import dataclass, replace

ERROR, WARNING, NOTE = LEVELS = ('error', 'warning', 'note')


@dataclass(frozen=True)
class Finding:
    """A fault, or something to know.

    Args:
        level (str): 'error' (the data are wrong), 'warning' (they look wrong) or 'note' (counts for nothing).
        kind (str): findings of one kind are reported together.
        path (str): the file, or what else is meant.
        seen (str): what was found there.
        remedy (str): what to do.
        split (str): filled in by who knows.
        others (tuple[str]): further files that have the same fault together.
    """
    level: str
    kind: str
    path: str
    seen: str
    remedy: str = ''
    split: str = ''
    others: tuple = ()

    @property
    def files(self):
        """tuple[str]: all that it stands for."""
        return (self.path, *self.others)

    def of_split(self, split):
        """The same finding, for a split."""
        return replace(self, split=split)


def error(kind, path, seen, remedy=''):
    """Finding: wrong data."""
    return Finding(ERROR, kind, path, seen, remedy)


def warning(kind, path, seen, remedy=''):
    """Finding: data that look wrong."""
    return Finding(WARNING, kind, path, seen, remedy)


def note(kind, path, seen, remedy=''):
    """Finding: worth knowing, counts for nothing."""
    return Finding(NOTE, kind, path, seen, remedy)
