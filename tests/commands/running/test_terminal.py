"""Texts as wide as a terminal."""
import io

from mmdepthcls.commands.running.terminal import fitted

PATH = 'work_dirs/' + 'a' * 60 + '/b.pth'
TEXT = f'Round 1 of 1: labelling 6 images with {PATH} and more words behind it\n| a table | {"b" * 30} | {"c" * 30} |'


class Terminal(io.StringIO):
    """One that a person looks at."""

    def isatty(self):
        """Yes."""
        return True


def test_lines_and_tables_fit_a_terminal_and_paths_stay_whole(monkeypatch):
    monkeypatch.setenv('COLUMNS', '60')
    lines = fitted(TEXT, Terminal()).splitlines()
    assert all(len(line) <= 60 or line.strip() == PATH for line in lines) and PATH in map(str.strip, lines)
    assert [line for line in lines if line.startswith('|')] == [
        f'| a table | {"b" * 30} |', f'| a table | {"c" * 30} |']


def test_a_file_gets_texts_as_they_are(monkeypatch):
    monkeypatch.setenv('COLUMNS', '60')
    assert fitted(TEXT, io.StringIO()) == TEXT
