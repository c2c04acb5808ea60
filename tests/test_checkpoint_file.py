"""Checkpoints are read as data: what is honest comes out, and of what is planted nothing runs."""
import os
import pickle
import zipfile
from collections import Counter, OrderedDict
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from script_process import run_code

from mmdepthcls import checkpoint_file
from mmdepthcls.checkpoint_file import CheckpointFileError, ScalarHistory, read_checkpoint, weights_of

FORMATS = ('zip', 'old')


def save(content, path, kind='zip'):
    torch.save(content, path, _use_new_zipfile_serialization=kind == 'zip')
    return path


def code_of(value):
    """Operations that make a value, of a pickle of protocol 2."""
    return pickle.dumps(value, 2)[2:-1]


def call(name, *arguments):
    """Operations that call what has this name, whether it can be imported or not."""
    module, _, name = name.rpartition('.')
    return (f'c{module}\n{name}\n'.encode() + b'(' + b''.join(each if isinstance(each, bytes) else code_of(each)
                                                             for each in arguments) + b'tR')


def name(text):
    """Operations that look a name up and call nothing."""
    module, _, last = text.rpartition('.')
    return f'c{module}\n{last}\n'.encode()


def write(code, path, kind='zip'):
    """A file as torch.save writes it, with a pickle of one's own: {'a': code}."""
    content = b'\x80\x02}' + code_of('a') + code + b's.'
    if kind == 'zip':
        with zipfile.ZipFile(path, 'w') as archive:
            archive.writestr('archive/data.pkl', content)
            archive.writestr('archive/version', b'3\n')
            archive.writestr('archive/byteorder', b'little')
        return path
    parts = [pickle.dumps(each, 2) for each in (0x1950a86a20f9469cfc6c, 1001, dict(
        protocol_version=1001, little_endian=True, type_sizes=dict(short=2, int=4, long=4)))]
    path.write_bytes(b''.join([*parts, content, pickle.dumps([], 2)]))
    return path


