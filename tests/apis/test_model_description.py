"""Descriptions: what is written comes back, and what is no description is refused."""
import dataclasses
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.apis import ModelDescription, ModelFileError, read_description
from mmdepthcls.apis.model_description import description_of

MODEL = dict(
    type='DepthClassifier', bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=8),
    backbone=dict(type='ResNet', depth=18, strides=(1, 2, 2, 1), norm_cfg=dict(type='BN')),
    decode_head=dict(type='FCNHead', in_channels=[64], in_index=[3]), decoder=dict(type='ExpectationDecoder'),
    test_cfg=dict(mode='whole', decode_at='input'))
SCORE = dict(protocol='bts', conditions=dict(cap='< 80 m'), errors=dict(abs_rel=0.1), num_images=652, data='KITTI')
WIDENING = dict(coverage=0.9, factor=1.5, promise='mean', unit='image', num_units=40, domain='streets')
TEXT = st.text(st.characters(categories=('L', 'N', 'P')), max_size=20)


@settings(max_examples=40)
@given(focal=st.none() | st.floats(1, 1e5), size=st.none() | st.tuples(st.integers(1, 9999), st.integers(1, 9999)),
       texts=st.lists(TEXT, max_size=3), facts=st.dictionaries(TEXT, TEXT, max_size=3), rows=st.floats(0, 0.99),
       temperature=st.floats(0.01, 100), layers=st.lists(st.integers(1, 9)) | st.lists(st.integers(1, 9)).map(tuple))
def test_what_is_written_comes_back(focal, size, texts, facts, rows, temperature, layers):
    model = dict(MODEL, backbone=dict(MODEL['backbone'], num_layers=layers))
    description = ModelDescription(
        model, (dict(type='Resize', scale=(208, 64)), ), focal, size, 'streets', tuple(texts), tuple(texts),
        (SCORE, ), facts, rows, 80.0, temperature, 'half', temperature, dict(WIDENING, factor=temperature), '0' * 64)
    got = description_of(description.to_json(), 'a.safetensors')
    assert got == description and type(got.model['backbone']['num_layers']) is type(layers)
    assert got.model['backbone']['strides'] == (1, 2, 2, 1) and got.model['decode_head']['in_channels'] == [64]
    assert got.to_json() == description.to_json() and '\n' not in description.to_json()


def test_what_it_says_of_the_model():
    description = ModelDescription(MODEL)
    assert description.bins['type'] == 'SIDBins' and description.decoder == dict(type='ExpectationDecoder')
    assert description.decode_at == 'input'
    with pytest.raises(dataclasses.FrozenInstanceError):
        description.focal_px = 1.0


@pytest.mark.parametrize(('changes', 'words'), [
    (dict(focal_px=-1.0), 'focal_px: expected a number'), (dict(focal_px='700'), 'focal_px'),
    (dict(focal_px=True), 'focal_px'), (dict(focal_px=float('nan')), 'focal_px'),
    (dict(temperature=None), 'temperature'),
    (dict(temperature=0.0), 'temperature'), (dict(input_size=(1, )), 'input_size'),
    (dict(input_size=(0, 5)), 'input_size'), (dict(input_size=5), 'input_size'), (dict(precision='int8'), 'precision'),
    (dict(supervised_rows=1.0), 'supervised_rows'), (dict(supervised_rows=-0.1), 'supervised_rows'),
    (dict(max_depth_supervised='far'), 'max_depth_supervised'), (dict(scenes=3), 'scenes'),
    (dict(scenes='\x1b[2J'), 'printable'), (dict(scenes='x' * 3000), 'at most 2000'),
    (dict(training_data='one text'), 'training_data'), (dict(licenses=(1, )), 'licenses'),
    (dict(licenses=('a', ) * 100), 'licenses'), (dict(provenance=dict(a=1)), 'provenance.a: expected str'),
    (dict(provenance=[1]), 'provenance'), (dict(provenance={'\x07': 'a'}), 'a name in provenance'),
    (dict(scores=(dict(SCORE, errors=dict(abs_rel='0.1')), )), r'scores\[0\].errors.abs_rel'),
    (dict(scores=(dict(SCORE, more=1), )), r'scores\[0\]: expected protocol'), (dict(scores=({}, )), r'scores\[0\]'),
    (dict(scores=(dict(SCORE, errors=dict(abs_rel=float('nan'))), )), 'abs_rel'), (dict(scores=SCORE), 'scores'),
    (dict(tensors_sha256='x' * 64), 'tensors_sha256'), (dict(tensors_sha256='0'), 'tensors_sha256'),
    (dict(model={**MODEL, 'bins': None}), 'model.bins'), (dict(model={}), 'model.type'), (dict(model=None), 'model'),
    (dict(scale=0.0), 'scale: expected a number'), (dict(scale=None), 'scale'), (dict(scale=True), 'scale'),
    (dict(scale_focal='known'), 'scale_focal: expected one of'), (dict(scale_focal=True), 'scale_focal'),
    (dict(interval_widening=1.5), 'interval_widening: expected coverage'), (dict(interval_widening={}), 'coverage'),
    (dict(interval_widening=dict(WIDENING, coverage=1.0)), 'interval_widening.coverage'),
    (dict(interval_widening=dict(WIDENING, factor=float('nan'))), 'interval_widening.factor'),
    (dict(interval_widening=dict(WIDENING, factor=True)), 'interval_widening.factor'),
    (dict(interval_widening=dict(WIDENING, num_units=1.5)), 'interval_widening.num_units'),
    (dict(interval_widening=dict(WIDENING, promise='all')), 'interval_widening.promise'),
    (dict(interval_widening=dict(WIDENING, unit=1)), 'interval_widening.unit'),
    (dict(interval_widening=dict(WIDENING, domain='\x07')), 'interval_widening.domain'),
    (dict(scores=(dict(SCORE, images=1), )), r'scores\[0\].images'),
    (dict(pipeline=(dict(type='LoadDepth'), )), r'pipeline\[0\].type'), (dict(pipeline='Resize'), 'pipeline'),
])
def test_what_is_none_of_these_is_refused(changes, words):
    with pytest.raises(ModelFileError, match=words):
        ModelDescription(**{'model': MODEL, **changes})


