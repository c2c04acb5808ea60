"""The checklist of a release: what .ci/release runs."""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STACKS = ('onedl', 'openmmlab')
EXTRAS = ('export', 'app')  # installed beside a stack, and tried by smoke.py


class Missing(Exception):  # noqa: N818  (it is no error of this program)
    """What a release lacks.

    Args:
        what (str): is missing.
        remedy (str): what to do.
    """

    def __init__(self, what, remedy):
        super().__init__(what)
        self.remedy = remedy


@dataclass
class Release:
    """A release of the repository in ``root``, made in a folder ``work``."""
    root: Path
    work: Path
    environments: dict = field(default_factory=dict)

    @property
    def version(self):
        return re.search(r"__version__ = '(.+?)'", (self.root / 'mmdepthcls' / '__init__.py').read_text('utf-8'))[1]

    @property
    def tag(self):
        return f'v{self.version}'

    @property
    def dist(self):
        return self.work / 'dist'

    def git(self, *arguments):
        done = subprocess.run(['git', *arguments], cwd=self.root, capture_output=True, text=True)
        if done.returncode:
            raise Missing(f'git {arguments[0]}: {done.stderr.strip()}', 'make it in a clone of the repository')
        return done.stdout.rstrip('\n')

    def run(self, name, *command, cwd=None, remedy):
        """Run a program; its output is kept in ``work/NAME.log``, and its end shown where it fails."""
        log = self.work / f'{name}.log'
        environment = {key: value for key, value in os.environ.items() if not key.startswith('PYTHON')}
        with log.open('a') as file:
            done = subprocess.run([str(word) for word in command], cwd=cwd or self.root, env=environment,
                                  stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        if done.returncode:
            said = ''.join(f'\n         | {line}' for line in log.read_text('utf-8', 'replace').splitlines()[-12:])
            raise Missing(f'{Path(command[0]).name} ended with status {done.returncode}{said}', f'{remedy} ({log})')

    def python(self, name, *requirements):
        """Path: the Python of a fresh environment with some requirements; made once."""
        if name not in self.environments:
            folder = self.work / f'venv-{name}'
            venv.create(folder, with_pip=True, clear=True, symlinks=True)
            self.run(f'install-{name}', folder / 'bin' / 'python', '-m', 'pip', 'install', '-q', *requirements,
                     remedy='make it installable in an empty environment')
            self.environments[name] = folder / 'bin' / 'python'
        return self.environments[name]


def clean_tree(release):
    """Nothing that is not committed."""
    left = release.git('status', '--porcelain').splitlines()
    if left:
        raise Missing(f'{len(left)} files differ from the commit: {", ".join(line[3:] for line in left[:5])}',
                      'commit them, or put them away (git status)')


def version(release):
    """A version that is no earlier one's, and CHANGELOG.md begins with it."""
    if not re.fullmatch(r'\d+\.\d+\.\d+((a|b|rc)\d+)?', release.version):
        raise Missing(f'mmdepthcls.__version__ is {release.version!r}', 'make it like 1.2.3 or 1.2.3rc1')
    headings = re.findall(r'^## (.*)$', (release.root / 'CHANGELOG.md').read_text('utf-8'), re.M)
    if not headings or not re.fullmatch(re.escape(release.version) + r' \(\d{4}-\d\d-\d\d\)', headings[0]):
        raise Missing(f'CHANGELOG.md begins with {headings[:1]}, the version is {release.version}',
                      f'make its first section "## {release.version} (YYYY-MM-DD)", or set mmdepthcls.__version__')
    again = [each for each in headings[1:] if each.split(' ')[0] == release.version]
    if again:
        raise Missing(f'CHANGELOG.md has {release.version} twice', 'raise mmdepthcls.__version__')


def tag(release):
    """The tag of the version is free, or at this commit."""
    if release.tag in release.git('tag').split() and (
            release.git('rev-list', '-n1', release.tag) != release.git('rev-parse', 'HEAD')):
        raise Missing(f'tag {release.tag} is of another commit', 'raise mmdepthcls.__version__: a tag stays')


def address(release):
    """The repository's address is known, from which metadata and the README's links follow."""
    known = re.search(r"^REPOSITORY = '(.*)'$", (release.root / 'setup.py').read_text('utf-8'), re.M)
    if not known or not re.fullmatch(r'https://[\w.-]+/[\w./-]*\w', known[1]):
        raise Missing(f'no https address: REPOSITORY = {known[1] if known else None!r}', 'set REPOSITORY in setup.py')


def index(release):
    """model-index.yml and the metafiles name every config, with all that mim asks for."""
    python = release.python('tools', 'build', 'twine', 'pyyaml')
    release.run('index', python, '.ci/metafile.py', release.root, remedy='mend configs/metafile.yaml')


def build(release):
    """A wheel of the sdist of the commit, whatever else lies in the folder."""
    python = release.python('tools', 'build', 'twine', 'pyyaml')
    source = release.work / 'source'
    source.mkdir()
    release.run('export', 'git', 'archive', '--format=tar', f'--output={release.work / "source.tar"}', 'HEAD',
                remedy='a release is made in a clone of the repository')
    shutil.unpack_archive(release.work / 'source.tar', source)
    release.run('build', python, '-m', 'build', '--outdir', release.dist, source, remedy='mend setup.py')


def metadata(release):
    """What a package index asks of metadata and description."""
    release.run('twine', release.python('tools'), '-m', 'twine', 'check', '--strict', *sorted(release.dist.iterdir()),
                remedy='mend the metadata in setup.py')
    for file in release.dist.iterdir():
        if f'-{release.version}' not in file.name:
            raise Missing(f'{file.name} is not of version {release.version}', 'mend setup.py')


def contents(release):
    """Wheel and sdist hold what they may, all of it, and are not too large."""
    release.run('contents', release.python('tools'), '.ci/contents.py', release.dist, release.root,
                remedy='mend setup.py, MANIFEST.in or what may be there')


def installs(stack, kind):
    """A step: the wheel ('whl') or the sdist ('gz') works in a clean environment of a stack."""
    def step(release):
        file, = release.dist.glob(f'*.{kind}')
        wanted = f'{file}[{",".join((stack, *EXTRAS))}]'
        constraints = ['-c', release.root / 'requirements' / f'{stack}.txt']
        python = release.python(stack, *constraints, wanted)
        if kind == 'gz':  # what it needs is there from the wheel's
            release.run(f'install-{stack}', python, '-m', 'pip', 'install', '-q', '--no-deps', '--force-reinstall',
                        file, remedy='make the sdist installable')
        # The wheel of an sdist is the same (tests/test_packaging.py), so that the first steps are enough.
        steps = [4] if kind == 'gz' else []
        release.run(f'smoke-{stack}-{kind}', python, release.root / '.ci' / 'smoke.py', *steps, cwd=release.work,
                    remedy='mend the package: the last line that begins with $ failed')

    step.__doc__ = f'The {dict(whl="wheel", gz="sdist")[kind]} works in a clean environment, {stack}.'
    return step


def licenses(release):
    """What it is installed with is free: no GPL, nothing non-commercial."""
    for stack in STACKS:
        release.run(f'licenses-{stack}', release.environments[stack], release.root / '.ci' / 'licenses.py',
                    remedy='do without it, or say in .ci/licenses.py why it may be there')


def documents(release):
    """The site builds without warnings and dead links."""
    release.run('documents', release.root / '.ci' / 'docs', release.work / 'site', remedy='mend docs/')


# Name -> (step, the steps that must have been done).
STEPS = {
    'clean-tree': (clean_tree, ()), 'version': (version, ()), 'tag': (tag, ()), 'address': (address, ()),
    'index': (index, ()), 'build': (build, ()),
    'metadata': (metadata, ('build', )), 'contents': (contents, ('build', )),
    **{f'{name}-{stack}': (installs(stack, kind), ('build', ) if kind == 'whl' else ('build', f'wheel-{stack}'))
       for stack in STACKS for name, kind in (('wheel', 'whl'), ('sdist', 'gz'))},
    'licenses': (licenses, tuple(f'wheel-{stack}' for stack in STACKS)), 'documents': (documents, ()),
}


def go_through(release, steps, say=print):
    """Do the steps in their order, each if what it needs is done; False if one is not."""
    done = set()
    for name in steps:
        step, needs = STEPS[name]
        lacking = [each for each in needs if each not in done]
        if lacking:
            say(f' -   {name}: not tried, since it needs {", ".join(lacking)}')
            continue
        begin = time.monotonic()
        try:
            step(release)
        except Missing as missing:
            say(f'NO   {name}: {missing}\n         remedy: {missing.remedy}')
            continue
        done.add(name)
        say(f'yes  {name}: {step.__doc__.splitlines()[0]} ({time.monotonic() - begin:.0f} s)')
    say(f'{len(done)} of {len(steps)} yes')
    return len(done) == len(steps)


def with_needs(names):
    """list[str]: steps and those that they need, in order."""
    wanted = set(names)
    while missing := {each for name in wanted for each in STEPS[name][1]} - wanted:
        wanted |= missing
    return [name for name in STEPS if name in wanted]


def main():
    parser = argparse.ArgumentParser(prog='.ci/release', description=__doc__)
    parser.add_argument('--only', nargs='+', choices=STEPS, metavar='STEP', default=list(STEPS),
                        help=f'these steps and what they need: {", ".join(STEPS)}')
    parser.add_argument('--dist', type=Path, metavar='FOLDER', help='new: where wheel and sdist go if all is well')
    parser.add_argument('--keep', action='store_true', help='leave the environments; logs stay where a step fails')
    args = parser.parse_args()
    if args.dist and args.dist.exists() and any(args.dist.iterdir()):
        parser.error(f'--dist {args.dist} is not empty')
    work = Path(tempfile.mkdtemp(prefix='release-'))
    print(f'logs in {work}', flush=True)
    release = Release(ROOT, work)
    try:
        good = go_through(release, with_needs(args.only), lambda text: print(text, flush=True))
        if good and args.dist:
            shutil.copytree(release.dist, args.dist, dirs_exist_ok=True)
        if good and set(args.only) == set(STEPS):
            print(f'next: git tag -a {release.tag} -m {release.tag}, push it, twine upload')
    finally:
        for folder in [] if args.keep else work.glob('*/'):
            shutil.rmtree(folder)
    if good and not args.keep:
        shutil.rmtree(work)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