CANARY = 'canary'
TOUCH = f'touch {CANARY}'
PYTHON = f'open({CANARY!r}, "w")'
HISTORY = name('mmengine.logging.history_buffer.HistoryBuffer')
# What is planted, and what the message names (of several: one).
PLANTED = {
    'a shell': (call('os.system', TOUCH), 'os.system'),
    'the same by its other name': (call('posix.system', TOUCH), 'posix.system'),
    'Python 2': (call('__builtin__.eval', PYTHON), 'builtins.eval'),
    'eval': (call('builtins.eval', PYTHON), 'builtins.eval'),
    'exec': (call('builtins.exec', PYTHON), 'builtins.exec'),
    'open': (call('builtins.open', CANARY, 'w'), 'builtins.open'),
    'io': (call('io.open', CANARY, 'w'), 'io.open'),
    'import': (call('builtins.__import__', 'os'), 'builtins.__import__'),
    'importlib': (call('importlib.import_module', 'antigravity'), 'importlib.import_module'),
    'a process': (call('subprocess.Popen', ['touch', CANARY]), 'subprocess.Popen'),
    'a second pickle': (call('pickle.loads', b'B\x00\x00\x00\x00'), 'pickle.loads'),
    'runpy': (call('runpy.run_path', CANARY), 'runpy.run_path'),
    'partial': (call('functools.partial', name('os.system'), TOUCH), 'functools.partial'),
    'attrgetter': (call('operator.attrgetter', 'system'), 'operator.attrgetter'),
    'methodcaller': (call('operator.methodcaller', 'system', TOUCH), 'operator.methodcaller'),
    'code': (call('types.CodeType'), 'types.CodeType'),
    'a function of code': (call('types.FunctionType'), 'types.FunctionType'),
    'marshal': (call('marshal.loads', b'\x43\x00'), 'marshal.loads'),
    'copyreg': (call('copyreg._reconstructor', name('builtins.object'), name('builtins.object'), None),
                'copyreg._reconstructor'),
    'an extension of copyreg': (b'\x82\x01', 'copyreg extension 1'),
    'NumPy runs a string': (call('numpy.testing._private.utils.runstring', PYTHON, {}), 'runstring'),
    'NumPy loads a file': (call('numpy.load', CANARY, None, True), 'numpy.load'),
    'torch loads a file': (call('torch.load', CANARY), 'torch.load'),
    'torch loads a second pickle': (call('torch.storage._load_from_bytes', b'B\x00\x00\x00\x00'), '_load_from_bytes'),
    'TorchScript': (call('torch.jit.load', CANARY), 'torch.jit.load'),
    'torch.hub': (call('torch.hub.load', CANARY, 'x'), 'torch.hub.load'),
    'a tensor of any class': (call('torch._tensor._rebuild_from_type_v2', name('os.system'), name('torch.Tensor'),
                                   (TOUCH, ), None), 'torch._tensor._rebuild_from_type_v2'),
    'a tensor of any size': (call('torch.Tensor', 1 << 40), 'torch.Tensor'),
    'memory': (call('builtins.bytearray', 1 << 40), 'builtins.bytearray'),
    'MMEngine evaluates a config': (call('mmengine.config.Config.fromstring', PYTHON, '.py'), 'fromstring'),
    'MMEngine imports a name': (call('mmengine.utils.get_object_from_string', 'os.system'), 'get_object_from_string'),
    'an object of old': (b'(ios\nsystem\n', 'os.system'),
    'the name of a later protocol': (code_of('os') + code_of('system') + b'\x93', 'os.system'),
}
# What is planted with names that honest files have.
TURNED = {
    'getattr of a module': call('builtins.getattr', call('torch.Size', [1]), '__class__'),
    'getattr of a history': call('builtins.getattr', HISTORY, '__init__'),
    'getattr by getattr': call('builtins.getattr', call('builtins.getattr', HISTORY, 'min'), '__globals__'),
    'objects in an array': call('numpy.dtype', 'O8', False, True),
    'fields in an array': call('numpy.dtype', 'V8', False, True),
    'a number without bytes': call('numpy.core.multiarray.scalar', call('numpy.dtype', 'f8', False, True), 'eight'),
    'an array of a class': call('numpy.core.multiarray._reconstruct', HISTORY, (0, ), 'b'),
    'an array that is never filled': call('numpy.core.multiarray._reconstruct', name('numpy.ndarray'), (0, ), 'b'),
    'an array larger than its bytes': (
        call('numpy.core.multiarray._reconstruct', name('numpy.ndarray'), (0, ), 'b') + b'(' + code_of(1)
        + code_of((1 << 40, )) + call('numpy.dtype', 'f8', False, True) + b'\x89'
        + call('_codecs.encode', 'xxxxxxxx', 'latin1') + b'tb'),
    'a class itself': name('numpy.ndarray'),
    'a function itself': name('builtins.getattr'),
    'bytes that are none': call('builtins.bytes', 1 << 40),
    'a history of texts': HISTORY + b')\x81' + code_of(dict(_log_history='a', _count_history='b')) + b'b',
    'a dict with attributes': call('collections.OrderedDict') + code_of([1]) + b'b',
}


