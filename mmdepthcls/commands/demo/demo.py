"""The whole way on a bare machine: make MiniDrive, train, test, print the table beside baselines, write pictures."""
import argparse
import json
import os
import os.path as osp
import time
from glob import glob
from pathlib import Path
from types import SimpleNamespace

from ...atomic_file import write_atomically
from ...checkpoint_writer import POINTER
from ...evaluation.errors import PRINTED_NAMES
from ...evaluation.metrics_table import metrics_table
from ...json_text import json_text
from ..running import arguments, program

EPILOG = ('It can be stopped (Ctrl-C) and run again: it goes on where it stopped. A finished demo prints its table '
          'again. With other settings, or --restart, it trains anew.')
CONFIG = 'deeplabv2_r18_minidrive_sid71'
STATE = 'demo.json'  # settings, and what is done
SAVE_EVERY, SAY_EVERY = 50, 30  # iterations
BLACK = 'Black: no depth is known there, such as in the sky.'


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=arguments.HelpWithDefaults)
    parser.add_argument('--config', default=CONFIG, help='config of a model on MiniDrive: its file or, of this '
                        'package, its name')
    parser.add_argument('--data', default='data/minidrive', help='folder of MiniDrive; made where it is missing')
    parser.add_argument('--work-dir', default='work_dirs/demo', help='folder for logs, checkpoints and pictures')
    parser.add_argument('--iterations', type=int, help='train for fewer (or more) iterations than the config says')
    parser.add_argument('--scenes', type=int, nargs=3, default=[480, 40, 80], metavar=('TRAIN', 'VAL', 'TEST'),
                        help='scenes of MiniDrive')
    parser.add_argument('--size', type=int, nargs=2, default=[128, 416], metavar=('HEIGHT', 'WIDTH'),
                        help='pixels of MiniDrive')
    parser.add_argument('--pictures', type=int, default=4, help='test images on the sheet')
    parser.add_argument('--restart', action='store_true', help='train anew what is trained already')
    program.add_arguments(parser)
    args = parser.parse_args()
    for name in ('iterations', 'pictures'):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            parser.error(f'--{name} must be at least 1, got {getattr(args, name)}')
    if min(*args.scenes, *args.size) < 1:
        parser.error('--scenes and --size must be at least 1')
    arguments.check_arguments(args)
    arguments.check_folder('--data', args.data)
    return args


class Progress:
    """What is done of a demo, kept in its work folder.

    Args:
        args (argparse.Namespace): of the demo; what was done with other settings does not count.

    Raises:
        ValueError: if the folder holds a training that is no demo's, from which this one would go on.
    """

    def __init__(self, args):
        self._path = Path(args.work_dir, STATE)
        settings = dict(config=osp.abspath(args.config), data=osp.abspath(args.data), scenes=args.scenes,
                        size=args.size, iterations=args.iterations)
        known = json.loads(self._path.read_text('utf-8')) if self._path.is_file() else None
        self.begins = known is None or known.get('settings') != settings or args.restart
        self._done = dict(settings=settings, seconds=0.0) if self.begins else known
        self._start = time.monotonic()
        if self.begins:
            Path(args.work_dir).mkdir(parents=True, exist_ok=True)
            former = list(Path(args.work_dir).glob('iter_*.pth'))
            if former and known is None:
                raise ValueError(f'--work-dir {args.work_dir} holds {former[0].name} of another training: give another '
                                 'folder')
            for path in (*former, Path(args.work_dir, POINTER)):  # of the training that does not count
                path.unlink(missing_ok=True)
            self.keep()

    def get(self, name):
        """What was kept under a name; None if nothing was."""
        return self._done.get(name)

    def keep(self, **values):
        """Write values down, and how long it took so far."""
        now = time.monotonic()
        self._done.update(values, seconds=self._done['seconds'] + now - self._start)
        self._start = now
        write_atomically(self._path, json_text(self._done).encode())


def load_config(args):
    """The demo's config, with its data where the arguments say, saved often."""
    from ..running import command_line
    os.environ['MINIDRIVE_ROOT'] = args.data
    options = {'default_hooks.checkpoint.interval': SAVE_EVERY, 'default_hooks.checkpoint.max_keep_ckpts': 2,
               'default_hooks.logger.interval': SAY_EVERY}
    if args.iterations:
        options.update({'train_cfg.max_iters': args.iterations, 'train_cfg.val_interval': args.iterations})
    return command_line.load_config(SimpleNamespace(
        config=args.config, work_dir=args.work_dir, cfg_options=options, launcher='none', local_rank=0))


def train(args, progress):
    """Train, or go on with it. Returns the best checkpoint."""
    from ..running import console
    from ..train import start_of_training
    checkpoint = progress.get('trained')
    if checkpoint and osp.isfile(checkpoint):
        print(f'Trained before: {checkpoint}')
        return checkpoint
    cfg = load_config(args)
    remark = start_of_training.choose_start(cfg, SimpleNamespace(resume=True, cfg_options=None, config=args.config))
    if cfg.resume:
        print(remark)
    console.build_runner(cfg).train()
    checkpoint = max(glob(osp.join(cfg.work_dir, 'best_abs_rel_iter_*.pth')), key=osp.getmtime)
    progress.keep(trained=checkpoint)
    return checkpoint


