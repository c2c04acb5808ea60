"""The settings of :class:`DepthFormat` as options of a command-line tool, under one prefix. Pure."""
from ...datasets.depth_format import BITS, DepthFormat

OPTIONS = {  # setting -> arguments of add_argument
    'scale': dict(type=float, metavar='S', help='stored units per metre: 1000 for millimetres (default: 256 for whole '
                  'numbers, 1 for floating point); per pixel where the files hold disparity'),
    'invalid': dict(type=float, nargs='+', metavar='V', help='stored values that mean "no measurement" beside 0, '
                    'negative, NaN and infinite, such as 65535'),
    'channels': dict(type=int, choices=(1, 2, 3, 4), help='channels of a file; the first (red) counts (default: 1)'),
    'offset': dict(type=float, metavar='V', help='subtracted from stored values first (default: 0)'),
    'focal_baseline': dict(type=float, metavar='F', help='the files hold disparity; depth is this (focal length * '
                           'baseline, pixels * metres) / disparity'),
    'key': dict(metavar='NAME', help='array of a .npz (default: the only one that can be depth)'),
    'bits': dict(type=int, choices=BITS, help='8: the files hold depth with 8 bits, and are no pictures of it; 24: '
                 'in red + 256 green + 65536 blue; both need a scale (default: 16)'),
    'mask': dict(metavar='WORD', help='a file beside each says by zeros what was not measured; this stands in its name '
                 'before the ending: _mask for 0_depth.npy and 0_depth_mask.npy'),
}


def add_depth_options(parser, prefix, where=''):
    """Add ``--PREFIX-scale``, ``--PREFIX-invalid`` and so on.

    Args:
        parser (argparse.ArgumentParser): or a group of one.
        prefix (str): such as 'gt'.
        where (str): put before each help, such as 'folder: '.
    """
    for name, settings in OPTIONS.items():
        parser.add_argument(f'--{prefix}-{name.replace("_", "-")}', dest=f'{prefix}_{name}',
                            **{**settings, 'help': where + settings['help']})


def given_depth_options(args, prefix):
    """list[str]: those of the options that have been given, as the user writes them."""
    return [f'--{prefix}-{name.replace("_", "-")}' for name in OPTIONS
            if getattr(args, f'{prefix}_{name}') is not None]


def depth_format_of(args, prefix):
    """The DepthFormat that parsed options describe; its messages name these options.

    Raises:
        ValueError: for settings without sense; names the option.
    """
    settings = {name: getattr(args, f'{prefix}_{name}') for name in OPTIONS}
    settings = {name: value for name, value in settings.items() if value is not None}
    try:
        return DepthFormat(**settings, spelling=f'--{prefix}-{{option}} {{value}}')
    except ValueError as error:
        text = str(error).removeprefix('depth_format: ')
        for name in OPTIONS:
            text = text.replace(name, name.replace('_', '-'))
        raise ValueError(f'--{prefix}-{text}') from None
