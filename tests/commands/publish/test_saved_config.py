"""The config in a checkpoint is data: what it says is found, and nothing in it is run."""
import pytest
from mmengine.config import Config

from mmdepthcls.commands.publish.saved_config import LONGEST, UNKNOWN, saved_config


def test_what_mmengine_wrote_comes_back():
    content = dict(model=dict(type='A', sizes=[1, -2.5], none=None, parts=[dict(flag=True)], names={'a b': 'c'}),
                   load_from=None, resume=False)
    assert saved_config(dict(meta=dict(cfg=Config(content).pretty_text))) == content


def test_nothing_is_run(tmp_path):
    text = f"model = dict(a=open({str(tmp_path / 'run')!r}, 'w'), b=dict(**c), d=1)\nimport os\nos.mkdir('x')\nx.y = 1"
    assert saved_config(dict(meta=dict(cfg=text))) == dict(model=dict(a=UNKNOWN, b={}, d=1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('text', [
    None, 3, 'model = ', 'model = "a"', 'x = 1', 'model = dict(a=\0)', 'model = ' + '[' * 5000,
    'model = ' + '-' * 99999 + '1',
    'model = dict(a=' + '+'.join('1' * 90000) + ')', f'model = dict(a="{"a" * LONGEST}")'])
def test_what_says_nothing(text):
    assert saved_config(dict(meta=dict(cfg=text))) in (None, dict(model=dict(a=UNKNOWN)))
    assert saved_config(dict(meta=text)) is None and saved_config({}) is None
