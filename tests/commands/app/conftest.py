"""The model of the package on a bench, and pictures as people have them."""
import cv2
import numpy as np
import pytest

SHAPE = (40, 60)


@pytest.fixture(scope='session')
def models():
    """The models that the page offers if none is named."""
    from mmdepthcls.commands.app.offered_model import load_models
    return load_models(None, 'cpu')


@pytest.fixture
def bench(models, tmp_path):
    """A bench for pictures of up to 100 kB and 10 000 pixels."""
    from mmdepthcls.commands.app.visit import Visits
    from mmdepthcls.commands.app.workbench import Workbench
    for name in ('served', 'private'):
        (tmp_path / name).mkdir()
    return Workbench(models, tmp_path / 'private', Visits(tmp_path / 'served'), 100_000, 10_000, 50_000_000)


@pytest.fixture
def settings(models):
    """Settings of the page as it is loaded, with changes."""
    from mmdepthcls.commands.app.workbench import Settings

    def make(**changes):
        return Settings(**{**dict(model=models[0].name, decoder=next(iter(models[0].reading.decoders))), **changes})
    return make


@pytest.fixture
def picture():
    """(H, W, 3) uint8 RGB."""
    noise = np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (5, 5), 2)


@pytest.fixture
def upload(bench, tmp_path, picture):
    """Puts a file where a server puts uploads; its path."""
    def put(name='street.png', content=None):
        path = tmp_path / 'served' / 'hash' / name
        path.parent.mkdir(exist_ok=True)
        if content is None:
            content = cv2.imencode('.png', picture[..., ::-1])[1].tobytes()
        path.write_bytes(content)
        return str(path)
    return put
