"""What the pages of the documents take for given, made small: pictures, data sets, configs, weights, model files."""
import re
import shutil
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from document_snippets import ROOT
from small_data import random_units, write

SHIPPED = ROOT / 'mmdepthcls' / 'apis' / 'street_provisional.safetensors'
HALF = 'deeplabv2_r18_minidrive_sid71'
# A config of the reader's: small, on a MiniDrive of a few scenes.
OWN_CONFIG = f"""_base_ = 'mmdepthcls::{HALF}.py'
model = dict(backbone=dict(base_channels=8), decode_head=dict(in_channels=64))
train_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False)
val_dataloader = dict(num_workers=0, persistent_workers=False)
test_dataloader = dict(num_workers=0, persistent_workers=False)
"""
FEW = dict(num_train=4, num_val=2, num_test=2, workers=1, progress=False)


@cache
def streets(count):
    """Some scenes: images (RGB) and depth (m), 256 x 416, so that pixels that pages name are there."""
    from mmdepthcls.commands.minidrive import render, sample_scene
    return [render(sample_scene(np.random.default_rng(seed)), 256, 416)[:2] for seed in range(count)]


def put_pictures(folder):
    """Pictures, a folder of some, another tree of them, a film."""
    image, _ = streets(1)[0]
    image = image[..., ::-1]
    for name in ('street.png', 'street.jpg', 'photos/0.png', 'more/a/0.png'):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), cv2.resize(image, (416, 128)) if name.endswith('png') else image)
    film = cv2.VideoWriter(str(folder / 'film.mp4'), cv2.VideoWriter.fourcc(*'mp4v'), 5, (416, 256))
    for shift in range(3):
        film.write(np.roll(image, shift, axis=1))
    film.release()


def put_models(folder):
    """Model files. ``street.safetensors`` is small, so that it is exported soon."""
    for name in ('model.safetensors', 'street.safetensors'):
        shutil.copy(SHIPPED, folder / name)


def put_measurements(folder):
    """``points.csv``, and twenty images with depth in ``labelled/``."""
    lines = ['image,x,y,metres']
    for index, (image, depth) in enumerate(streets(20)):
        for part, pixels in (('image', image[..., ::-1]), ('depth', (depth * 256).clip(0, 65535).astype(np.uint16))):
            (folder / 'labelled' / part).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / f'labelled/{part}/{index}.png'), pixels)
        rows, columns = np.nonzero(depth > 0)
        place = len(rows) * 3 // 4
        row, column = rows[place], columns[place]
        lines.append(f'labelled/image/{index}.png,{column},{row},{depth[row, column]:.2f}')
    write(folder / 'points.csv', '\n'.join(lines) + '\n')


def put_folders(folder):
    """Depth maps, predictions and the truths that they are compared with, another program's data set, images with
    millimetres, NYU's tree."""
    from small_sets import write_nyu
    image, depth = streets(1)[0]
    for part in ('images', 'depth'):
        (folder / 'data' / 'theirs' / part / 'train').mkdir(parents=True)
    for index in range(12):
        cv2.imwrite(str(folder / f'data/theirs/images/train/{index}.jpg'), image[::2, :, ::-1])
        np.save(folder / f'data/theirs/depth/train/{index}.npy', depth[::2].astype(np.float32))
        small = np.random.default_rng(index).integers(0, 256, (96, 128, 3), np.uint8)
        write(folder / f'data/mine/image/{index:02d}.png', small)
        write(folder / f'data/mine/depth/{index:02d}.png',
              cv2.resize(np.random.default_rng(index).uniform(600, 9000, (6, 8)), (128, 96)).astype(np.uint16))
    for index in range(3):
        units = random_units(index, (48, 64), valid=1)
        write(folder / f'maps/{index}.png', units)
        (folder / 'out').mkdir(exist_ok=True)
        (folder / 'disparities').mkdir(exist_ok=True)
        np.save(folder / f'out/{index}.npy', (units / 256).astype(np.float32))
        np.save(folder / f'disparities/{index}.npy', (389.6 * 256 / units).astype(np.float32))
        write(folder / f'gt/{index}.png', units)
        write(folder / f'data/nyu/depth/{index}.png', (units / 256 * 1000).clip(0, 60000).astype(np.uint16))
        centimetres = (units / 256 * 100).astype(np.uint16)
        write(folder / f'data/synthia/Depth/{index}.png', np.stack([centimetres] * 3, axis=-1))
    for split in ('train', 'test'):
        write_nyu(folder / 'data' / 'nyu_depth_v2', split)


