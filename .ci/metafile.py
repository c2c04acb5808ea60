"""Checks model-index.yml and what it imports: every config, with the keys that OpenMMLab's mim reads.

Usage: python .ci/metafile.py ROOT
"""
import sys
from pathlib import Path

import yaml

COLLECTION = {'Name', 'License', 'Metadata', 'Paper', 'README', 'Frameworks'}
MODEL = {'Name', 'In Collection', 'Config', 'Metadata'}
METADATA = {'Training Data', 'Batch Size', 'Architecture'}
OPTIONAL = {'Results', 'Weights', 'Training log', 'Paper', 'Code', 'Framework'}


def read(root):
    """dict: the Collections and Models of all files that model-index.yml imports."""
    found = dict(Collections=[], Models=[])
    for name in yaml.safe_load((root / 'model-index.yml').read_text('utf-8'))['Import']:
        part = yaml.safe_load((root / name).read_text('utf-8'))
        for key in found:
            found[key] += part.get(key, [])
    return found


def problems(root):
    """list[str]: what is wrong."""
    index, found = read(root), []
    collections = [each.get('Name') for each in index['Collections']]
    for each in index['Collections']:
        found += [f'collection {each.get("Name")}: no {key}' for key in sorted(COLLECTION - each.keys())]
        if not (root / each.get('README', '')).is_file():
            found.append(f'collection {each.get("Name")}: no file {each.get("README")}')
    for each in index['Models']:
        found += [f'{each.get("Name")}: {why}' for why in _of_model(each, root, collections)]
    named = [each.get('Config') for each in index['Models']]
    there = sorted(path.relative_to(root).as_posix() for path in (root / 'configs').glob('*.py'))
    found += [f'{name}: is in no metafile' for name in there if name not in named]
    found += [f'{name}: stands twice' for name in sorted({name for name in named if named.count(name) > 1})]
    return found


def _of_model(model, root, collections):
    """What is wrong with the entry of a model."""
    yield from (f'no {key}' for key in sorted(MODEL - model.keys()))
    yield from (f'{key} is no key of a model' for key in sorted(model.keys() - MODEL - OPTIONAL))
    yield from (f'no Metadata: {key}' for key in sorted(METADATA - model.get('Metadata', {}).keys()))
    if model.get('In Collection') not in collections:
        yield f'collection {model.get("In Collection")} is not there'
    if not (root / model.get('Config', '')).is_file():
        yield f'no file {model.get("Config")}'
    elif Path(model['Config']).stem != model.get('Name'):
        yield f'is not the name of {model["Config"]}'
    for result in model.get('Results') or []:
        if not {'Task', 'Dataset'} <= result.keys() or not result.get('Metrics'):  # mim reads the numbers unasked
            yield f'a result needs Task, Dataset and Metrics: {result}'


if __name__ == '__main__':
    found = problems(Path(sys.argv[1]))
    print(*found, sep='\n')
    sys.exit(bool(found))
