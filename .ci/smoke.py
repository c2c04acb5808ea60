"""Tries an installed package as its users do: every step is a command line, in an empty folder, and leaves something.

Usage: PYTHON .ci/smoke.py [N]   (the Python of the environment that has the package; nothing of the repository is used.
N: only the first N steps)
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = Path(sys.executable).with_name('mmdepthcls')
NAME = 'deeplabv2_r18_minidrive_sid71'
SHORT = ['--cfg-options', 'train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'param_scheduler.1.end=50',
         'train_dataloader.batch_size=2', 'default_hooks.checkpoint.interval=2']
# (a command, a file that it leaves or None, words that it prints or None)
STEPS = [
    ([PROGRAM, '--version'], None, 'mmdepthcls '),
    ([PROGRAM, '--help'], None, 'make-config'),
    ([PROGRAM, 'make-minidrive', 'data/minidrive', '--train', '4', '--val', '2', '--test', '2'],
     'data/minidrive/train.txt', None),
    ([PROGRAM, 'predict', 'data/minidrive/image/test', '--out', 'metres', '--save', 'png', 'color', 'ply'],
     'metres/*.ply', None),
    ([PROGRAM, 'train', NAME, *SHORT], f'work_dirs/{NAME}/iter_2.pth', None),
    ([PROGRAM, 'test', NAME, f'work_dirs/{NAME}/iter_2.pth'], None, 'abs_rel'),
    ([PROGRAM, 'publish', NAME, f'work_dirs/{NAME}/iter_2.pth', 'own.safetensors'], 'own.safetensors', None),
    ([PROGRAM, 'export', 'own.safetensors', '--out', 'own.onnx', '--size', '64', '128'], 'own.onnx', None),
    ([sys.executable, '-c', 'from mmdepthcls.apis import DepthInferencer as D; import glob; '
      'print(D("own.safetensors")(glob.glob("data/minidrive/image/test/*")[0]).depth.shape)'], None, '(128, 416)'),
    ([PROGRAM, 'app', '--help'], None, '--port'),
    ([sys.executable, '-c', 'import mmdepthcls.commands.app.page, mmdepthcls.commands.app.server'], None, None),
    ([PROGRAM, 'make-config', 'segformer_mit-b0_8xb2-160k_ade20k-512x512', '--dataset', 'folder', '--data-root',
      'data/minidrive', '--out', 'mine.py'], 'mine.py', None),
]


def run(command, leaves, says, folder):
    """Run a step in a folder; raises with what it said if it fails or leaves or prints something else."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(('PYTHON', 'MMDEPTHCLS'))}
    done = subprocess.run([str(word) for word in command], cwd=folder, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900)
    called = ' '.join(str(word) for word in command)
    if done.returncode:
        raise RuntimeError(f'{called}\nended with status {done.returncode}:\n{done.stdout[-3000:]}')
    if leaves and not any(Path(folder).rglob(Path(leaves).name)):
        raise RuntimeError(f'{called}\nleft no {leaves}:\n{done.stdout[-3000:]}')
    if says and says not in done.stdout:
        raise RuntimeError(f'{called}\ndid not say {says!r}:\n{done.stdout[-3000:]}')


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS[:int(sys.argv[1]) if sys.argv[1:] else None]:
            print('$', *(Path(word).name if word is step[0][0] else word for word in step[0]), flush=True)
            try:
                run(*step, folder)
            except RuntimeError as error:
                sys.exit(f'{error}')
