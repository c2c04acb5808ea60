"""What was exported of a small model: once for all tests, since tracing takes seconds."""
import cv2
import numpy as np
import pytest
from export_files import NEEDED, PIPELINE, make_file, options


@pytest.fixture(scope='session')
def place(tmp_path_factory):
    """Folder with a model file, a picture, and its ONNX file (any size, takes focal lengths, calibrated)."""
    for name in NEEDED:
        pytest.importorskip(name, reason=f'{name} is not installed (mmdepthcls[export])')
    from mmdepthcls.commands.export.export_run import ExportRun
    folder = tmp_path_factory.mktemp('export')
    picture = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (94, 131, 3), np.uint8), (9, 9), 3)
    cv2.imwrite(str(folder / 'street.png'), picture)
    facts = dict(
        pipeline=PIPELINE, focal_px=60.0, scale=1.3, training_data=('noise', ), licenses=('CC0', ),
        interval_widening=dict(coverage=0.9, factor=1.5, promise='mean', unit='image', num_units=9, domain='noise'))
    make_file(folder / 'model.safetensors', facts)
    run = ExportRun(options(folder / 'model.safetensors', folder / 'model.onnx', focal_px='input',
                            pictures=[str(folder / 'street.png')]))
    run.read_pictures()
    comparison, files = run.write()
    assert files == [folder / 'model.onnx'] and len({each.size for each in comparison.differences}) == 3
    folder.joinpath('table.txt').write_text(run.table(comparison))
    return folder