@pytest.mark.parametrize('kind', FORMATS)
@pytest.mark.parametrize('planted', PLANTED)
def test_what_is_planted_is_refused_by_name(planted, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, named = PLANTED[planted]
    path = write(code, tmp_path / 'weights.pth', kind)
    with pytest.raises(CheckpointFileError, match=r'weights\.pth is refused: it asks for .*Nothing of it was') as error:
        read_checkpoint(path)
    assert named in str(error.value)
    # The second reader alone refuses it too.
    monkeypatch.setattr(checkpoint_file, '_collect_names', lambda *_: None)
    if 'of any size' not in planted and planted != 'memory':  # which torch allows
        with pytest.raises(CheckpointFileError, match=r'weights\.pth'):
            read_checkpoint(path)
    assert not os.path.exists(CANARY)


@pytest.mark.parametrize('kind', FORMATS)
@pytest.mark.parametrize('turned', TURNED)
def test_names_of_honest_files_do_nothing_else(turned, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointFileError, match=r'weights\.pth'):
        read_checkpoint(write(TURNED[turned], tmp_path / 'weights.pth', kind))
    assert not os.path.exists(CANARY)


def test_a_plain_pickle_is_refused_by_what_it_names(tmp_path):
    path = tmp_path / 'weights.pth'
    path.write_bytes(b'\x80\x02' + PLANTED['a shell'][0] + b'.')
    with pytest.raises(CheckpointFileError, match=r'asks for os\.system'):
        read_checkpoint(path)


def test_the_table_is_dangerous(tmp_path, monkeypatch):
    """What it holds runs where it is believed."""
    monkeypatch.chdir(tmp_path)
    for planted in ('a shell', 'eval', 'open', 'NumPy runs a string', 'Python 2'):
        write(PLANTED[planted][0], tmp_path / 'weights.pth')
        torch.load(tmp_path / 'weights.pth', weights_only=False)
        os.remove(CANARY)


@pytest.mark.parametrize('kind', FORMATS)
def test_what_mmengine_saves_comes_out(kind, tmp_path):
    from mmengine.logging import HistoryBuffer, MessageHub
    hub = MessageHub.get_instance('of_a_test')
    for value in (3.0, 1.0, 2.5):
        hub.update_scalar('train/loss', value, count=2)
    hub.update_info('best', np.float64(0.25))
    hub.update_info('random', np.random.RandomState(3).get_state())
    content = dict(
        meta=dict(epoch=1, iter=20, seed=None, cfg='model = 1', dataset_meta=dict(classes=('depth', ), palette=[[1]])),
        state_dict=OrderedDict(weight=torch.arange(6.0).reshape(2, 3).t(), count=torch.tensor(7),
                               half=torch.ones(2, dtype=torch.float16)),
        message_hub=hub.state_dict(), empty=HistoryBuffer(), counts=Counter([1, 1, 2]), kinds={torch.float16, 1, 'a'},
        param_schedulers=[dict(milestones=Counter({3: 1}), last_step=2)], size=torch.Size([1, 2]), nothing=b'',
        device=torch.device('cpu'), complex=torch.ones(2, dtype=torch.complex64))
    content['tied'] = content['state_dict']['weight']
    got = read_checkpoint(save(content, tmp_path / 'a.safetensors', kind))  # whatever it is called
    history = got['message_hub']['log_scalars']['train/loss']
    assert isinstance(history, ScalarHistory) and history.log_history.tolist() == [3.0, 1.0, 2.5]
    assert history.count_history.tolist() == [2, 2, 2] and len(got['empty'].log_history) == 0
    info = got['message_hub']['runtime_info']
    assert info['best'] == 0.25 and type(info['best']) is np.float64
    assert np.array_equal(info['random'][1], np.random.RandomState(3).get_state()[1])
    for key in ('meta', 'counts', 'kinds', 'param_schedulers', 'size', 'nothing', 'device'):
        assert got[key] == content[key] and type(got[key]) is type(content[key])
    for key, value in content['state_dict'].items():
        assert torch.equal(got['state_dict'][key], value) and got['state_dict'][key].dtype == value.dtype
    assert got['tied'].data_ptr() == got['state_dict']['weight'].data_ptr()
    assert weights_of(got, 'a') == got['state_dict']


@given(hnp.arrays(st.one_of(hnp.integer_dtypes(endianness='?'), hnp.floating_dtypes(endianness='?'),
                            hnp.boolean_dtypes(), hnp.complex_number_dtypes(sizes=(64, 128))),
                  hnp.array_shapes(min_dims=0, min_side=0)), st.booleans())
def test_arrays_come_out_as_numpy_reads_them(array, transposed):
    array = array.T if transposed else array
    with TemporaryDirectory() as folder:
        got = read_checkpoint(save(dict(array=array, scalar=array.flat[0] if array.size else 0), f'{folder}/a.pth'))
    assert got['array'].dtype == array.dtype.newbyteorder('=') and got['array'].shape == array.shape
    assert np.array_equal(got['array'], array, equal_nan=array.dtype.kind in 'fc')


def test_attributes_of_tensors_and_dicts_stay_behind(tmp_path):
    parameter = torch.nn.Parameter(torch.ones(2))
    weights = OrderedDict(a=parameter)
    weights._metadata = dict(version=1)
    got = read_checkpoint(save(dict(state_dict=weights), tmp_path / 'a.pth'))['state_dict']
    assert type(got['a']) is torch.Tensor and not got['a'].requires_grad and not vars(got)


def test_what_others_allow_is_not_allowed_here_and_stays_theirs(tmp_path):
    class Theirs:
        pass
    path = save(dict(state_dict=dict(a=torch.ones(1)), other=1), tmp_path / 'a.pth')
    planted = write(call(f'{Theirs.__module__}.{Theirs.__qualname__}'), tmp_path / 'b.pth')
    with torch.serialization.safe_globals([Theirs]):
        before = set(torch.serialization.get_safe_globals())
        read_checkpoint(path)
        with pytest.raises(CheckpointFileError, match='Theirs'):
            read_checkpoint(planted)
        assert Theirs in before and set(torch.serialization.get_safe_globals()) == before


@pytest.mark.parametrize('kind', FORMATS)
def test_a_damaged_file_is_a_message(kind, tmp_path):
    path = save(dict(state_dict=dict(a=torch.ones(100)), meta={}), tmp_path / 'a.pth', kind)
    content = path.read_bytes()
    for damaged in (content[:-200], content[:len(content) // 2], content[:20], b'', b'\x80', b'PK\x03\x04', b'no',
                    b'./a'):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointFileError, match=r'a\.pth'):
            read_checkpoint(path)
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / 'none.pth')


