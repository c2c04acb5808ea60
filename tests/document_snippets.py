"""The blocks of code in the documents, and how they are run. As a program it lists what is not run, and why."""
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from script_process import run_script

ROOT = Path(__file__).parents[1]
LIMIT = 900  # s for a command: on a busy machine exports take minutes
DOCUMENTS = sorted(path for path in [*ROOT.glob('*.md'), *(ROOT / 'docs').rglob('*.md')] if '_build' not in path.parts)
MARKS = ('run', 'run smaller', 'tested', 'not run')
_BLOCK = re.compile(r'(?:<!-- (run|run smaller|tested|not run)(?:: (.*?))? -->\n)?'
                    r'^```(bash|python)\n(.*?)^```\n(?:\n```text\n(.*?)^```)?', re.S | re.M)
_FENCED = re.compile(r'^```.*?^```', re.S | re.M)
# The first line of an indented block that is a command or a key of a config; others are trees of folders and formulas.
_INDENTED = re.compile(r'(?<=\n)\n    (?:\w+=\S+ )?(?:python|pip|mmdepthcls|model|\w+_evaluator|loss_decode)(?: |=).*')
_PROGRAM = re.compile(r'(?:python tools/(\w+)\.py|(?:\S*python )?(?:-m )?\S*\bmmdepthcls ([a-z][\w-]*))(?: |$)')
# Words of the documents that stand for something -> what stands there (stand_ins.py makes it).
STANDS_FOR = {'CONFIG': 'config.py', 'CHECKPOINT': 'checkpoint.pth', 'OUT': 'fitted.pth', 'FITTED': 'checkpoint.pth',
              'FOLDER': 'maps', 'DEPTH_FOLDER': 'maps', 'PRED_DIR': 'out'}
# What makes a training, a demo and a data set small enough to try: options of a config, other options.
SHORT_TRAINING = [f'{key}={value}' for key, value in {
    'train_cfg.max_iters': 2, 'train_cfg.val_interval': 2, 'default_hooks.checkpoint.interval': 2,
    'train_dataloader.num_workers': 0, 'train_dataloader.persistent_workers': False,
}.items()]
SMALLER = {'demo': '--iterations 4 --scenes 4 2 2 --size 64 128', 'benchmark-crf': '--rounds 1 --iterations 2',
           'make-minidrive': '--train 4 --val 2 --test 2 --height 64 --width 128', 'tune-crf': '--images 1'}


@dataclass(frozen=True)
class Snippet:
    """A block of code.

    Args:
        language: 'bash' or 'python'.
        code: of the block.
        mark: of :data:`MARKS`, of the comment before the block: it is run, or with small data and few steps, by a test
            of its own, or not; or None.
        note: what follows in that comment: the file that the code is to be, the test, or why it is not run.
        output: what it prints, if the document says so.
    """
    language: str
    code: str
    mark: str | None = None
    note: str | None = None
    output: str | None = None

    def run(self, folder):
        """Run it in a folder, or write the file that it is; raises if it fails or prints something else."""
        if self.note:
            (folder / self.note).parent.mkdir(parents=True, exist_ok=True)
            (folder / self.note).write_text(self.code, 'utf-8')
        elif self.language == 'python':
            file = folder / 'snippet.py'
            file.write_text("import matplotlib\nmatplotlib.use('agg')\n" + self.code, 'utf-8')
            printed = _checked(run_script(file, cwd=folder, limit=LIMIT))
            file.unlink()
            assert self.output in (None, printed), printed
        else:
            for line in lines(self.code):
                for part in line.split(' && '):
                    self._run_command(part, folder)

    def _run_command(self, line, folder):
        """Run a command line: of this package's program or tools as a script, else by bash."""
        words = shlex.split(line, comments=True)
        variables = {}
        while '=' in words[0] and words[0].partition('=')[0].isupper():
            name, _, variables[name] = words.pop(0).partition('=')
        tool = re.fullmatch(r'tools/(\w+)\.py', words[1]) if words[0] == 'python' and len(words) > 1 else None
        if words[0] == 'mmdepthcls' and words[1][0] == '-':
            return
        if tool is None and words[0] != 'mmdepthcls':
            path = os.pathsep.join([os.path.dirname(sys.executable), os.environ['PATH']])
            subprocess.run(['bash', '-euo', 'pipefail', '-c', line], cwd=folder, check=True, timeout=60,
                           env={**os.environ, 'PATH': path})
            return
        command = words[1].replace('_', '-') if tool is None else tool[1].replace('_', '-')
        arguments = [STANDS_FOR.get(word, word) for word in words[2:]]
        if self.mark == 'run smaller':
            arguments = smaller(command, arguments)
        script = ROOT / 'tools' / f'{command.replace("-", "_")}.py'
        _checked(run_script(script, *arguments, cwd=folder, limit=LIMIT, **variables))


def smaller(command, arguments):
    """list[str]: arguments of a command, with those that make its work small."""
    if command != 'train':
        return arguments + shlex.split(SMALLER.get(command, ''))
    if '--cfg-options' not in arguments:
        return [*arguments, '--cfg-options', *SHORT_TRAINING]
    end = arguments.index('--cfg-options') + 1
    while end < len(arguments) and '=' in arguments[end]:
        end += 1
    return [*arguments[:end], *SHORT_TRAINING, *arguments[end:]]


def _checked(result):
    said = f'{result.stdout[-2000:]}\n{result.stderr[-4000:]}'
    assert result.returncode == 0, f'{result.args}: {result.returncode}\n{said}'
    return result.stdout


def snippets(document):
    """list[Snippet]: the fenced blocks of bash and Python in a document, in their order."""
    return [Snippet(language, code, mark or None, note or None, output or None)
            for mark, note, language, code, output in _BLOCK.findall(document.read_text('utf-8'))]


def indented_code(document):
    """list[str]: first lines of indented blocks that are code, and so should be fenced."""
    return [found.strip() for found in _INDENTED.findall(_FENCED.sub('', document.read_text('utf-8')))]


def lines(code):
    """list[str]: the lines of a bash block, with those that continue one joined to it."""
    joined = re.sub(r' *\\\n *', ' ', code).splitlines()
    return [line for line in joined if line.strip() and not line.startswith('#')]


def commands(code):
    """list[tuple[str, list[str] | None]]: commands of this package in a bash block, and what each is given; None where
    that is shortened by '...'."""
    found = []
    for line in lines(code):
        for part in re.split(r'&&|;|\|', line):
            match = _PROGRAM.search(part)
            if match:
                words = shlex.split(part[match.end():], comments=True)
                found.append(((match[1] or match[2]).replace('_', '-'), None if '...' in words else words))
    return found


def not_run():
    """list[str]: a line for each block that is not run: where it is, how it begins and why."""
    return [f'{document.relative_to(ROOT).as_posix()}: {snippet.code.splitlines()[0][:60]!r}: {snippet.note}'
            for document in DOCUMENTS for snippet in snippets(document) if snippet.mark == 'not run']


if __name__ == '__main__':
    print(*not_run(), sep='\n')
