"""What differs in names, as people write it."""
import pytest

from mmdepthcls.datasets.replacements import read_replacements


@pytest.mark.parametrize('replace', [
    [('ab', 'cd')], (['ab', 'cd'], ), ('ab', 'cd'), ['ab', 'cd'], {'ab': 'cd'}])
def test_one_pair_in_every_form(replace):
    assert read_replacements(replace, 'Mine') == [('ab', 'cd')]


def test_several_and_none():
    assert read_replacements([('a', 'b'), ('c', '')], 'Mine') == [('a', 'b'), ('c', '')]
    assert read_replacements((), 'Mine') == read_replacements({}, 'Mine') == []


@pytest.mark.parametrize('replace', ['ab', ('ab', ), ('a', 'b', 'c'), [('a', 'b', 'c')], [('a', 1)], 3, None, [None]])
def test_others_are_refused(replace):
    with pytest.raises(ValueError, match=r"Mine: replace must be pairs of texts.*\[\('rgb', 'depth'\)\], got"):
        read_replacements(replace, 'Mine')
