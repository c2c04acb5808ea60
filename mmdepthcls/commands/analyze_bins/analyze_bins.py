"""Choose bins for a data set: the range of its depth, what each scheme costs on it, which bins are never used."""
import argparse
import os.path as osp
from pathlib import Path

import numpy as np

from ...atomic_file import write_atomically
from ...json_text import json_text
from ..running import arguments, outputs, program
from ..running.config_files import find_config
from ..running.depth_options import add_depth_options, depth_format_of, given_depth_options

EPILOG = """Depth is taken as it is on disk, before any transform that crops, resizes or zooms. A floor is the error of
a classifier that is never wrong. With --out DIR: bins.md, bins.json and the pictures intervals.png and
intervals_log.png, which are Figure 2 of the paper for the bins compared at the proposed number.
Exit status: 0 done, 2 refused: wrong usage or data, 130 interrupted."""
SAMPLES = 200
NUMBERS, FILES = 'bins.json', ('bins.md', 'bins.json', 'intervals.png', 'intervals_log.png')


def build_parser():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data', help='a config: its file or, of this package, its name; or a folder of '
                        'depth maps; or a KITTI tree (its annotated depth)')
    parser.add_argument('--split', choices=('train', 'val', 'test'),
                        help="which of the config's data loaders (default: train)")
    arguments.add_config_options(parser)
    parser.add_argument('--max-samples', type=int, default=SAMPLES, metavar='N',
                        help=f'look at no more than N depth maps, spread over the split (default: {SAMPLES}; 0: all)')
    parser.add_argument('--range', nargs=2, type=float, metavar=('MIN', 'MAX'), help='range of the bins compared, m; '
                        "pixels beyond MAX are not scored (default: that of the config's bins, else the proposed one)")
    parser.add_argument('--num-bins', nargs='+', type=int, default=[16, 32, 71, 128], metavar='K',
                        help='numbers of bins to compare (default: 16 32 71 128)')
    parser.add_argument('--bins', nargs='+', default=[], metavar='BINS',
                        help="bins to compare beside these: 'SIDBins(1, 80, 71)' 'SIDBins(0, 80, 71, shift=1)' "
                        "'DepthBins([1, 2, 4], \"geometric\")'")
    parser.add_argument('--floor', type=float, default=0.02, metavar='ABS_REL',
                        help='propose the fewest bins that cost no more than this (default: 0.02)')
    add_depth_options(parser, 'gt', 'folder: ')
    parser.add_argument('--out', type=Path, metavar='DIR', help='write text, numbers and pictures there')
    outputs.add_force(parser)
    parser.add_argument('--workers', type=int, metavar='N', help='processes (default: one a CPU)')
    program.add_arguments(parser)
    return parser


def parse_args():
    parser = build_parser()
    args = parser.parse_args()
    args.folder = osp.isdir(args.data)
    if not args.folder:
        args.data = find_config(args.data)
    if args.folder and (args.split or args.cfg_options):
        parser.error(f'--split and --cfg-options go with a config, which {args.data} is not')
    if given_depth_options(args, 'gt') and not args.folder:
        parser.error(f'{given_depth_options(args, "gt")[0]} goes with a folder of depth maps')
    try:
        args.gt_format = depth_format_of(args, 'gt')
    except ValueError as error:
        parser.error(str(error))
    if args.max_samples < 0 or args.workers is not None and args.workers < 1:
        parser.error('--max-samples must be at least 0, --workers at least 1')
    if args.out:
        arguments.check_folder('--out', args.out)
        outputs.check_output_folder('--out', args.out, args.force, FILES, (NUMBERS, outputs.json_with(
            'data', 'samples', 'samples_of')))
    return args


def frames_and_bins(args):
    """The ground truth files of the data, and the bins of the config if it has any."""
    from .depth_tally import frames_of_folder, frames_of_samples
    if args.folder:
        return frames_of_folder(args.data, args.gt_format), None
    from ...datasets.sample_listing import list_splits
    from ..running.readiness import read_config
    cfg = read_config(args.data, args.cfg_options)
    listings, bins = list_splits(cfg)
    name = args.split or 'train'
    listing = next((listing for listing in listings if listing.name == name), None)
    if listing is None:
        raise ValueError(f'{args.data} has no {name}_dataloader; it has {", ".join(each.name for each in listings)}')
    if listing.faults:
        fault = listing.faults[0]
        raise ValueError(f'{name}: {fault.kind}: {fault.path}: {fault.seen}')
    frames = [frame for source in listing.sources for frame in frames_of_samples(source.samples, source.reading)]
    if not frames:
        raise ValueError(f'{args.data}: no sample of {name} has ground truth')
    canonical = (cfg.get('model') or {}).get('canonical_focal_px')
    if canonical is not None:
        print(f"The config's own bins are in metres of a canonical camera of {canonical:g} px and are not compared: "
              'here depth is in metres of the cameras that took the pictures')
    return frames, bins if canonical is None else None


def spread(frames, most):
    """At most so many frames, spread over all; 0: all."""
    if not most or len(frames) <= most:
        return frames
    return [frames[i] for i in np.unique(np.linspace(0, len(frames) - 1, most).round().astype(int))]


def pictures(tally, scores, number):
    """Figure 2 of the bins compared at a number, and the data above."""
    from ...visualization.bin_figure import draw_intervals
    from . import bin_report
    from .depth_tally import CELLS
    shown = [score for score in scores if score.bins.num_bins == number]
    shown = {name: score.bins for name, score in zip(bin_report.names_of(shown), shown, strict=True)}
    far = max(bins.max_depth for bins in shown.values())
    edges = {'linear': np.linspace(0, far, 241), 'log': np.geomspace(far / 1000, far, 241)}
    return {f'intervals{"" if scale == "linear" else "_log"}.png': draw_intervals(
        shown, scale, (cuts, np.histogram(CELLS, cuts, weights=tally.counts)[0])) for scale, cuts in edges.items()}


def main(args):
    from ...datasets.kitti_layout import is_kitti_tree
    from . import bin_report
    from .bin_analysis import bins_of_text, candidates, score_bins
    from .depth_tally import propose_range, tally_depth
    from .reading_unit import unit_remarks
    more = [bins_of_text(text) for text in args.bins]
    frames, own = frames_and_bins(args)
    chosen = spread(frames, args.max_samples)
    tally = tally_depth(chosen, args.workers)
    low, high = args.range or (own and (own.min_depth, own.max_depth)) or propose_range(tally)
    compared = [*([own] if own else []), *more, *candidates(tally, low, high, args.num_bins)]
    compared = list({repr(bins): bins for bins in compared}.values())
    scores = score_bins(chosen, compared, high, args.workers)
    split = '' if args.folder else f', {args.split or "train"}'
    title = f'{args.data}{split}: {len(chosen)} of {len(frames)} samples'
    remarks = unit_remarks(tally, chosen, args.folder and is_kitti_tree(args.data))
    text = bin_report.markdown(tally, scores, high, args.floor, title, remarks)
    print(text)
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        number = bin_report.proposal(scores, args.floor).bins.num_bins
        numbers = dict(data=args.data, samples=len(chosen), samples_of=len(frames), remarks=remarks,
                       **bin_report.contents(tally, scores, high, args.floor))
        files = {'bins.md': f'{text}\n'.encode(), NUMBERS: json_text(numbers).encode(),
                 **pictures(tally, scores, number)}
        for name, content in files.items():
            write_atomically(args.out / name, content)
        print(f'\nWritten to {args.out}: {", ".join(files)}')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True, failed=program.REFUSED)
