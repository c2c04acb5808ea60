"""Names with backslashes: a rename never loses or misplaces a file."""
import os
import posixpath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.commands.prepare import synthia_names
from mmdepthcls.commands.prepare.synthia_files import check_files
from mmdepthcls.commands.prepare.synthia_names import Tree, list_tree, plan_repair, rename_files


@pytest.fixture
def check(builders):

    def check(root, expected=6, **options):
        return check_files(root, expected, size=builders.size, workers=1, progress=False, **options)

    return check


def flatten(root, top=''):
    """What a broken unrar leaves: one folder, backslashes in the names."""
    for path in [path for path in root.rglob('*') if path.is_file()]:
        path.rename(root / (top + str(path.relative_to(root)).replace(os.sep, '\\')))
    for folder in sorted((path for path in root.rglob('*') if path.is_dir()), reverse=True):
        folder.rmdir()
    return root


@pytest.mark.parametrize('folder, top', [
    pytest.param('RAND_CITYSCAPES', '', id='in the folder'),
    pytest.param('RAND_CITYSCAPES', 'RAND_CITYSCAPES\\', id='in the folder, with a top folder'),
    pytest.param('synthia', 'RAND_CITYSCAPES\\', id='in the folder above'),
])
def test_repair_puts_every_file_into_its_folder(tmp_path, builders, check, folder, top):
    expected = builders.contents(builders.synthia(tmp_path / 'good', range(6)))
    root = flatten(builders.synthia(tmp_path / folder, range(6)), top)
    fault, = check(root).faults
    assert fault.startswith('Names with a backslash (12). Mend them with --repair.')
    plan = plan_repair(list_tree(root), root.name)
    assert plan.refused == []
    rename_files(root, plan.renames, progress=False)
    report = check(root)
    assert report.faults == [] and builders.contents(report.root) == expected


def test_a_top_folder_is_dropped_where_its_content_lies_beside_it(tmp_path):
    files = {'RGB/0000000.png': 1, 'RAND_CITYSCAPES\\Depth\\0000000.png': 2}
    plan = plan_repair(Tree(files, frozenset(('', 'RGB')), frozenset()))
    assert plan.renames == [('RAND_CITYSCAPES\\Depth\\0000000.png', 'Depth/0000000.png')]


def test_an_interrupted_repair_is_resumed(tmp_path, builders, monkeypatch):
    expected = builders.contents(builders.synthia(tmp_path / 'good', range(4)))
    root = flatten(builders.synthia(tmp_path / 'RAND_CITYSCAPES', range(4)))
    rename, done = os.rename, []

    def interrupted(old, new):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(new)
        rename(old, new)

    monkeypatch.setattr(synthia_names.os, 'rename', interrupted)
    with pytest.raises(KeyboardInterrupt):
        rename_files(root, plan_repair(list_tree(root)).renames, progress=False)
    assert sorted(builders.contents(root).values()) == sorted(expected.values())
    monkeypatch.undo()
    plan = plan_repair(list_tree(root))
    assert len(plan.renames) == 5
    rename_files(root, plan.renames, progress=False)
    assert builders.contents(root) == expected and plan_repair(list_tree(root)) == ([], [])


@pytest.mark.parametrize('files, reason', [
    (['..\\a.png'], 'no plain path'), (['a\\..\\..\\b.png'], 'no plain path'), (['\\a.png'], 'no plain path'),
    (['C:\\a.png'], 'no plain path'), (['a\\\\b.png'], 'no plain path'), (['RGB\\'], 'no plain path'),
    (['.\\a.png'], 'no plain path'), (['RGB\\a.png', 'RGB/a.png'], 'exists already, with the same size'),
    (['RGB\\a.png', 'RGB'], 'RGB is a file'), (['RGB\\a', 'RGB/a/b.png'], 'RGB/a is a folder'),
    (['link\\a.png'], 'link is a link'), (['link/a\\b.png'], 'link is a link'),
    (['a\\b\\c', 'a\\b/c'], 'another file needs'), (['a\\b', 'a\\b\\c'], 'another file needs'),
])
def test_what_is_refused(files, reason):
    folders = {folder for path in files for folder in synthia_names._folders_of(path)} | {'link'}
    plan = plan_repair(Tree(dict.fromkeys(files, 1), frozenset(folders), frozenset(['link'])))
    assert plan.renames == []
    assert [old for old, _ in plan.refused] == sorted(path for path in files if '\\' in path)
    assert all(reason in why for _, why in plan.refused)


def test_nothing_is_overwritten_even_if_it_came_later(tmp_path, builders):
    builders.write(tmp_path / 'RGB\\a.png', 'old')
    plan = plan_repair(list_tree(tmp_path))
    builders.write(tmp_path / 'RGB/a.png', 'newer')
    with pytest.raises(FileExistsError, match='RGB/a.png has come to exist'):
        rename_files(tmp_path, plan.renames, progress=False)
    assert builders.contents(tmp_path) == {'RGB\\a.png': b'old', 'RGB/a.png': b'newer'}


PARTS = st.sampled_from(['RGB', 'Depth', 'RAND_CITYSCAPES', 'a', 'b', '0.png', '..', '.', '', 'C:'])


@st.composite
def trees(draw):
    """Trees that a file system can hold: no '/'-part is '', '.' or '..', and no file is also a folder."""
    files = {}
    for parts in draw(st.lists(st.lists(PARTS, min_size=1, max_size=4), max_size=12)):
        path = ''.join(part + draw(st.sampled_from(['/', '\\', '\\'])) for part in parts[:-1]) + parts[-1]
        if not {'', '.', '..'} & set(path.split('/')):
            files[path] = draw(st.integers(0, 2))
    folders = {''} | {folder for path in files for folder in synthia_names._folders_of(path)}
    files = {path: size for path, size in files.items() if path not in folders}
    links = draw(st.sets(st.sampled_from(sorted(folders)), max_size=1)) - {''}
    return Tree(files, frozenset(folders), frozenset(links))


def renamed(tree, renames):
    files = dict(tree.files)
    for old, new in renames:
        assert new not in files
        files[new] = files.pop(old)
    folders = tree.folders | {folder for path in files for folder in synthia_names._folders_of(path)}
    return Tree(files, frozenset(folders), tree.links)


@settings(deadline=None, max_examples=400)
@given(trees(), st.sampled_from(['RAND_CITYSCAPES', 'data']), st.data())
def test_plans_stay_inside_lose_nothing_and_can_be_resumed(tree, root_name, data):
    plan = plan_repair(tree, root_name)
    assert sorted(old for old, _ in plan.renames + plan.refused) == sorted(path for path in tree.files if '\\' in path)
    for _, new in plan.renames:
        assert posixpath.normpath(new) == new and not new.startswith(('/', '..')) and not {'\\', ':'} & set(new)
        assert not any(f'{new}/'.startswith(f'{link}/') for link in tree.links)
    after = renamed(tree, plan.renames)
    assert len(after.files) == len(tree.files) and not set(after.files) & after.folders
    assert plan_repair(after, root_name).renames == []
    # Stopped after any number of files, in any order, a second plan ends at the same names.
    some = data.draw(st.permutations(plan.renames))[:data.draw(st.integers(0, len(plan.renames)))]
    halfway = renamed(tree, some)
    assert renamed(halfway, plan_repair(halfway, root_name).renames).files == after.files
