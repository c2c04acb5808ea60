"""Protocols as data: what the presets are, and that settings without sense are refused."""
import pickle

import pytest

from mmdepthcls.evaluation.protocols import PRESETS, Protocol, build_protocol, build_protocols

# As the documentation states them: ground truth, input crop, region, range of ground truth, clamp, flip, mean.
TABLE = {
    'eigen_raw': ('velodyne_monodepth', None, 'garg', (1e-3, 80, False), (1e-3, 80), None, 'image'),
    'eigen_annotated': ('annotated', None, 'garg', (1e-3, 80, False), (1e-3, 80), None, 'image'),
    'monodepth2': ('velodyne_monodepth', None, 'garg', (1e-3, 80, False), (1e-3, 80), None, 'image'),
    'bts': ('annotated', 'kb', 'garg', (1e-3, 80, False), (1e-3, 80), None, 'image'),
    'adabins': ('annotated', 'kb', 'kb_garg', (1e-3, 80, False), (1e-3, 80), 'mean', 'image'),
    'kitti_devkit': ('annotated', None, None, (0, None, False), None, None, 'image'),
    'nyu_eigen': (None, None, 'nyu_eigen', (1e-3, 10, False), (1e-3, 10), None, 'image'),
    'paper': ('velodyne', None, None, (0, 80, True), None, None, 'pixel'),
}


def test_presets_are_those_of_the_table():
    got = {name: (p.ground_truth, p.input_crop, p.region, (p.min_depth, p.max_depth, p.include_max), p.clamp, p.flip,
                  p.mean) for name, p in PRESETS.items()}
    assert got == TABLE
    assert [name for name, p in PRESETS.items() if p.median_scaling] == ['monodepth2']
    assert [name for name, p in PRESETS.items() if p.fill] == ['kitti_devkit']
    assert [name for name, p in PRESETS.items() if p.align_corners] == ['adabins']


def test_conditions_stand_beside_every_row():
    assert PRESETS['adabins'].conditions() == {
        'ground truth': 'annotated', 'input': 'kb', 'crop': 'kb_garg', 'cap': '< 80 m', 'flip': 'mean', 'scaled': 'no',
        'mean': 'image'}
    assert PRESETS['monodepth2'].conditions()['scaled'] == 'median'
    assert PRESETS['paper'].conditions()['cap'] == '<= 80 m' and PRESETS['kitti_devkit'].conditions()['cap'] == 'none'
    own = Protocol('own', region=[0.5, 1, 0, 1], min_depth=2.0, max_depth=50.0)
    assert own.conditions()['crop'] == 'own' and own.conditions()['cap'] == '2 m < 50 m'
    assert own.region == (0.5, 1, 0, 1)


def test_built_from_names_dicts_and_themselves():
    assert build_protocol('bts') is not None and build_protocol('bts') == PRESETS['bts']
    changed = build_protocol(dict(preset='bts', name='bts, 50 m', max_depth=50.0, clamp=[1e-3, 50.0]))
    assert (changed.region, changed.max_depth, changed.clamp) == ('garg', 50.0, (1e-3, 50.0))
    assert build_protocol(dict(name='mine', region='eigen')) == Protocol('mine', region='eigen')
    assert build_protocol(changed) is changed
    assert pickle.loads(pickle.dumps(changed)) == changed and hash(changed) == hash(changed)


@pytest.mark.parametrize('protocol, message', [
    ('eigen', "no preset 'eigen'; there are eigen_raw, eigen_annotated"),
    (dict(preset='bts', cap=50), r"protocol 'bts': unknown settings \['cap'\]; there are .*'max_depth'"),
    (dict(flip='both'), "protocol 'own': flip must be one of .*got 'both'"),
    (dict(input_crop='garg'), 'input_crop must be one of'),
    (dict(mean='median'), 'mean must be one of'),
    (dict(region='grag'), "crop must be one of .*got 'grag'"),
    (dict(region=(0.5, 0.5, 0, 1)), 'crop must be shares'),
    (dict(min_depth=80.0), r'expected 0 <= min_depth < max_depth, got \(80.0, 80.0\)'),
    (dict(clamp=(0, 80)), r'clamp must be \(low, high\), 0 < low < high, got \(0, 80\)'),
    (dict(clamp=(80, 1)), 'clamp must be'),
])
def test_settings_without_sense(protocol, message):
    with pytest.raises(ValueError, match=message):
        build_protocol(protocol)


@pytest.mark.parametrize('protocols', [[], ['bts', 'bts'], ['bts', dict(preset='bts', max_depth=50.0)]])
def test_names_must_differ(protocols):
    with pytest.raises(ValueError, match='protocols must be at least one, with different names'):
        build_protocols(protocols)
