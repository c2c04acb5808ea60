"""Time training steps and predictions of a config's model on random images: milliseconds, images a second, memory."""
import argparse
import time

from ..running import arguments, program

WARM_UP = 3  # steps that are not timed


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=arguments.HelpWithDefaults)
    parser.add_argument('config', help='config file; pretrained weights are not loaded')
    arguments.add_config_options(parser)
    parser.add_argument('--size', type=int, nargs=2, default=(420, 800), metavar=('HEIGHT', 'WIDTH'), help='of images')
    parser.add_argument('--batch-size', type=int, default=3, help='images a training step')
    parser.add_argument('--valid', type=float, default=0.05, help='share of pixels that have depth')
    parser.add_argument('--steps', type=int, default=20, help='steps to time')
    parser.add_argument('--precision', nargs='+', choices=('float32', 'float16', 'bfloat16'), default=['float32'],
                        help='of autocast')
    program.add_arguments(parser)
    args = parser.parse_args()
    arguments.check_arguments(args)
    if not 0 < args.valid <= 1 or min(*args.size, args.batch_size, args.steps) < 1:
        parser.error('--valid must be in (0, 1], the others at least 1')
    return args


def main(args):
    import torch
    from mmengine.device import get_device
    from mmengine.registry import init_default_scope
    from mmseg.registry import MODELS

    from ..running.readiness import read_config
    with program.refusing():
        cfg = read_config(args.config, args.cfg_options)
        init_default_scope('mmseg')
        cfg.model.pretrained = None
        cfg.model.backbone.init_cfg = None
        device = get_device()
        model = MODELS.build(cfg.model).to(device)
    name = torch.cuda.get_device_name() if device == 'cuda' else device
    print(f'{args.config} on {name}, torch {torch.__version__}: {args.size[0]} x {args.size[1]} pixels, '
          f'{args.valid:.0%} of them with depth\n\n'
          '| | images | precision | ms | images/s | peak memory, MB |\n|---|---:|---|---:|---:|---:|')
    for precision in args.precision:
        dtype = getattr(torch, precision)
        for what, count, run in (('training step', args.batch_size, training_step(model, args, dtype, device)),
                                 ('prediction', 1, prediction(model, args, dtype, device))):
            seconds, memory = time_steps(run, args.steps, device)
            print(f'| {what} | {count} | {precision} | {seconds * 1e3:.1f} | {count / seconds:.1f} | {memory} |',
                  flush=True)


def random_batch(count, size, valid):
    """Random images with sparse depth, as a data loader gives them."""
    import torch
    from mmengine.structures import PixelData
    from mmseg.structures import SegDataSample
    generator = torch.Generator().manual_seed(0)
    batch = dict(inputs=[], data_samples=[])
    for _ in range(count):
        depth = torch.rand(1, *size, generator=generator) * 70 + 2
        sample = SegDataSample(metainfo=dict(img_path='random', ori_shape=tuple(size), img_shape=tuple(size)))
        sample.gt_depth_map = PixelData(data=depth * (torch.rand(depth.shape, generator=generator) < valid))
        batch['inputs'].append(torch.randint(0, 256, (3, *size), generator=generator, dtype=torch.uint8))
        batch['data_samples'].append(sample)
    return batch


def training_step(model, args, dtype, device):
    """A function that takes one step of SGD, with the way of a batch to the device."""
    import torch
    optimizer = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], lr=1e-6)
    scaler = torch.amp.GradScaler(device, enabled=dtype == torch.float16)
    batch = random_batch(args.batch_size, args.size, args.valid)

    def step():
        model.train()
        data = model.data_preprocessor(batch, True)
        with torch.autocast(device, dtype, enabled=dtype != torch.float32):
            loss, _ = model.parse_losses(model(**data, mode='loss'))
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    return step


def prediction(model, args, dtype, device):
    """A function that predicts the depth of one image."""
    import torch
    batch = random_batch(1, args.size, args.valid)

    def predict():
        model.eval()
        with torch.no_grad(), torch.autocast(device, dtype, enabled=dtype != torch.float32):
            model.test_step(batch)

    return predict


def time_steps(run, steps, device):
    """Median seconds of a call, and the peak of the GPU's memory in MB ('-' on a CPU)."""
    import torch
    seconds = []
    on_gpu = device == 'cuda'
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    for _ in range(WARM_UP + steps):
        start = time.perf_counter()
        run()
        if on_gpu:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    memory = f'{torch.cuda.max_memory_allocated() / 1e6:.0f}' if on_gpu else '-'
    return sorted(seconds[WARM_UP:])[steps // 2], memory


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
