"""What ``benchmark`` times: samples, projection, scoring and losses, each beside what it stands in for."""
import ctypes
import multiprocessing
import os.path as osp
from collections import Counter
from functools import partial

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from mmseg.registry import DATASETS, METRICS, MODELS, TRANSFORMS
from mmseg.utils import register_all_modules

from ...datasets.files.depth_png import decode_depth_png
from ...datasets.velodyne import project_velodyne, read_calibration, read_scan
from ...evaluation.distance_bands import usual_bands
from .rounds import print_table, time_all

BINS = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)
# The training pipeline of configs/deeplabv2_r101_kitti_sid71.py on annotated ground truth, and what MMSegmentation's
# own transforms offer for the same work (they do not divide depth by the zoom, and interpolate it nowhere).
OURS = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    dict(type='RandomDepthWarp', crop_size=(420, 800), scale_range=(1.0, 1.5), max_angle=5.0, flip_prob=0.5,
         min_valid=0.01),
    dict(type='RandomColorGain'),
    dict(type='DepthToBinLabel', bins=BINS),
    dict(type='PackDepthInputs'),
]
STOCK = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    dict(type='RandomResize', scale=(1242, 375), ratio_range=(1.0, 1.5), keep_ratio=True),
    dict(type='RandomRotate', prob=1.0, degree=5.0, seg_pad_val=0),
    dict(type='RandomCrop', crop_size=(420, 800)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='DepthToBinLabel', bins=BINS),
    dict(type='PackSegInputs'),
]


