"""An exported file in the place of a model: read in its one way, and offered with what it gives."""
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from script_process import run_script

EXPORT = Path(__file__).parents[3] / 'tools' / 'export.py'


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.skipif(not all(map(find_spec, ('onnx', 'onnxscript', 'onnxruntime'))),
                    reason="pip install -e '.[export]' brings what exports")
def test_an_exported_file_is_offered_and_read_in_its_one_way(bench, settings, upload, models, tmp_path):
    from mmdepthcls.apis.loaded_model import shipped_model
    from mmdepthcls.commands.app.offered_model import load_models
    from mmdepthcls.commands.app.workbench import Settings, downloads_of
    path = tmp_path / 'street.onnx'
    result = run_script(EXPORT, shipped_model(), '--format', 'onnx', '--out', path, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    exported, = load_models([str(path)], None)
    assert list(exported.reading.decoders) == ['as it was exported'] and not exported.reading.has_crf
    bench.models[exported.name] = exported
    bench.receive('one', upload())
    bench.receive('two', upload())
    expected = bench.predict('one', settings()).result
    found = bench.predict('two', Settings(exported.name, 'as it was exported', crf=True)).result
    np.testing.assert_allclose(found.depth, expected.depth, rtol=1e-3)
    assert set(downloads_of(found)) <= set(downloads_of(expected)) and 'npy' in downloads_of(found)