def put_minidrive(folder):
    """A MiniDrive of a few scenes, where the configs of this package look for it."""
    from mmdepthcls.commands.minidrive.writer import make_minidrive
    make_minidrive(folder / 'data' / 'minidrive', height=64, width=128, **FEW)


def put_worlds(folder):
    """The two worlds of MiniDrive between which models are adapted, likewise."""
    from mmdepthcls.commands.minidrive.writer import make_minidrive
    for world in ('source', 'target'):
        make_minidrive(folder / 'data' / f'minidrive_{world}', world=world, **FEW)


def put_weights(folder):
    """A reader's config, and weights of it and of two configs of this package, which know how often a bin is the right
    one and nothing else."""
    import torch
    from mmengine.config import Config
    from mmengine.registry import DefaultScope
    from mmseg.registry import MODELS
    write(folder / 'config.py', OWN_CONFIG)
    for config, names in ((folder / 'config.py', ['checkpoint.pth']), (ROOT / f'configs/{HALF}.py', [
            'weights.pth', 'work_dirs/demo/best_abs_rel_iter_600.pth']), (
                ROOT / 'configs/deeplabv2_r18_minidrive_source_sid71.py', ['SOURCE.pth'])):
        with DefaultScope.overwrite_default_scope('mmseg'):
            torch.manual_seed(0)
            model = MODELS.build(Config.fromfile(config).model)
        know_the_shares(model)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            torch.save(dict(state_dict=model.state_dict(), meta={}), folder / name)


def know_the_shares(model):
    """Give a model the logits that are right on average, whatever the picture."""
    import torch
    labels = np.concatenate([model.bins.encode(depth).ravel() for _, depth in streets(4)])
    counts = np.bincount(labels[labels < model.bins.num_bins], minlength=model.bins.num_bins) + 1.0
    layers = [layer for layer in model.decode_head.modules()
              if isinstance(layer, torch.nn.Conv2d) and layer.out_channels == model.bins.num_bins]
    with torch.no_grad():
        for layer in layers:  # DeepLab's are added
            layer.weight *= 0.1
            layer.bias.copy_(torch.from_numpy(np.log(counts / counts.sum()) / len(layers)))


# What is made for pages that hold the words.
MAKERS = {
    put_pictures: ('street.', 'photos', 'film.mp4'), put_models: ('model.safetensors', 'street.safetensors'),
    put_measurements: ('points.csv', 'labelled/'), put_minidrive: ('r18_minidrive', 'CONFIG'), put_worlds: ('SOURCE', ),
    put_folders: ('data/theirs', 'data/mine', 'FOLDER', 'data/nyu', 'disparities'),
    put_weights: ('CONFIG', 'weights.pth', 'SOURCE.pth', 'best_abs_rel_iter_600.pth'),
}


def make_stand_ins(text, folder):
    """Make what the code of a page takes for given, but for what it makes itself.

    Args:
        text (str): of its blocks that are run.
        folder (Path): where it runs.
    """
    if 'configs/' in text:  # pages that are read in the folder of the repository
        shutil.copytree(ROOT / 'configs', folder / 'configs')
    for make, words in MAKERS.items():
        if any(word in text for word in words):
            make(Path(folder))
    for made in re.findall(r'make-minidrive (\S+)', text):
        shutil.rmtree(folder / made, ignore_errors=True)
    for made in re.findall(r'mmdepthcls publish \S+ \S+ (\S+)', text):
        (folder / made).unlink(missing_ok=True)
