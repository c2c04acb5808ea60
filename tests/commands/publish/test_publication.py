"""A model file is there when it predicts what its config and checkpoint do, and not before."""
import json

import pytest
import torch
from mmengine.config import Config

from mmdepthcls.apis import load_model, read_description
from mmdepthcls.commands.publish import publication as module
from mmdepthcls.commands.publish.publication import Publication, summary

pytestmark = pytest.mark.usefixtures('mmseg_scope')


@pytest.fixture
def make(build_model, small_model_cfg, tmp_path):
    def make(half=False, decode_at=None, **changes):
        model = build_model(**changes)
        torch.save(dict(state_dict=model.state_dict()), tmp_path / 'a.pth')
        return Publication.of(Config(dict(model=small_model_cfg(**changes))), tmp_path / 'a.pth', decode_at, half)

    return make


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_was_read_again_is_there(make, tmp_path):
    publication = make()
    written, difference = publication.write(tmp_path / 'a.safetensors', publication.describe())
    assert difference == 0 and written == read_description(tmp_path / 'a.safetensors')
    assert files(tmp_path) == ['a.pth', 'a.safetensors']
    text = summary('a.safetensors', written, difference)
    assert 'SIDBins' in text and written.tensors_sha256 in text and 'focal_px (give --focal-px)' in text


def test_half_precision_says_what_it_changes(make, tmp_path):
    publication = make(half=True)
    written, difference = publication.write(tmp_path / 'a.safetensors', publication.describe())
    assert 0 < difference < 0.01 and 'changes depth by up to' in summary('a', written, difference)


def test_a_file_that_predicts_something_else_is_never_there(make, tmp_path, monkeypatch):
    publication = make()

    def changed(path):
        model, description = load_model(path)
        for parameter in model.parameters():
            parameter.data += 0.1
        return model, description

    monkeypatch.setattr(module, 'load_model', changed)
    with pytest.raises(RuntimeError, match='nothing was written'):
        publication.write(tmp_path / 'a.safetensors', publication.describe())
    assert files(tmp_path) == ['a.pth']


@pytest.mark.parametrize('name', ['write_model_file', 'load_model'])
def test_a_full_disk_and_an_end_leave_nothing(name, make, tmp_path, monkeypatch):
    publication = make()
    for error, words in ((OSError(28, 'No space left on device'), r'No space left on device: .*a\.safetensors'),
                         (KeyboardInterrupt(), '')):
        monkeypatch.setattr(module, name, lambda *_, error=error: (_ for _ in ()).throw(error))
        with pytest.raises(type(error), match=words):
            publication.write(tmp_path / 'a.safetensors', publication.describe())
        assert files(tmp_path) == ['a.pth']


@pytest.mark.parametrize('linked', [True, False])
def test_what_came_meanwhile_is_kept(linked, make, tmp_path, monkeypatch):
    publication, out = make(), tmp_path / 'a.safetensors'
    if not linked:
        def refuse(*_):
            raise PermissionError(1, 'Operation not permitted')
        monkeypatch.setattr('os.link', refuse)
    description = publication.describe()
    out.write_text('other')
    with pytest.raises(OSError, match=r'a\.safetensors'):
        publication.write(out, description)
    assert out.read_text() == 'other' and files(tmp_path) == ['a.pth', 'a.safetensors']
    publication.write(out, description, replaces=True)
    assert read_description(out).bins == description.bins
    out.unlink()
    publication.write(out, description)
    assert files(tmp_path) == ['a.pth', 'a.safetensors']


def test_another_place_to_decode(make, tmp_path):
    publication = make(decode_at='logits')
    written, difference = publication.write(tmp_path / 'a.safetensors', publication.describe())
    assert written.decode_at == 'logits' and difference == 0
    assert 'is not known' in publication.cost_of_decode_at()
    with pytest.raises(ValueError, match="decode_at='logits' does not go with mode='slide'"):
        make(decode_at='logits', test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16)))


def test_nothing_of_this_machine_is_told(make, tmp_path):
    publication = make()
    text = publication.describe().to_json()
    assert str(tmp_path) not in text and json.loads(text)['provenance']['checkpoint'] == 'a.pth'


WEIGHTS = 'https://example.org/mit_b0.pth'


def publish_trained_with(build_model, cfg, options, path):
    trained = cfg.copy()
    trained.merge_from_dict(options)
    torch.save(dict(state_dict=build_model().state_dict(), meta=dict(cfg=trained.pretty_text)), path)
    return Publication.of(cfg, path)


@pytest.mark.parametrize(('options', 'began_with'), [
    ({}, WEIGHTS), ({'model.backbone.init_cfg': None}, None),
    ({'model.backbone.init_cfg.checkpoint': '/home/somebody/other.pth'}, 'other.pth'),
    ({'load_from': 'runs/iter_9.pth', 'model.backbone.init_cfg': None}, 'iter_9.pth'),
    ({'load_from': 'runs/iter_9.pth', 'resume': True}, WEIGHTS)])
def test_the_checkpoint_says_what_its_training_began_with(options, began_with, build_model, small_model_cfg, tmp_path):
    cfg = Config(dict(model=small_model_cfg()))
    cfg.merge_from_dict({'model.backbone.init_cfg': dict(type='Pretrained', checkpoint=WEIGHTS)})
    publication = publish_trained_with(build_model, cfg, options, tmp_path / 'a.pth')
    description = publication.describe()
    assert description.licenses == ((f'the training began with {began_with}: its terms', ) if began_with else ())
    assert description.provenance.get('began_with') == began_with
    assert any('was trained without' in remark for remark in publication.remarks) == (began_with != WEIGHTS)
