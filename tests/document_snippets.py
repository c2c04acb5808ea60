"""The blocks of code in the documents, and how they are run."""
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from script_process import run_script

ROOT = Path(__file__).parents[1]
LIMIT = 900  # s for a command: on a busy machine exports take minutes
DOCUMENTS = sorted(path for path in [*ROOT.glob('*.md'), *(ROOT / 'docs').rglob('*.md')] if '_build' not in path.parts)
_BLOCK = re.compile(r'(?:<!-- (run|not run)(?:: (.*?))? -->\n)?'
                    r'^```(bash|python)\n(.*?)^```\n(?:\n```text\n(.*?)^```)?', re.S | re.M)
_INDENTED = re.compile(r'^    ((?:python |mmdepthcls )(?:.*\\\n)*.*)', re.M)
_PROGRAM = re.compile(r'(?:python tools/(\w+)\.py|(?:\S*python )?(?:-m )?\S*\bmmdepthcls ([a-z][\w-]*))(?: |$)')


@dataclass(frozen=True)
class Snippet:
    """A block of code.

    Args:
        language: 'bash' or 'python'.
        code: of the block.
        mark: 'run', 'not run' or None, of the comment before the block.
        note: what follows in that comment: the file that the code is to be, or why it is not run.
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
            (folder / self.note).write_text(self.code, 'utf-8')
        elif self.language == 'python':
            file = folder / 'snippet.py'
            file.write_text("import matplotlib\nmatplotlib.use('agg')\n" + self.code, 'utf-8')
            printed = _checked(run_script(file, cwd=folder, limit=LIMIT))
            file.unlink()
            assert self.output in (None, printed), printed
        else:
            for line in lines(self.code):
                words = shlex.split(line, comments=True)
                if words[:1] == ['mmdepthcls'] and words[1][0] != '-':
                    tool = ROOT / 'tools' / f'{words[1].replace("-", "_")}.py'
                    _checked(run_script(tool, *words[2:], cwd=folder, limit=LIMIT))
                elif words[:1] != ['mmdepthcls']:
                    subprocess.run(['bash', '-euo', 'pipefail', '-c', line], cwd=folder, check=True, timeout=60)


def _checked(result):
    said = f'{result.stdout[-2000:]}\n{result.stderr[-4000:]}'
    assert result.returncode == 0, f'{result.args}: {result.returncode}\n{said}'
    return result.stdout


def snippets(document):
    """list[Snippet]: of a document, in their order; indented lines that begin with a command are some, too."""
    text = document.read_text('utf-8')
    fenced = [Snippet(language, code, mark or None, note or None, output or None)
              for mark, note, language, code, output in _BLOCK.findall(text)]
    return fenced + [Snippet('bash', code) for code in _INDENTED.findall(_BLOCK.sub('', text))]


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
