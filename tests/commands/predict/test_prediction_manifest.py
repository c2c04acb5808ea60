"""Who may write into a folder of predictions, and which manifests are read."""
import subprocess
import sys

import pytest

from mmdepthcls.commands.predict.prediction_folder import PredictionFolder
from mmdepthcls.commands.predict.prediction_manifest import FolderError
from mmdepthcls.evaluation.files.predicted_files import MANIFEST


def test_two_programs_never_write_into_one_folder(tmp_path):
    pytest.importorskip('fcntl')
    with PredictionFolder(tmp_path, {}):
        code = ('from mmdepthcls.commands.predict.prediction_folder import PredictionFolder\n'
                f'PredictionFolder({str(tmp_path)!r}, {{}})')
        result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert 'another program is writing' in result.stderr
    PredictionFolder(tmp_path, {}).__exit__()


@pytest.mark.parametrize('line', [
    '{"format": "other", "version": 1, "settings": {}}', 'no JSON', '[]', '3',
    '{"format": "mmdepthcls predictions", "version": 9, "settings": {}}',
    '{"format": "mmdepthcls predictions", "version": 1, "settings": {}}\n'
    '{"picture": "a", "stem": "../a", "stamp": null, "files": ["../a.png"]}',
    '{"format": "mmdepthcls predictions", "version": 1, "settings": {}}\n{"picture": "a"}'])
def test_a_manifest_of_another_kind(tmp_path, line):
    (tmp_path / MANIFEST).write_text(f'{line}\n')
    with pytest.raises(FolderError, match='predictions.jsonl is no list of predictions'):
        PredictionFolder(tmp_path, {})
    assert (tmp_path / MANIFEST).read_text() == f'{line}\n'
