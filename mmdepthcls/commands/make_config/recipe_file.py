"""The files of MMSegmentation's recipes. Pure: a misspelt name is answered before anything large is imported."""
import difflib
import importlib.util
import re
from importlib.machinery import PathFinder
from pathlib import Path

from ...count_text import some_of

NAMED = 5  # recipes, where one is not found


def shipped_configs():
    """Path: the folder of configs that the installed MMSegmentation ships.

    Raises:
        FileNotFoundError: if it ships none.
        ModuleNotFoundError: if there is no MMSegmentation.
    """
    # This package prepares for MMSegmentation when anybody else looks for it, which takes seconds.
    spec = PathFinder.find_spec('mmseg') or importlib.util.find_spec('mmseg')
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'mmseg'", name='mmseg')
    root = Path(spec.origin).resolve().parent / '.mim' / 'configs'
    if not root.is_dir():
        raise FileNotFoundError(f'{root} does not exist: this MMSegmentation was installed without its configs. '
                                'Install it with pip, or name a config file by its path.')
    return root.resolve()


def shipped_models():
    """list[Path]: every ``_base_/models/*.py`` that MMSegmentation ships, by name."""
    return sorted((shipped_configs() / '_base_' / 'models').glob('*.py'))


def find_recipe(name):
    """The file of a recipe.

    Args:
        name (str or Path): a file, or the name of one that MMSegmentation ships, with or without 'mmseg::' and folder:
            'segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512.py'.

    Returns:
        Path: resolved.

    Raises:
        FileNotFoundError: if there is no such file; names those that are like it.
    """
    given = Path(name)
    if given.is_file():
        return given.resolve()
    name = str(name).removeprefix('mmseg::')
    root = shipped_configs()
    file_name = Path(name).name if name.endswith('.py') else f'{Path(name).name}.py'
    found = [path for path in root.rglob(file_name) if path.as_posix().endswith(f'/{name.lstrip("./")}')
             or '/' not in name]
    whole = [path for path in found if '/' in name or not _is_part(path)]
    if len(whole) == 1:
        return whole[0]
    if whole:
        raise FileNotFoundError(f'{name} is the name of several recipes: {", ".join(map(str, whole))}')
    like = _alike(name, [path.relative_to(root) for path in sorted(root.rglob('*.py')) if not _is_part(path)])
    hint = f' Recipes with such a name: {some_of(like, NAMED)}' if like else ''
    if found:
        raise FileNotFoundError(f'{name}: {found[0].relative_to(root).as_posix()} is only a part of recipes.{hint}')
    raise FileNotFoundError(f'{name} is neither a file nor a recipe that MMSegmentation ships ({root}).{hint}')


def short_name(path):
    """Name of a recipe without its training: 'segformer_mit-b0_8xb2-160k_ade20k-512x512.py' -> 'segformer_mit-b0'."""
    return re.split(r'_\d+xb\d', Path(path).stem)[0]


def _is_part(path):
    """bool: whether a shipped file is one that recipes are made of."""
    return '_base_' in path.parts


def _alike(name, recipes):
    """list[str]: recipes whose folder or file has a name, or else the beginning of it, or else one that is close."""
    wanted = Path(name).name.removesuffix('.py')
    plain = {path: (_plain(path.parent.name), _plain(path.stem)) for path in recipes}
    texts = [_plain(wanted), _plain(re.split('[_-]', wanted)[0])]
    texts += difflib.get_close_matches(texts[0], sorted({folder for folder, _ in plain.values()}), 1)
    for text in filter(None, texts):
        found = [path.as_posix() for path, names in plain.items() if any(each.startswith(text) for each in names)]
        if found:
            return found
    return []


def _plain(name):
    """str: a name without what people leave out or write otherwise: 'Fast_SCNN' -> 'fastscnn'."""
    return re.sub('[^a-z0-9]', '', name.lower())
