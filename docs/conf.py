"""The site of these pages: ``.ci/docs``, or ``sphinx-build -W docs FOLDER`` where requirements/docs.txt is installed.

Pages are Markdown that a repository's own pages show too, so that nothing of Sphinx stands in them: the tables of
contents are made here from the links of the index pages, and links to files outside of docs/ are led to where the site
has them.
"""
import os
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent

project = 'mmdepthcls'
author = 'The mmdepthcls authors'
copyright = 'Apache-2.0'  # noqa: A001  (the name that Sphinx reads)
release = re.search(r"__version__ = '(.+?)'", (ROOT / 'mmdepthcls' / '__init__.py').read_text('utf-8'))[1]
extensions = ['myst_parser']
root_doc = 'index'
html_theme = 'furo'
html_title = f'{project} {release}'
html_static_path = ['_static']
html_css_files = ['site.css']
html_theme_options = dict(light_css_variables={'code-font-size': '76%'}, dark_css_variables={'code-font-size': '76%'})
html_show_sphinx = False
html_copy_source = False
smartquotes = False  # options begin with --
# Anchors as the repository's pages have them.
myst_heading_anchors = 4
exclude_patterns = ['_build', 'page']

# Documents of the repository's root -> their pages here.
ROOT_PAGES = {'CONTRIBUTING.md': 'project/contributing', 'SECURITY.md': 'project/security',
              'CHANGELOG.md': 'project/changelog', 'README.md': 'index'}
# Pages that lead to those of their folder.
INDEX_PAGES = ('index.md', 'README.md')
# Made by .ci/docs --page, beside these pages: sphinx-build -t page.
BUILT_PAGE = DOCS / 'page' / 'index.html'
LINK = re.compile(r'(?<!!)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)')


def adapt(text, docname, has_page=False):
    """str: a page as Sphinx needs it: tables of contents of an index page, links that leave docs/; those to
    the page that predicts in the browser, if ``has_page``."""
    page = DOCS / f'{docname}.md'
    source = next((ROOT / name for name, target in ROOT_PAGES.items() if target == docname != 'index'), page)
    text = text if source == page else source.read_text('utf-8')
    parts = re.split(r'(^```.*?^```)', text, flags=re.M | re.S)  # code stays as it is
    parts[::2] = [LINK.sub(lambda match: _link(match, source, page, has_page), part) for part in parts[::2]]
    text = ''.join(parts)
    return text + _contents(text, page) if page.name in INDEX_PAGES else text


def _link(match, source, page, has_page):
    """A link of a page; of what the site does not show, the words alone."""
    words, target, anchor = match[1], match[2], match[3] or ''
    path = (source.parent / target).resolve()
    if re.match(r'\w+:', target) or not path.is_relative_to(ROOT):
        return match[0]
    if path == BUILT_PAGE:
        address = Path(os.path.relpath(path, page.parent)).as_posix()
        return f'<a href="{address}">{words}</a>' if has_page else words
    name = path.relative_to(ROOT).as_posix()
    if name in ROOT_PAGES:
        path = DOCS / f'{ROOT_PAGES[name]}.md'
    elif path.suffix != '.md' or not path.is_relative_to(DOCS):
        return f'`{name}`' if words.strip('`') in (name, path.name) else f'{words} (`{name}`)'
    if words == path.name:  # the site shows pages by their titles
        words = re.search(r'^# (.*)$', path.read_text('utf-8'), re.M)[1]
    return f'[{words}]({Path(os.path.relpath(path, page.parent)).as_posix()}{anchor})'


def _contents(text, page):
    """Hidden tables of contents: the links of each section to pages below."""
    taken, made = {page}, []
    sections = re.split(r'^## (.*)$', text, flags=re.M)
    for title, body in zip(['', *sections[1::2]], sections[::2], strict=True):
        named = [(page.parent / target).resolve() for _, target, _ in LINK.findall(body)]
        pages = [path for path in dict.fromkeys(named) if _is_below(path, page.parent) and path not in taken]
        if pages:
            taken.update(pages)
            caption = [f':caption: {title}'] if title and page == DOCS / 'index.md' else []
            names = [path.relative_to(page.parent).with_suffix('').as_posix() for path in pages]
            made.append('\n'.join(['', '```{toctree}', ':hidden:', *caption, '', *names, '```', '']))
    return '\n'.join(made)


def _is_below(path, folder):
    """Whether a page belongs to an index page of ``folder``: not those of a folder with an index page of its own."""
    if path.suffix != '.md' or not path.is_file() or not path.is_relative_to(folder):
        return False
    return path.name in INDEX_PAGES or not any((path.parent / name).exists() for name in INDEX_PAGES) \
        or path.parent == folder


def setup(app):
    """Read pages through :func:`adapt`."""
    def read(app, docname, source):
        source[0] = adapt(source[0], docname, app.tags.has('page'))

    app.connect('source-read', read)
