"""Exported files, as others may write them: nothing that they say is believed."""
import pytest

from mmdepthcls.apis import ModelFileError
from mmdepthcls.apis.exported_description import ExportedDescription, exported_description_of
from mmdepthcls.apis.graph_file import read_exported_description
from mmdepthcls.apis.model_description import ModelDescription

onnx = pytest.importorskip('onnx', reason='onnx is not installed (mmdepthcls[export])')


@pytest.fixture
def described(small_model_cfg):
    from mmdepthcls.commands.publish.published_config import published_config
    model = published_config(small_model_cfg())
    return ExportedDescription(ModelDescription(model, focal_px=100.0), size=(64, 96), focal=50.0)


def model_with(text, **tensor):
    weight = onnx.TensorProto(name='w', data_type=1, dims=[1], float_data=[1.0])
    if tensor:
        weight.ClearField('float_data')
        weight.data_location = onnx.TensorProto.EXTERNAL
        for key, value in tensor.items():
            weight.external_data.add(key=key, value=value)
    graph = onnx.helper.make_graph([onnx.helper.make_node('Identity', ['w'], ['y'])], 'g', [], [
        onnx.helper.make_tensor_value_info('y', 1, [1])], [weight])
    model = onnx.helper.make_model(graph)
    if text is not None:
        model.metadata_props.add(key='mmdepthcls', value=text)
    return model


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    return path


def test_there_and_back(described, tmp_path):
    assert exported_description_of(described.to_json(), 'x') == described
    assert read_exported_description(write(tmp_path / 'm.onnx', model_with(described.to_json()))) == described
    assert described.focal_factor == 0.5


@pytest.mark.parametrize('place', ['initializer', 'attribute', 'function', 'branch'])
@pytest.mark.parametrize('location', ['weights.bin', '../../etc/passwd', '/etc/passwd'])
def test_weights_elsewhere_are_refused(described, tmp_path, place, location):
    model = model_with(described.to_json())
    foreign = model_with(None, location=location)
    weight = foreign.graph.initializer[0]
    if place == 'initializer':
        model.graph.initializer.append(weight)
    else:
        node = onnx.helper.make_node('Constant', [], ['c'])
        node.attribute.add(name='value', t=weight, type=onnx.AttributeProto.TENSOR)
        if place == 'attribute':
            model.graph.node.append(node)
        elif place == 'function':
            model.functions.add(name='f', domain='d', node=[node])
        else:
            model.graph.node.add(op_type='If').attribute.add(
                name='then_branch', g=foreign.graph, type=onnx.AttributeProto.GRAPH)
    with pytest.raises(ModelFileError, match='weights lie in another file'):
        read_exported_description(write(tmp_path / 'm.onnx', model))


def test_other_files(described, tmp_path):
    whole = model_with(described.to_json()).SerializeToString()
    twice = model_with(described.to_json())
    twice.metadata_props.add(key='mmdepthcls', value=described.to_json())
    for content, message in (
            (model_with(None), 'was not written by mmdepthcls export'), (b'', 'was not written'),
            (b'\xff' * 40, 'damaged'), (whole[:-5], 'damaged or truncated'), (twice, 'has 2 descriptions'),
            (model_with('{"format": "x"}'), 'not of the format'), (model_with('[' * 9999), 'nested|damaged'),
            (model_with(described.to_json().replace('"version":1', '"version":7', 1).replace(
                '"version": 1', '"version": 7', 1)), 'of version 7|changed')):
        with pytest.raises(ModelFileError, match=message):
            read_exported_description(write(tmp_path / 'm.onnx', content))


@pytest.mark.parametrize(('old', 'new', 'message'), [
    ('"uint8"', '"int4"', 'image: expected'), ('[64,96]', '[64]', 'size: expected'),
    ('[64,96]', '[64,-1]', 'size: expected'), ('50.0', '1e999', 'number'), ('50.0', 'true', 'focal: expected'),
    ('"focal"', '"local"', 'lacks, or has beside'), ('"mean"', '"men"', 'changed')])
def test_descriptions_that_were_changed(described, old, new, message):
    text = described.to_json().replace(', ', ',').replace(': ', ':')
    assert old in text
    with pytest.raises(ModelFileError, match=message):
        exported_description_of(text.replace(old, new, 1), 'x')


def test_xml(described, tmp_path):
    from html import escape
    entry = f'<mmdepthcls value="{escape(described.to_json())}" />'
    xml, weights = tmp_path / 'm.xml', tmp_path / 'm.bin'
    weights.write_bytes(b'0')
    xml.write_text(f'<?xml version="1.0"?><net name="a"><rt_info>{entry}</rt_info></net>')
    assert read_exported_description(xml) == described
    for text, message in (
            (f'<!DOCTYPE a [<!ENTITY b "c">]><net name="a">{entry}</net>', 'declares types or entities'),
            ('<net name="a"></net>', 'was not written'), (f'<net name="a">{entry}{entry}</net>', '2 descriptions'),
            (f'<net name="a">{entry}', 'truncated')):
        xml.write_text(text)
        with pytest.raises(ModelFileError, match=message):
            read_exported_description(xml)
