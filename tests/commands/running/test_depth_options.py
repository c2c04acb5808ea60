"""Options of tools for stored depth."""
import argparse
import dataclasses

import pytest

from mmdepthcls.commands.running.depth_options import OPTIONS, add_depth_options, depth_format_of, given_depth_options
from mmdepthcls.datasets.depth_format import DepthFormat


def parse(*words):
    parser = argparse.ArgumentParser()
    add_depth_options(parser, 'gt')
    return parser.parse_args(list(words))


def test_every_setting_is_an_option():
    # How points become depth is the data set's to know, and nothing that fits a command line.
    assert set(OPTIONS) == {field.name for field in dataclasses.fields(DepthFormat)} - {'spelling', 'projection'}


def test_options_become_settings():
    assert depth_format_of(parse(), 'gt') == DepthFormat() and given_depth_options(parse(), 'gt') == []
    args = parse('--gt-scale', '100', '--gt-invalid', '-1', '65535', '--gt-channels', '3', '--gt-offset', '-2',
                 '--gt-focal-baseline', '389.5', '--gt-key', 'depth', '--gt-bits', '8', '--gt-mask', '_mask')
    assert depth_format_of(args, 'gt') == DepthFormat(100.0, 3, (-1.0, 65535.0), -2.0, 389.5, 'depth', 8, '_mask')
    assert given_depth_options(args, 'gt')[0] == '--gt-scale' and len(given_depth_options(args, 'gt')) == len(OPTIONS)
    assert depth_format_of(args, 'gt').spell('focal_baseline', 9) == '--gt-focal-baseline 9'


@pytest.mark.parametrize('words, message', [
    (['--gt-scale', '0'], '--gt-scale must be > 0'),
    (['--gt-focal-baseline', 'nan'], '--gt-focal-baseline must be > 0'),
    (['--gt-bits', '8'], '--gt-scale must be given with bits=8'), (['--gt-offset', 'inf'], '--gt-offset must be a')])
def test_settings_without_sense_name_the_option(words, message):
    with pytest.raises(ValueError, match=message):
        depth_format_of(parse(*words), 'gt')
