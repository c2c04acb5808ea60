"""Compares what a wheel and a source distribution hold with what they may and must hold.

Usage: python .ci/contents.py DIST ROOT   (the folder of the two files, and the repository that they were built from)
"""
import re
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

# Kinds of files below mmdepthcls/ that a wheel has; each is a file of the repository. Others are forgotten or stray.
PACKAGE = r'mmdepthcls/(?!\.mim/).*\.(py|pyi)|mmdepthcls/py\.typed|mmdepthcls/datasets/\w+\.csv|' \
          r'mmdepthcls/apis/\w+\.safetensors'
SHIPPED = r'mmdepthcls/\.mim/(configs/.*\.(py|yaml)|tools/\w+\.py|model-index\.yml)'
METADATA = r'mmdepthcls-[^/]+\.dist-info/(METADATA|WHEEL|RECORD|entry_points\.txt|top_level\.txt|(licenses/)?LICENSE)'
SOURCE = r'LICENSE|MANIFEST\.in|README\.md|setup\.py|pyproject\.toml|PKG-INFO|setup\.cfg|mmdepthcls\.egg-info/[\w.-]+'
# What the repository has below mmdepthcls/, configs/ and tools/ and no wheel need have.
NOT_SHIPPED = r'.*\.md'
LARGEST = 10_000_000  # bytes of a wheel or of a source distribution; the model file takes seven of them


def tracked(root):
    """set[str]: the files of a repository at its commit; below an unpacked copy without one, all."""
    listed = subprocess.run(['git', 'ls-files', '-z'], cwd=root, capture_output=True, text=True)
    if listed.returncode == 0:
        return set(listed.stdout.split('\0')) - {''}
    return {path.relative_to(root).as_posix() for path in Path(root).rglob('*') if path.is_file()}


def of_repository(name):
    """str: the file of the repository that a file of a wheel is."""
    return name.removeprefix('mmdepthcls/.mim/')


def problems(names, files, allowed):
    """list[str]: what is wrong with the names in a wheel, given the repository's files and what may be there."""
    found = [f'{name}: may not be there (see .ci/contents.py)' for name in names if not re.fullmatch(allowed, name)]
    found += [f'{name}: leads out of the folder' for name in names
              if PurePosixPath(name).is_absolute() or '..' in PurePosixPath(name).parts]
    package = [name for name in names if re.fullmatch(f'{PACKAGE}|{SHIPPED}', name)]
    found += [f'{name}: is no file of the repository' for name in package if of_repository(name) not in files]
    wanted = {name for name in files if re.match(r'mmdepthcls/|configs/|tools/|model-index\.yml$', name)
              and not re.fullmatch(NOT_SHIPPED, name)}
    return found + [f'{name}: is missing' for name in sorted(wanted - {of_repository(name) for name in package})]


def names_of(file):
    """list[str]: the files in a wheel, or in a source distribution (without its folder); refuses links."""
    if file.suffix == '.whl':
        with ZipFile(file) as wheel:
            return [name for name in wheel.namelist() if not name.endswith('/')]
    with tarfile.open(file) as archive:
        members = archive.getmembers()
    strange = [each.name for each in members if not (each.isfile() or each.isdir())]
    if strange:
        raise ValueError(f'{file.name} holds what is no file: {", ".join(strange)}')
    return [each.name.partition('/')[2] for each in members if each.isfile()]


def check(dist, root):
    """list[str]: what is wrong with the one wheel and the one source distribution of a folder."""
    files, found = tracked(root), []
    for pattern, around in (('*.whl', METADATA), ('*.tar.gz', SOURCE)):
        built = list(Path(dist).glob(pattern))
        if len(built) != 1:
            found.append(f'{len(built)} files {pattern} in {dist}, not one')
            continue
        if built[0].stat().st_size > LARGEST:
            found.append(f'{built[0].name}: {built[0].stat().st_size} bytes, more than {LARGEST}')
        allowed = f'{PACKAGE}|{SHIPPED}|{around}'
        found += [f'{built[0].name}: {each}' for each in problems(names_of(built[0]), files, allowed)]
    return found


if __name__ == '__main__':
    found = check(*sys.argv[1:])
    print(*found, sep='\n')
    sys.exit(bool(found))
