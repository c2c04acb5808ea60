"""What the documents say of files, modules and commands is there; the examples of CONTRIBUTING.md work."""
import pkgutil
import re
import sys
import types

import numpy as np
import pytest
import torch
from document_snippets import DOCUMENTS, ROOT

from mmdepthcls.commands import COMMANDS

CONTRIBUTING = (ROOT / 'CONTRIBUTING.md').read_text('utf-8')
# Name -> the file that an example would be, and its code.
EXAMPLES = {name: (path, code) for name, path, code in re.findall(
    r'<!-- (\w+): (\S+) -->\n```python\n(.*?)```', CONTRIBUTING, re.DOTALL)}
NOT_THERE = {path for path, _ in EXAMPLES.values()} | {
    re.sub(r'mmdepthcls/(.*)/(\w+\.py)', r'tests/\1/test_\2', path) for path, _ in EXAMPLES.values()}
FOLDERS = 'mmdepthcls|configs|docs|tests|tools|requirements'
# CHANGELOG.md tells of what was.
PRESENT = [document for document in DOCUMENTS if document.name != 'CHANGELOG.md']


def headings(text):
    """Anchors of a document, as GitHub makes them."""
    found = re.findall(r'^#+ (.*)$', text, re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in found}


@pytest.mark.parametrize('document', DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    for target, anchor in re.findall(r'\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)', document.read_text('utf-8')):
        path = document.parent / target if target else document
        assert path.exists(), f'{document.name}: no file {target}'
        known = headings(path.read_text('utf-8')) if anchor else {''}
        assert anchor in known, f'{document.name}: no heading {target}#{anchor}'


@pytest.mark.parametrize('document', PRESENT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_that_are_named_exist(document):
    named = set(re.findall(rf'(?<![\w/.}}])(?:{FOLDERS})/[\w/.-]*\w', document.read_text('utf-8')))
    missing = {path for path in named - NOT_THERE if not re.search(r'NAME|\bmine\b', path)
               and not any((ROOT / each).exists() for each in (path, f'{path}.py'))}
    assert not missing, f'{document.name} names files that do not exist: {sorted(missing)}'


@pytest.mark.parametrize('document', PRESENT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_that_are_named_exist(document):
    for name in set(re.findall(r'(?<![\w/.])mmdepthcls(?:\.[A-Za-z]\w*)+', document.read_text('utf-8'))):
        try:
            pkgutil.resolve_name(name)
        except (ImportError, AttributeError) as error:
            raise AssertionError(f'{document.name}: there is no {name}') from error


def test_the_readme_is_short():
    lines = (ROOT / 'README.md').read_text('utf-8').splitlines()
    assert len(lines) <= 90 and '<!-- test -->' in lines and '<!-- demo -->' in lines


def test_the_picture_of_the_rooms_names_every_room_and_command():
    text = (ROOT / 'docs' / 'architecture.md').read_text('utf-8')
    picture = text[text.index('## Rooms'):text.index('## What the host')]
    package = ROOT / 'mmdepthcls'
    rooms = {path.parent.relative_to(package).as_posix() for path in package.rglob('*.py')} - {'.'}
    files = {path.stem for path in package.glob('*.py')} - {'__init__', '__main__', 'dense_crf'}
    named = set(re.findall(r'[\w-]+', picture))
    assert not {room.rpartition('/')[2] for room in rooms} - named
    assert not files - named
    assert not COMMANDS.keys() - named


@pytest.fixture
def example(mmseg_scope, monkeypatch):
    """Runs an example as the module that it would be; what it registers is forgotten after the test."""
    from mmseg.registry import MODELS
    MODELS.get('DepthClassifier')  # registers all else
    monkeypatch.setattr(MODELS, '_module_dict', dict(MODELS.module_dict))

    def run(name):
        path, code = EXAMPLES[name]
        module = types.ModuleType(path.removesuffix('.py').replace('/', '.'))
        module.__package__ = module.__name__.rpartition('.')[0]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(code, path, 'exec'), vars(module))
        return module

    return run


def test_the_example_of_a_loss_trains(example, build_model, make_batch):
    loss = example('loss').MarginLoss()
    logits = torch.tensor([[3.0, 1.0, 0.0], [0.0, 2.0, 1.5]], dtype=torch.float64, requires_grad=True)
    assert loss.per_pixel(logits, torch.tensor([0, 2])).tolist() == [0.0, 1.5]
    assert torch.autograd.gradcheck(lambda x: loss.per_pixel(x, torch.tensor([0, 2])), logits)
    model = build_model(decode_head=dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2),
                                         loss_decode=[dict(type='MarginLoss')]))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    values = []
    for _ in range(5):
        total = model(**model.data_preprocessor(make_batch(), training=True), mode='loss')['decode.loss_depth']
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        values.append(total.item())
    assert values[-1] < values[0]


def test_the_example_of_a_decoder_predicts(example, build_model, make_batch):
    module = example('decoder')
    model = build_model(decoder=dict(type='HarmonicDecoder')).eval()
    with torch.no_grad():
        sample, = model.test_step(make_batch(num=1))
        model.decoder = build_model(decoder=dict(type='ExpectationDecoder')).decoder
        mean, = model.test_step(make_batch(num=1))
    depth = sample.pred_depth_map.data
    assert depth.shape == (1, 32, 48) and (depth < mean.pred_depth_map.data).all()  # as every harmonic mean
    logits = np.log([0.25, 0.75])
    got = module.HarmonicDecoder()(torch.tensor(logits).view(1, 2, 1, 1), torch.tensor([2.0, 6.0]))
    assert got.item() == pytest.approx(1 / (0.25 / 2 + 0.75 / 6))
