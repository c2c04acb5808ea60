"""What may not change when a training goes on, unless its config says so. Pure."""
CHANGES = ('data', 'bins', 'seed')
KEY = 'accept_changes'


class ResumeMismatchError(RuntimeError):
    """A training is to go on with something other than what it began with."""


def accepted_changes(cfg):
    """What a config accepts to be changed.

    Args:
        cfg (Config or dict): whose key ``accept_changes`` is a list of words of :data:`CHANGES`.

    Returns:
        tuple[str]: the words.

    Raises:
        ValueError: for other words.
    """
    words = cfg.get(KEY) or ()
    words = (words, ) if isinstance(words, str) else tuple(words)
    unknown = [word for word in words if word not in CHANGES]
    if unknown:
        raise ValueError(f'{KEY}: expected words of {", ".join(CHANGES)}, got {unknown[0]!r}')
    return words


def how_to_go_on(change):
    """str: what a person can do about a change."""
    return (f"Set it back; or go on anyway with --cfg-options {KEY}=\"['{change}']\" (mmdepthcls train: "
            f'--accept-changes {change}); or start anew, from these weights with load_from and without resume')
