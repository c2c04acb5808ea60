"""tools/export.py: what people do wrong, before anything is loaded."""
from pathlib import Path

import pytest
from script_process import run_script

TOOL = Path(__file__).parents[2] / 'tools' / 'export.py'


@pytest.mark.parametrize(('arguments', 'expected'), [
    (['none.safetensors', '--out', 'a.onnx'], 'MODEL none.safetensors does not exist'),
    (['.', '--out', 'a.onnx'], 'MODEL . is a folder'),
    (['a.pth', '--out', 'a.onnx'], 'mmdepthcls publish makes one'),
    (['m.safetensors', '--out', 'a.xml'], 'ends in .onnx'),
    (['m.safetensors', '--out', 'a.onnx', '--format', 'openvino'], 'ends in .xml'),
    (['m.safetensors', '--out', 'none/a.onnx'], 'there is no folder'),
    (['m.safetensors', '--out', 'there.onnx'], 'there.onnx is there already; --force'),
    (['m.safetensors', '--out', 'there.xml', '--format', 'openvino'], 'there.bin is there already'),
    (['m.safetensors', '--out', 'a.onnx', '--size', '0', '9'], '--size: expected'),
    (['m.safetensors', '--out', 'a.onnx', '--focal-px', 'much'], "pixels or 'input', got 'much'"),
    (['m.safetensors', '--out', 'a.onnx', '--focal-px', '-1'], 'pixels > 0'),
    (['m.safetensors', '--out', 'a.pt2', '--format', 'torch-export', '--half'], 'publish --half'),
    (['m.safetensors', '--out', 'a.onnx'], 'm.safetensors is no model file'),
])
def test_mistakes(tmp_path, arguments, expected):
    for name in ('m.safetensors', 'a.pth', 'there.onnx', 'there.bin'):
        (tmp_path / name).write_text('none')
    before = sorted(tmp_path.iterdir())
    result = run_script(TOOL, *arguments, cwd=tmp_path)
    assert result.returncode == 2 and expected in result.stderr, result.stderr
    assert 'Traceback' not in result.stderr and sorted(tmp_path.iterdir()) == before
