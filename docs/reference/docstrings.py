"""Docstrings and signatures as Markdown, read from source files without importing them."""
import ast
import inspect
import re
from functools import cache

SECTION = re.compile(
    r'^(Args|Returns|Yields|Raises|Attributes|(?:Required|Modified|Added) keys|Examples?):$', re.I | re.M)


@cache
def tree(path):
    """ast.Module: of a source file."""
    return ast.parse(path.read_text('utf-8'))


def doc_of(node):
    """str: the docstring of a module, class or function, without its indentation; '' where there is none."""
    return inspect.cleandoc(ast.get_docstring(node) or '')


def escaped(text):
    """Words that Markdown shows as they are, also in a table."""
    return re.sub(r'([|*\[\]~{])', r'\\\1', text).replace('<', '&lt;')


def code(text):
    """Code in a line; '' of nothing."""
    return f'`{text}`'.replace('|', '\\|') if text else ''


def inline(text):
    """Words of a docstring with their ``code`` and :class:`roles`, in one line."""
    text = re.sub(r':[\w:]+:`~?([^`]+)`', r'`\1`', ' '.join(text.split()))
    text = re.sub(r':+$', ':', text)
    pieces = re.split(r'``(.+?)``|`(.+?)`', text)
    return ''.join(escaped(words) + code(literal or other)
                   for words, literal, other in zip(pieces[::3], [*pieces[1::3], ''], [*pieces[2::3], ''], strict=True))


def arguments_of(doc):
    """dict[str, tuple[str, str]]: name -> kind and text, of the ``Args:`` of a docstring."""
    match = re.search(r'^Args:\n((?:[ \t]+.*\n?|\n)*)', doc or '', re.M)
    entries = re.split(r'\n(?=    \S)', match[1].rstrip()) if match else []
    found = [re.match(r' {4}(\*{0,2}[\w, ]+?)(?: \((.*?)\))?: (.*)', entry, re.S) for entry in entries]
    return {each[1]: ((each[2] or '').removesuffix(', optional'), each[3]) for each in found if each}


def maker_of(node):
    """ast.FunctionDef or None: the ``__init__`` of a class."""
    functions = [each for each in node.body if isinstance(each, ast.FunctionDef)]
    return next((each for each in functions if each.name == '__init__'), None)


def signature_of(node):
    """str: of a function, or of a class' ``__init__``, without ``self``; '' of a class that has none."""
    if isinstance(node, ast.ClassDef):
        maker = maker_of(node)
        fields = [ast.unparse(each) for each in node.body if isinstance(each, ast.AnnAssign)]
        if maker is None:
            return f'({", ".join(fields)})' if fields else ''
        node = maker
    names = re.sub(r'^(self|cls)(, |$)', '', ast.unparse(node.args))
    made = node.name != '__init__' and node.returns is not None
    return f'({names}){f" -> {ast.unparse(node.returns)}" if made else ""}'


def called(node):
    """str: name and signature, on several lines where they are long."""
    text = f'{node.name}{signature_of(node)}'
    if len(text) <= 110:
        return text
    return re.sub(r', (?=\*?\w+(?:: |,|=)|\*,)', ',\n    ', text.replace('(', '(\n    ', 1))


def markdown_of(doc):
    """list[str]: the lines of a docstring as Markdown, its sections as lists."""
    lines, parts = [], SECTION.split(doc)
    for title, body in zip(['', *parts[1::2]], parts[::2], strict=True):
        inside, rest = re.fullmatch(r'((?:\n|[ \t]+[^\n]*(?:\n|$))*)(.*)', body, re.S).groups() if title else ('', body)
        known = arguments_of(f'Args:\n{inside.strip(chr(10))}') if title == 'Args' else {}
        items = [f'- `{name}`{f" ({escaped(kind)})" if kind else ""}: {inline(what)}'
                 for name, (kind, what) in known.items()]
        if title.startswith('Example'):
            lines += _prose(inspect.cleandoc(inside))
        elif title:
            lines += [f'**{title}**', '', *items, ''] if known else [f'**{title}**: {inline(inside)}', '']
        lines += _prose(rest)
    return lines


def _prose(text):
    lines = []
    for paragraph in re.split(r'\n\s*\n', text.strip('\n')):
        if paragraph.lstrip().startswith('>>>'):
            lines += ['```pycon', *inspect.cleandoc(paragraph).splitlines(), '```', '']
        elif paragraph.startswith('.. math::'):
            lines += ['```text', inspect.cleandoc(paragraph.removeprefix('.. math::')), '```', '']
        elif paragraph.startswith('    '):
            lines += ['```text', *inspect.cleandoc(paragraph).splitlines(), '```', '']
        elif paragraph.startswith(('- ', '|')):
            lines += [f'- {inline(item)}' for item in re.split(r'(?:^|\n)- ', paragraph)[1:]] or paragraph.splitlines()
            lines += ['']
        else:
            lines += [inline(paragraph), ''] if paragraph.strip() else []
    return lines