def test_nesting_has_an_end(tmp_path):
    deep = b'}' + code_of('a') + b'}' + b''.join(code_of('a') + b'}' for _ in range(20000)) + b's' * 20001
    within = b']q\x01h\x01a'
    wide = []
    for _ in range(40):
        wide = [wide, wide]
    for code in (deep, within):
        with pytest.raises(CheckpointFileError, match='nested'):
            read_checkpoint(write(code, tmp_path / 'a.pth'))
    assert read_checkpoint(write(code_of(wide), tmp_path / 'a.pth'))['a']  # 2**40 lists, most of which are the same


def test_archives_that_torch_does_not_write_are_refused(tmp_path):
    path = tmp_path / 'a.pth'
    for files, compression, words in ((['archive/data.pkl'], zipfile.ZIP_DEFLATED, 'is compressed'),
                                      (['a/constants.pkl', 'a/data.pkl'], zipfile.ZIP_STORED, 'TorchScript'),
                                      (['a/readme.txt'], zipfile.ZIP_STORED, r'without data\.pkl')):
        with zipfile.ZipFile(path, 'w', compression) as archive:
            for each in files:
                archive.writestr(each, pickle.dumps({}, 2))
        with pytest.raises(CheckpointFileError, match=words):
            read_checkpoint(path)


@pytest.mark.parametrize('content', [[1], torch.ones(1), dict(state_dict=dict(a=1)), dict(state_dict={}), dict(a=1)])
def test_a_file_without_weights_is_refused(content, tmp_path):
    path = save(content, tmp_path / 'a.pth')
    with pytest.raises(CheckpointFileError, match=r'a\.pth holds'):
        weights_of(read_checkpoint(path), path)


@pytest.mark.long
def test_it_loads_no_host(tmp_path):
    path = save(dict(state_dict=dict(a=torch.ones(1))), tmp_path / 'a.pth')
    code = (f'import sys; from mmdepthcls.checkpoint_file import read_checkpoint; read_checkpoint({str(path)!r}); '
            'print({"mmengine", "mmcv", "mmseg"} & set(sys.modules))')
    result = run_code(code)
    assert result.stdout.split() == ['set()'], result.stderr