def test(args, checkpoint, predictions):
    """Predict and score the test split. Returns the config and the metrics."""
    from ..running import console
    from ..test import testing_options
    cfg = load_config(args)
    cfg.load_from = checkpoint
    testing_options.write_predictions(cfg, predictions)
    print()
    return cfg, console.build_runner(cfg, tables=False).test()


def depth_maps(dataset_cfg):
    """Ground truths of a dataset at their own size, one by one."""
    from mmseg.registry import DATASETS

    from ...datasets.files.depth_png import decode_depth_png
    dataset = DATASETS.build(dict(dataset_cfg, pipeline=[]))
    for index in range(len(dataset)):
        sample = dataset.get_data_info(index)
        with open(sample['depth_map_path'], 'rb') as file:
            yield decode_depth_png(file.read(), sample['depth_map_path'])


def baseline_rows(cfg):
    """Scores of predictions that look at no image, and of the bins alone."""
    import numpy as np
    from mmseg.registry import TASK_UTILS

    from ...evaluation.baselines import best_constant, mean_depth_map
    from ...evaluation.protocol_scores import score_map, summarize
    from ...evaluation.protocols import scored_range
    truths = list(depth_maps(cfg.test_dataloader.dataset))
    bins = TASK_UTILS.build(cfg.model.bins)
    ends = scored_range((bins.min_depth, bins.max_depth))
    constant = best_constant(truths, *ends)
    mean = mean_depth_map(depth_maps(cfg.train_dataloader.dataset), *ends)

    def score(predict):
        return summarize([score_map(predict(truth), truth, *ends) for truth in truths])

    return {
        f'best constant, {constant:.2f} m': score(lambda truth: np.full_like(truth, constant)),
        'mean depth per pixel': score(lambda truth: mean),
        'bins alone': score(lambda truth: bins.decode(bins.encode(truth))),
    }


def draw_sheet(cfg, predictions, path, count):
    """Image | truth | prediction of some test images, spread over the split, numbered on one sheet."""
    import cv2
    import numpy as np
    from mmseg.registry import DATASETS, TASK_UTILS

    from ...datasets.files.depth_png import decode_depth_png
    from ...visualization.depth_color import DepthColors
    from ...visualization.depth_sheet import SheetRow, prediction_sheet
    dataset = DATASETS.build(dict(cfg.test_dataloader.dataset, pipeline=[]))
    colors = DepthColors.of_bins(TASK_UTILS.build(cfg.model.bins))
    rows = []
    for index in np.linspace(0, len(dataset) - 1, min(count, len(dataset))).astype(int):
        sample = dataset.get_data_info(index)
        predicted = osp.join(predictions, *sample['img_path'].split(os.sep)[-4:])
        maps = []
        for depth_path in (sample['depth_map_path'], predicted):
            with open(depth_path, 'rb') as file:
                maps.append(decode_depth_png(file.read(), depth_path))
        image = cv2.cvtColor(cv2.imread(sample['img_path']), cv2.COLOR_BGR2RGB)
        rows.append(SheetRow(osp.relpath(sample['img_path'], cfg.test_dataloader.dataset.data_root), image, *maps))
    sheet = cv2.cvtColor(prediction_sheet(rows, colors, note=BLACK), cv2.COLOR_RGB2BGR)
    write_atomically(path, cv2.imencode('.png', sheet)[1].tobytes())
    return [row.name for row in rows]


def main(args):
    from mmseg.registry import TASK_UTILS

    from ..minidrive.writer import make_minidrive
    from ..running import console
    with program.refusing():
        progress = Progress(args)
        make_minidrive(args.data, *args.scenes, *args.size)
    sheet = osp.join(args.work_dir, 'demo.png')
    if progress.get('text') and osp.isfile(sheet):
        print(f'This demo is finished (--restart trains anew).\n{progress.get("text")}')
        return
    console.use_free_cpus()
    checkpoint = train(args, progress)
    predictions = osp.join(args.work_dir, 'predictions')
    cfg, metrics = test(args, checkpoint, predictions)
    rows = {**baseline_rows(cfg), 'model': metrics}
    names = draw_sheet(cfg, predictions, sheet, args.pictures)
    table = metrics_table(rows, PRINTED_NAMES)
    numbered = '\n'.join(f'  {number}  {name}' for number, name in enumerate(names, 1))
    text = (f'\nMiniDrive test split, {metrics["num_images"]} images, mean per image, depth < '
            f'{TASK_UTILS.build(cfg.model.bins).max_depth:g} m\n\n{table}\n\n'
            f'Pictures: {sheet} (image, truth, prediction)\n{numbered}\n{BLACK}')
    progress.keep(text=text)
    print(f'{text}\nDone in {progress.get("seconds") / 60:.1f} minutes')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True, interrupted='Interrupted. Run it again to go on.')