def time_everything(root, rounds):
    """Time all, on one thread, and print a table of each.

    Args:
        root (str): folder of KITTI.
        rounds (int): how often.
    """
    register_all_modules()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    np.random.seed(0)
    time_pipelines(root, rounds)
    time_projection(root, rounds)
    time_scoring(root, rounds)
    time_losses(max(1, rounds // 4))


def reference_projection(scan, projection, shape):
    """The evaluation code of Godard et al. (2017) step by step in NumPy: every point is projected, and each pixel that
    is hit more than once is searched for."""
    points = np.fromfile(scan, np.float32).reshape(-1, 4)
    points = points[points[:, 0] >= 0]
    depth = points[:, 0].copy()
    points[:, 3] = 1
    u, v, z = projection @ points.T
    u, v = np.round(u / z) - 1, np.round(v / z) - 1
    inside = (u >= 0) & (v >= 0) & (u < shape[1]) & (v < shape[0])
    u, v, depth = u[inside].astype(int), v[inside].astype(int), depth[inside]
    depth_map = np.zeros(shape)
    depth_map[v, u] = depth
    index = v * (shape[1] - 1) + u - 1
    for shared in [value for value, count in Counter(index).items() if count > 1]:
        points = np.where(index == shared)[0]
        depth_map[v[points[0]], u[points[0]]] = depth[points].min()
    return depth_map


def time_pipelines(root, rounds):
    samples = _samples(root, 'annotated')
    pipelines = {name: [TRANSFORMS.build(step) for step in steps] for name, steps in (('ours', OURS), ('stock', STOCK))}

    def decode():
        for sample in samples:
            for key in ('img_path', 'depth_map_path'):
                cv2.imdecode(np.fromfile(sample[key], np.uint8), cv2.IMREAD_UNCHANGED)

    def run(name):
        for sample in samples:
            results = dict(sample, seg_fields=[])
            for step in pipelines[name]:
                results = step(results)

    seconds = time_all({
        'decoding the two PNGs': decode,
        'whole training pipeline': lambda: run('ours'),
        "the same work by MMSegmentation's transforms": lambda: run('stock'),
    }, rounds)
    print_table(f'Training samples, {len(samples)} frames', {name: s / len(samples) for name, s in seconds.items()},
                'decoding the two PNGs')


def time_projection(root, rounds):
    sample = _samples(root, 'velodyne')[0]
    shape = cv2.imread(sample['img_path']).shape[:2]
    calibration = read_calibration(sample['calibration_folder'], sample['camera'])
    scan = sample['velodyne_path']
    reference = reference_projection(scan, calibration.projection, shape)
    same = np.array_equal(reference.astype(np.float32),
                          project_velodyne(read_scan(scan), calibration, shape, 'monodepth'))
    seconds = time_all({
        'the published algorithm in NumPy': lambda: reference_projection(scan, calibration.projection, shape),
        **{f'project_velodyne, {convention}': lambda convention=convention: project_velodyne(
            read_scan(scan), calibration, shape, convention) for convention in ('kitti', 'monodepth')},
    }, rounds)
    print_table(f'One scan into {shape[0]} x {shape[1]} pixels, with reading it; monodepth equals the published '
                f'algorithm pixel for pixel: {same}', seconds, 'the published algorithm in NumPy')


def time_scoring(root, rounds):
    sample = _samples(root, 'annotated')[0]
    with open(sample['depth_map_path'], 'rb') as file:
        gt = decode_depth_png(file.read(), sample['depth_map_path'])
    pred = np.where(gt > 0, gt, 20) * np.random.lognormal(0, 0.1, gt.shape)
    fields = {name: dict(data=torch.from_numpy(depth.astype(np.float32))[None])
              for name, depth in (('pred_depth_map', pred), ('gt_depth_map', gt))}

    def process(metric):
        metric.results.clear()
        metric.process({}, [dict(fields, img_path=sample['img_path'])])

    eight = [dict(name=f'{region} {cap:g}', region=region, max_depth=cap)
             for region in (None, 'garg', 'eigen', 'kb_garg') for cap in (50.0, 80.0)]
    metrics = {
        "MMSegmentation's DepthMetric": METRICS.build(dict(type='DepthMetric')),
        "DepthEvaluator, crop='garg'": METRICS.build(dict(type='DepthEvaluator', crop='garg')),
        'DepthEvaluator, no crop': METRICS.build(dict(type='DepthEvaluator')),
        'DepthEvaluator, eight protocols': METRICS.build(dict(type='DepthEvaluator', protocols=eight)),
        'DepthEvaluator, no crop, distance bands': METRICS.build(dict(type='DepthEvaluator', bands=usual_bands())),
    }
    seconds = time_all({name: lambda metric=metric: process(metric) for name, metric in metrics.items()}, rounds)
    print_table(f'Scoring one image, {np.count_nonzero(gt)} of {gt.size} pixels with ground truth', seconds,
                "MMSegmentation's DepthMetric")


def time_losses(rounds):
    """Forward and backward of the logits of one crop at output stride 8."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 71, 53, 100, generator=generator, requires_grad=True)
    cross_entropy = MODELS.build(dict(type='CrossEntropyLoss', avg_non_ignore=True))
    sparse = MODELS.build(dict(type='SparseCrossEntropyLoss'))

    def upsample_first(values, label):
        return cross_entropy(F.interpolate(values, label.shape[1:], mode='bilinear'), label, ignore_index=255)

    def gradient(loss, label):
        return torch.autograd.grad(loss(logits, label), logits)[0]

    for share in (0.05, 0.3, 1.0):
        label = torch.randint(0, 71, (1, 420, 800), generator=generator)
        label[torch.rand(label.shape, generator=generator) >= share] = 255

        functions = {
            'upsample, then CrossEntropyLoss': partial(gradient, upsample_first, label),
            'SparseCrossEntropyLoss': partial(gradient, sparse, label),
        }
        first, second = (function() for function in functions.values())
        title = (f'Loss and gradient, 71 x 420 x 800, {share:.0%} valid pixels; gradients differ by '
                 f'{(first - second).abs().max() / first.abs().max():.1e} of the largest')
        memory = {name: _peak_memory(function) for name, function in functions.items()}
        print_table(title, time_all(functions, rounds), 'upsample, then CrossEntropyLoss')
        base = memory['upsample, then CrossEntropyLoss']
        print('\n| | extra peak memory, MB | ratio |\n|---|---:|---:|')
        for name, value in memory.items():
            print(f'| {name} | {value / 1e6:.1f} | {value / base:.2f} |')


def _peak_memory(function):
    """Bytes by which the peak of a process that runs the function exceeds what it held before (Linux, glibc)."""

    def status(key):
        with open('/proc/self/status') as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(key))

    def measure(connection):
        ctypes.CDLL(None).malloc_trim(0)  # what earlier runs have freed is not free memory to use now
        with open('/proc/self/clear_refs', 'w') as file:
            file.write('5')  # the peak starts anew
        before = status('VmRSS')
        function()
        connection.send(status('VmHWM') - before)

    context = multiprocessing.get_context('fork')  # nothing else runs in the child
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=measure, args=(sender, ))
    process.start()
    result = receiver.recv()
    process.join()
    return result


def _samples(root, ground_truth):
    dataset = DATASETS.build(dict(type='KITTIDepthDataset', data_root=osp.expanduser(root), ground_truth=ground_truth))
    return [dataset.get_data_info(index) for index in range(min(len(dataset), 10))]
