"""The whole way on a bare machine: make MiniDrive, train, test, print the table beside baselines, write pictures."""
import argparse
import os
import os.path as osp
import time
from glob import glob
from types import SimpleNamespace

import cv2
import numpy as np
from mmengine.runner import Runner
from mmseg.registry import DATASETS, TASK_UTILS

from mmdepthcls.datasets.depth_png import decode_depth_png
from mmdepthcls.datasets.minidrive.writer import make_minidrive
from mmdepthcls.engine import command_line, testing_options
from mmdepthcls.evaluation.baselines import best_constant, mean_depth_map
from mmdepthcls.evaluation.scoring import score_map, summarize
from mmdepthcls.evaluation.table import metrics_table
from mmdepthcls.visualization.figures import contact_sheet, depth_figure

CONFIG = osp.join(osp.dirname(__file__), '..', 'configs', 'deeplabv2_r18_minidrive_sid71.py')


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('--config', default=osp.normpath(CONFIG), help='config of a model on MiniDrive')
    parser.add_argument('--data', default='data/minidrive', help='folder of MiniDrive; made where it is missing')
    parser.add_argument('--work-dir', default='work_dirs/demo', help='folder for logs, checkpoints and pictures')
    parser.add_argument('--iterations', type=int, help='train for fewer (or more) iterations than the config says')
    parser.add_argument('--scenes', type=int, nargs=3, default=[480, 40, 80], metavar=('TRAIN', 'VAL', 'TEST'),
                        help='scenes of MiniDrive')
    parser.add_argument('--size', type=int, nargs=2, default=[128, 416], metavar=('HEIGHT', 'WIDTH'),
                        help='pixels of MiniDrive')
    parser.add_argument('--pictures', type=int, default=4, help='test images on the sheet')
    return parser.parse_args()


def load_config(args):
    """The demo's config, with its data where the arguments say."""
    os.environ['MINIDRIVE_ROOT'] = args.data
    options = {}
    if args.iterations:
        options = {'train_cfg.max_iters': args.iterations, 'train_cfg.val_interval': args.iterations,
                   'default_hooks.checkpoint.interval': args.iterations}
    return command_line.load_config(SimpleNamespace(
        config=args.config, work_dir=args.work_dir, cfg_options=options, launcher='none', local_rank=0))


def depth_maps(dataset_cfg):
    """Ground truths of a dataset at their own size, one by one."""
    dataset = DATASETS.build(dict(dataset_cfg, pipeline=[]))
    for index in range(len(dataset)):
        sample = dataset.get_data_info(index)
        with open(sample['depth_map_path'], 'rb') as file:
            yield decode_depth_png(file.read(), sample['depth_map_path'])


def baseline_rows(cfg):
    """Scores of predictions that look at no image, and of the bins alone."""
    truths = list(depth_maps(cfg.test_dataloader.dataset))
    bins = TASK_UTILS.build(cfg.model.bins)
    constant = best_constant(truths)
    mean = mean_depth_map(depth_maps(cfg.train_dataloader.dataset))

    def score(predict):
        return summarize([score_map(predict(truth), truth) for truth in truths])

    return {
        f'best constant depth ({constant:.2f} m)': score(lambda truth: np.full_like(truth, constant)),
        'per-pixel mean of the training depths': score(lambda truth: mean),
        'the bins alone (truth -> bin -> depth)': score(lambda truth: bins.decode(bins.encode(truth))),
    }


def draw_sheet(cfg, predictions, path, count):
    """Image | truth | prediction of some test images, spread over the split, on one sheet."""
    dataset = DATASETS.build(dict(cfg.test_dataloader.dataset, pipeline=[]))
    figures = []
    for index in np.linspace(0, len(dataset) - 1, min(count, len(dataset))).astype(int):
        sample = dataset.get_data_info(index)
        predicted = osp.join(predictions, *sample['img_path'].split(os.sep)[-4:])
        maps = []
        for depth_path in (sample['depth_map_path'], predicted):
            with open(depth_path, 'rb') as file:
                maps.append(decode_depth_png(file.read(), depth_path))
        image = cv2.cvtColor(cv2.imread(sample['img_path']), cv2.COLOR_BGR2RGB)
        figures.append(depth_figure(image, *maps, layout='row'))
    cv2.imwrite(path, cv2.cvtColor(contact_sheet(figures, columns=1), cv2.COLOR_RGB2BGR))


def main():
    args = parse_args()
    start = time.time()
    make_minidrive(args.data, *args.scenes, *args.size)
    cfg = load_config(args)
    Runner.from_cfg(cfg).train()

    checkpoint = max(glob(osp.join(cfg.work_dir, 'best_abs_rel_iter_*.pth')), key=osp.getmtime)
    predictions = osp.join(cfg.work_dir, 'predictions')
    cfg = load_config(args)
    cfg.load_from = checkpoint
    testing_options.write_predictions(cfg, predictions)
    metrics = Runner.from_cfg(cfg).test()

    rows = {**baseline_rows(cfg), f'model ({osp.basename(checkpoint)})': metrics}
    sheet = osp.join(cfg.work_dir, 'demo.png')
    draw_sheet(cfg, predictions, sheet, args.pictures)
    print(f'\nMiniDrive test split, {metrics["num_images"]} images, mean per image, depth < 80 m\n\n'
          f'{metrics_table(rows)}\n\nPictures: {sheet}\nDone in {(time.time() - start) / 60:.1f} minutes')


if __name__ == '__main__':
    main()
