"""Options of tools/test.py that do not go together. Pure, and quick to import."""

# Options that contradict each other, and why.
CONTRADICTIONS = (
    ('submission', 'out', '--submission writes PNGs of its own, of other images'),
    ('submission', 'report', "the benchmark's images have no ground truth to report on"),
    ('submission', 'protocols', "the benchmark's images have no ground truth to score with"),
    ('submission', 'aligned', "the benchmark's images have no ground truth to align with"),
    ('protocols', 'tta', 'protocols say themselves how a depth is predicted (adabins mirrors images, others do not)'),
    ('show', 'show_dir', "MMSegmentation's hook writes no file while it shows windows"),
)


def check_options(args):
    """Refuse options that do not go together.

    Args:
        args (argparse.Namespace): of ``tools/test.py``.

    Raises:
        ValueError: names both, and why.
    """
    for one, other, reason in CONTRADICTIONS:
        if getattr(args, one) and getattr(args, other):
            names = (f'--{name.replace("_", "-")}' for name in (one, other))
            raise ValueError(f'give {" or ".join(names)}, not both: {reason}')
