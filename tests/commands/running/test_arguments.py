import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine.config import DictAction

from mmdepthcls.commands.running.arguments import add_config_options


def read(*options):
    parser = argparse.ArgumentParser()
    add_config_options(parser)
    return parser.parse_args(['--cfg-options', *options]).cfg_options


@pytest.mark.parametrize(('text', 'value'), [
    ('a/Eigene Bilder', 'a/Eigene Bilder'), ("'a b/c d'", 'a b/c d'), ('"a b"', 'a b'), (' a b ', 'a b'),
    ('My (old) data', 'My (old) data'), ('[1, 2]', [1, 2]), ('(1, (2.5, a b), True)', (1, (2.5, 'a b'), True)),
    ('["my a.txt", "my b.txt"]', ['my a.txt', 'my b.txt']), ('1, 2,3', [1, 2, 3]), ('x y=z', 'x y=z'), ('None', None),
])
def test_values_keep_their_spaces(text, value):
    assert read(f'model.key={text}', 'other=1') == {'model.key': value, 'other': 1}
    assert type(read(f'k={text}')['k']) is type(value)


@given(st.text(st.sampled_from('ab1.[](),\'"'), max_size=12))
def test_without_spaces_they_are_what_mmengine_reads(text):
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    try:
        expected = parser.parse_args(['--cfg-options', f'k={text}']).cfg_options
    except (AssertionError, RecursionError):
        with pytest.raises(SystemExit):
            read(f'k={text}')
    else:
        assert read(f'k={text}') == expected


@pytest.mark.parametrize(('text', 'value'), [
    ("dict(type='SGD', lr=0.01)", dict(type='SGD', lr=0.01)),
    ("{'type': 'SGD', 'lr': 1e-2}", dict(type='SGD', lr=0.01)),
    ('{"a": true, "b": null, "c d": [1, {"e": "f g"}]}', {'a': True, 'b': None, 'c d': [1, {'e': 'f g'}]}),
    (" [dict(type='A b', size=(1, -2)), dict()] ", [dict(type='A b', size=(1, -2)), {}]),
    ("(dict(a=dict(b=None)),)", (dict(a=dict(b=None)), )), ('{}', '{}'), ('{:04}.png', '{:04}.png'),
    ('{iter:06d}', '{iter:06d}'), ('dictionary', 'dictionary'), ('{name}', '{name}')])
def test_dicts_are_read_as_configs_and_json_write_them(text, value):
    assert read('a=1', f'k={text}', 'b=[x, y]') == dict(a=1, k=value, b=['x', 'y'])


@pytest.mark.parametrize('text', [
    '{type:SGD,lr:1}', '{a,b}', 'dict(a=b)', "dict([('a', 1)])", "dict(a=__import__('os'))", 'dict(**{})', 'dict(a=1',
    '[1, (2]', 'list(1, 2)'])
def test_what_is_neither_list_nor_dict_is_told(text, capsys):
    with pytest.raises(SystemExit):
        read(f'model.k={text}')
    assert "model.k has brackets that are no list and no dict. Expected such as" in capsys.readouterr().err


def test_given_twice_both_count():
    parser = argparse.ArgumentParser()
    add_config_options(parser)
    given = ['--cfg-options', 'a=1', 'b=x y', '--cfg-options', 'b=2', 'c=3']
    assert parser.parse_args(given).cfg_options == dict(a=1, b=2, c=3)


def test_what_is_no_option(capsys):
    for text in ('alone', '=x'):
        with pytest.raises(SystemExit):
            read(text)
        assert 'expected KEY=VALUE' in capsys.readouterr().err
