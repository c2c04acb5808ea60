"""What ``benchmark-crf`` times."""
import multiprocessing
import time

import cv2
import numpy as np
import torch

from ...crf.dense_crf import dense_crf
from ...markdown_table import markdown_table
from ..minidrive import render, sample_scene
from ..running import program

try:
    import pydensecrf.densecrf as reference
except ImportError:
    reference = None
PROGRAMS = ('dense_crf', 'pydensecrf2')


def make_inputs(args):
    """Probabilities (K, H, W) float32 around a noisy depth that falls from top to bottom, and an image (H, W, 3)."""
    if args.image:
        image = cv2.imread(args.image)
        if image is None:
            raise program.UsageError(f'{args.image}: not a picture that OpenCV reads')
        image = np.ascontiguousarray(image[..., ::-1])
    else:
        image = render(sample_scene(np.random.default_rng(0)), *args.size)[0]
    height, width = image.shape[:2]
    y, x = np.meshgrid(np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32), indexing='ij')
    noise = np.random.default_rng(0).normal(0, 2, (height, width)).astype(np.float32)
    center = args.labels * (0.9 - 0.8 * y / height + 0.1 * np.sin(x / 37)) + noise
    probabilities = np.empty((args.labels, height, width), np.float32)
    for label in range(args.labels):
        probabilities[label] = np.exp(-np.abs(label - center) / 3) + 1e-4
    return np.divide(probabilities, probabilities.sum(0), out=probabilities), image


def run_ours(probabilities, image, args, iterations):
    cost = dict(compatibility='linear', truncation=args.linear) if args.linear else {}
    result = dense_crf(torch.from_numpy(probabilities)[None].to(args.device),
                       torch.from_numpy(image).permute(2, 0, 1)[None].to(args.device), iterations=iterations,
                       appearance_width=args.appearance_width, color_width=args.color_width, **cost)
    return result[0].cpu().numpy()


def run_reference(probabilities, image, args, iterations):
    labels, height, width = probabilities.shape
    cost = 1.
    if args.linear:
        label = np.arange(labels)
        cost = (np.minimum(np.abs(label[:, None] - label), args.linear) / args.linear).astype(np.float32)
    crf = reference.DenseCRF2D(width, height, labels)
    unary = np.log(probabilities.reshape(labels, -1))
    crf.setUnaryEnergy(np.negative(unary, out=unary))
    crf.addPairwiseGaussian(3., 3. * cost)
    crf.addPairwiseBilateral(args.appearance_width, args.color_width, image, 10. * cost)
    return np.array(crf.inference(iterations), copy=False).reshape(labels, height, width)


def peak_memory(function, threads):
    """MB that a call adds, at most, to what a fresh process has; read in a child."""

    def status(key):
        with open('/proc/self/status') as file:
            return next(int(line.split()[1]) for line in file if line.startswith(f'{key}:')) / 1024

    def measure(connection):
        torch.set_num_threads(threads)
        before = status('VmRSS')
        function()
        connection.send(status('VmHWM') - before)

    context = multiprocessing.get_context('fork')
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=measure, args=(sender, ))
    process.start()
    sender.close()
    try:
        return receiver.recv()
    finally:
        process.join()


def peak_on_gpu(function):
    """MB that a call takes on the GPU, at most."""
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    function()
    return (torch.cuda.max_memory_allocated() - before) / 1e6


def time_all(runs, args):
    """Median wall and CPU seconds of each run with one iteration, and of each further one; and the last results. Runs
    take turns, so that a slow moment of the machine meets all of them."""
    seconds, results = {name: [] for name in runs}, {}
    for _ in range(args.rounds):
        for name, run in runs.items():
            for iterations in (1, 1 + args.iterations):
                start = time.perf_counter(), time.process_time()
                results[name] = run(iterations)
                seconds[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    pairs = {name: np.reshape(values, (args.rounds, 2, 2)) for name, values in seconds.items()}
    return {name: (np.median(pair[:, 0], axis=0), np.median((pair[:, 1] - pair[:, 0]) / args.iterations, axis=0))
            for name, pair in pairs.items()}, results


def compare(args):
    """Time both, and print tables.

    Args:
        args (argparse.Namespace): of the command.

    Raises:
        UsageError: for a device or a picture that is not there.
    """
    device = args.device = args.device or ('cuda' if torch.cuda.is_available() else 'cpu')
    if device.startswith('cuda') and not torch.cuda.is_available():
        raise program.UsageError(f'--device {device}: torch finds no GPU here')
    args.threads = args.threads or torch.get_num_threads()
    probabilities, image = make_inputs(args)
    runs = {name: lambda iterations, run=run: run(probabilities, image, args, iterations)
            for name, run in zip(PROGRAMS, (run_ours, run_reference if reference else None), strict=True) if run}
    print(f'{args.labels} x {image.shape[0]} x {image.shape[1]}, {args.threads} thread(s), device {args.device}')
    # First of all: a child of a process whose threads have worked could hang.
    memory = {name: peak_memory(lambda run=run: run(2), args.threads) if device == 'cpu' else peak_on_gpu(
        lambda run=run: run(2)) for name, run in runs.items()}
    torch.set_num_threads(args.threads)
    seconds, results = time_all(runs, args)

    lines = [['', 'setup and first iteration, s (CPU s)', 'each further iteration, s (CPU s)', 'peak memory, MB']]
    lines += [[name, *(f'{wall:.4f} ({cpu:.4f})' for wall, cpu in rows), f'{memory[name]:.0f}']
              for name, rows in seconds.items()]
    if reference:
        ratios = [ours / theirs for ours, theirs in zip(*(seconds[name] for name in PROGRAMS), strict=True)]
        lines.append(['ratio', *(f'{wall:.2f} ({cpu:.2f})' for wall, cpu in ratios),
                      f'{memory[PROGRAMS[0]] / memory[PROGRAMS[1]]:.2f}'])
    print(f'\n{markdown_table(lines)}')
    if not reference:
        print('\npip install pydensecrf2 to compare with the C++ code')
        return
    ours, theirs = (results[name] for name in PROGRAMS)
    print(f'\nafter {1 + args.iterations} iterations: max |dQ| {np.abs(ours - theirs).max():.1e}, equal argmax at '
          f'{(ours.argmax(0) == theirs.argmax(0)).mean():.4%} of the pixels')
