"""The configs and tools that travel with the package, wherever it is installed. Pure.

A wheel has them in ``mmdepthcls/.mim/``, as the packages of OpenMMLab have; an editable installation uses the folders
of the repository.
"""
import difflib
from pathlib import Path

PACKAGE = Path(__file__).parent
# In front of a name in ``_base_``: a config of this package.
PREFIX = f'{PACKAGE.name}::'


def shipped_folder(name):
    """Path: the folder 'configs' or 'tools' of this package. A broken installation may have none."""
    installed = PACKAGE / '.mim' / name
    return installed if installed.is_dir() else PACKAGE.parent / name


def is_checkout():
    """Whether the package is used from its repository, which has docs and requirements too."""
    return shipped_folder('tools').parent == PACKAGE.parent and shipped_folder('tools').is_dir()


def shipped_config(name, rooms=('', )):
    """Find a config by its name.

    Args:
        name (str): below the folder of configs, with or without '.py' and 'mmdepthcls::':
            'deeplabv2_r18_minidrive_sid71', '_base_/default_runtime.py'.
        rooms (sequence of str): folders below it that are looked into, in this order; '' is itself.

    Returns:
        Path or None: None if there is none of that name.
    """
    path = Path(name.removeprefix(PREFIX))
    if not path.name or path.is_absolute() or '..' in path.parts:
        return None
    if path.suffix != '.py':
        path = path.with_name(f'{path.name}.py')
    files = [shipped_folder('configs') / room / path for room in rooms]
    return next((file for file in files if file.is_file()), None)


def base_config(name):
    """Find the config that ``_base_ = 'mmdepthcls::NAME'`` means.

    Args:
        name (str): as it is in ``_base_``.

    Returns:
        Path

    Raises:
        FileNotFoundError: if there is none; names those that are called alike.
    """
    file = shipped_config(name)
    if file is None:
        near = near_names(name)
        raise FileNotFoundError(f'{name}: this package has no such config' + (
            f'. Near it: {", ".join(PREFIX + each for each in near)}' if near else f' in {shipped_folder("configs")}'))
    return file


def near_names(name, most=3):
    """list[str]: names of shipped configs, as :func:`shipped_config` takes them, that are like a name."""
    folder = shipped_folder('configs')
    names = {file.relative_to(folder).with_suffix('').as_posix(): file.relative_to(folder).as_posix()
             for file in sorted(folder.rglob('*.py'))}
    wanted = name.removeprefix(PREFIX).removesuffix('.py')
    return [names[each] for each in difflib.get_close_matches(wanted, names, most, 0.6)]
