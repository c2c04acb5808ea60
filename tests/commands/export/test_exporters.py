"""Files that get their names together, and weights in half precision."""
import numpy as np
import pytest

from mmdepthcls.commands.export import exporters


def test_two_files_or_none(tmp_path):
    trials = {}
    for name in ('m.bin', 'm.xml'):
        (tmp_path / f'.{name}').write_text(f'new {name}')
        trials[tmp_path / f'.{name}'] = tmp_path / name
    (tmp_path / 'm.bin').write_text('old')
    (tmp_path / 'm.xml').mkdir()
    (tmp_path / 'm.xml' / 'full').touch()
    with pytest.raises(FileExistsError, match='--force'):
        exporters.put_together(trials, False)
    assert (tmp_path / 'm.bin').read_text() == 'old'
    (tmp_path / '.m.xml').unlink()  # the second cannot be named
    with pytest.raises(FileNotFoundError):
        exporters.put_together(trials, True)
    assert (tmp_path / 'm.bin').read_text() == 'old' and (tmp_path / 'm.xml' / 'full').exists()


def test_half_the_bytes_and_nearly_the_same():
    onnx, onnxruntime = pytest.importorskip('onnx'), pytest.importorskip('onnxruntime')
    weight = np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)

    def model(values):
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node('MatMul', ['x', 'w'], ['y'])], 'g',
            [onnx.helper.make_tensor_value_info('x', 1, [1, 32])],
            [onnx.helper.make_tensor_value_info('y', 1, [1, 32])], [onnx.numpy_helper.from_array(values, 'w')])
        return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid('', 18)], ir_version=10)

    proto, x = model(weight), np.ones((1, 32), np.float32)
    size = proto.ByteSize()
    exporters.halve(proto)
    assert proto.ByteSize() < 0.6 * size
    got, = onnxruntime.InferenceSession(proto.SerializeToString()).run(None, dict(x=x))
    np.testing.assert_allclose(got, x @ weight.astype(np.float16).astype(np.float32), rtol=1e-5, atol=1e-5)
    with pytest.raises(exporters.CannotExport, match='beyond half precision'):
        exporters.halve(model(weight * 1e6))