def test_a_description_that_was_changed():
    content = json.loads(ModelDescription(MODEL, focal_px=700.0).to_json())
    for changes, words in ((dict(focal_px=701.0), 'was changed after it was written'),
                           (dict(version=4), 'of version 4; this mmdepthcls reads versions 1 to 3'),
                           (dict(version='1'), 'of version 1;'), (dict(version=True), 'of version True;'),
                           (dict(version=1), 'has beside what is known, interval_widening, scale, scale_focal'),
                           (dict(version=2), 'has beside what is known, scale_focal'),
                           (dict(format=None), 'not of the format'),
                           (dict(notes='a'), 'has beside what is known, notes'),
                           (dict(description_sha256='0' * 64), 'was changed')):
        with pytest.raises(ModelFileError, match=words) as error:
            description_of(json.dumps(dict(content, **changes)), 'b.safetensors')
        assert str(error.value).startswith('b.safetensors')
    for key in content.keys() - {'format', 'version'}:
        less = {name: value for name, value in content.items() if name != key}
        with pytest.raises(ModelFileError, match='lacks|was changed'):
            description_of(json.dumps(less), 'b.safetensors')
    for text in ('', '{', '[]', '3', 'null', '{"a": 1, "a": 2}', '[' * 100000):
        with pytest.raises(ModelFileError, match=r'b\.safetensors: its description'):
            description_of(text, 'b.safetensors')


def test_a_description_of_version_1_is_read(edited, make_file, tmp_path):
    _, path = make_file()
    older = edited(path)
    older.description['version'] = 1
    del older.description['scale'], older.description['interval_widening'], older.description['scale_focal']
    description = read_description(older.write(tmp_path / 'older.safetensors'))
    assert description.scale == 1 and description.interval_widening is None
    assert description.tensors_sha256 == read_description(path).tensors_sha256
    del older.description['precision']
    with pytest.raises(ModelFileError, match='lacks, or has beside what is known, precision'):
        read_description(older.write(tmp_path / 'less.safetensors'))


def test_a_calibrated_description_of_version_2_is_read(edited, make_file, tmp_path):
    _, path = make_file()
    older = edited(path)
    older.description.update(version=2, scale=1.5)
    del older.description['scale_focal']
    description = read_description(older.write(tmp_path / 'older.safetensors'))
    assert description.scale == 1.5 and description.scale_focal is None


def test_reading_it_loads_neither_the_host_nor_torch(make_file):
    _, path = make_file(facts=dict(focal_px=700.0))
    code = ('import sys; from mmdepthcls.apis import read_description; '
            f'print(read_description({str(path)!r}).focal_px); '
            'print({"torch", "mmengine", "mmcv", "mmseg", "safetensors"} & set(sys.modules))')
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert result.stdout.split() == ['700.0', 'set()'], result.stderr
    assert read_description(path).focal_px == 700.0
