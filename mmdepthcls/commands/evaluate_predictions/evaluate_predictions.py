"""Score depth files made by any program against ground truth, under the protocols of depth papers."""
import argparse
import ast
import re
from pathlib import Path

from ...atomic_file import write_atomically
from ...count_text import counted
from ...datasets.eigen import EIGEN_PARTS
from ...datasets.kitti_layout import is_kitti_tree
from ...evaluation.files.ground_truth_files import ANNOTATED, folder_frames, folder_pictures, kitti_frames
from ...evaluation.protocols import FLIPS, PRESETS, Protocol, build_protocol, with_alignments
from ..running import arguments, outputs, program
from ..running.depth_options import add_depth_options, depth_format_of, given_depth_options
from ..running.terminal import fitted

EPILOG = """Predictions are 16-bit PNG (metres * 256), .npy, .npz, .tiff or .exr (metres); options say what else their
numbers mean. They are found by KITTI's drive and frame in their names
('2011_09_26_drive_0002_sync_0000000069.png', or as folders), by equal paths, by equal file names, or by names that are
equal but for one word in all of them ('000_depth.npy'), or one in front and one behind. PNGs of 8 bits beside depth
are pictures and are passed over. A prediction that is missing counts as if none of its pixels was predicted; NaN,
infinite, zero and negative pixels are counted and get the worst depth of the protocol's range.
Exit status: 0 scored and complete, 1 a prediction is missing or a protocol is not scored, 2 refused: wrong usage or
files, 130 interrupted."""
NONE = 'none'


def build_parser():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('predictions', type=Path, help='folder of the predictions')
    parser.add_argument('ground_truth', type=Path,
                        help='a KITTI tree (raw and annotated in it), or any folder of depth files')
    parser.add_argument('--protocols', nargs='+', metavar='NAME', help=f'{", ".join(PRESETS)}; settings may follow: '
                        'eigen_annotated,flip=mean (default: eigen_annotated; for a folder all pixels in 1e-3..80 m)')
    parser.add_argument('--max-depth', type=float, metavar='M', help='another cap of every protocol, m; predictions '
                        'are clamped to it where the protocol clamps')
    parser.add_argument('--aligned', action='store_true', help='show each protocol unscaled, median-scaled and aligned '
                        'by least squares (in depth: scale; in disparity: scale and shift), side by side')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write all metrics and counts as JSON')
    parser.add_argument('--per-image', type=Path, metavar='FILE',
                        help='write a line an image and protocol as CSV (and add them to --json)')
    outputs.add_force(parser)
    parser.add_argument('--workers', type=int, metavar='N',
                        help='processes (default: one a CPU, and one alone for fewer than 500 frames)')
    files = parser.add_argument_group('predictions')
    files.add_argument('--input-crop', choices=('size', NONE, 'kb', 'any'), default='size',
                       help='what the network saw: none: whole frames; kb: their crop of 352 x 1216; any: score every '
                       'protocol all the same, and say so; size (default): files of 352 x 1216 are KB crops')
    files.add_argument('--flip', choices=(NONE, *FLIPS[1:]), default=NONE, help='how the files combine the '
                       'predictions for the image and its mirror image (default: they do not)')
    files.add_argument('--pred-affix', metavar='WORD', help='what the names of predictions have in front or behind, '
                       'such as _depth or pred_ or _depth.npy; other files are passed over (default: nothing, or one '
                       'word that all have)')
    add_depth_options(files, 'pred')
    files.add_argument('--resize', action='store_true', help='resize predictions of another size, bilinearly')
    files.add_argument('--allow-missing', action='store_true', help='score only the frames that have a prediction, '
                       "and say 'N of M'")
    kitti = parser.add_argument_group('ground truth')
    kitti.add_argument('--split', choices=(*EIGEN_PARTS, NONE), help='KITTI: part of the Eigen split (default: test); '
                       'none: every frame that has ground truth on disk')
    kitti.add_argument('--camera', type=int, choices=(2, 3), help='KITTI: 2 left (default), 3 right')
    add_depth_options(kitti, 'gt', 'folder: ')
    program.add_arguments(parser)
    return parser


def parse_args():
    parser = build_parser()
    args = parser.parse_args()
    for name in ('max_depth', 'workers'):
        value = getattr(args, name)
        if value is not None and not 0 < value < float('inf'):
            parser.error(f'--{name.replace("_", "-")} must be > 0, got {value}')
    for name in ('predictions', 'ground_truth'):
        if not getattr(args, name).is_dir():
            parser.error(f'there is no folder {getattr(args, name)}')
    try:
        args.kitti = is_kitti_tree(args.ground_truth)
    except OSError as error:
        parser.error(str(error))
    if not args.kitti and (args.split or args.camera):
        parser.error(f'--split and --camera go with a KITTI tree, which {args.ground_truth} is not: it has neither '
                     "drives' depth maps (annotated, data_depth_annotated) nor days (raw/DATE)")
    if args.kitti and given_depth_options(args, 'gt'):
        parser.error(f'{given_depth_options(args, "gt")[0]} goes with a folder of depth files; {args.ground_truth} is '
                     'a KITTI tree, whose numbers are known')
    try:
        args.gt_format, args.pred_format = (depth_format_of(args, prefix) for prefix in ('gt', 'pred'))
        args.protocols = [parse_protocol(text, args) for text in args.protocols or default_protocols(args)]
        if args.aligned:
            args.protocols = with_alignments(args.protocols)
    except ValueError as error:
        parser.error(str(error))
    for name, path, is_ours in (
            ('--json', args.json, outputs.json_with('protocols', 'allow_missing', 'complete')),
            ('--per-image', args.per_image, outputs.bytes_with(b'image,prediction,protocol,reason,'))):
        if path is not None:
            arguments.check_file(name, path)
            outputs.check_output(name, path, args.force, is_ours)
    return args


def default_protocols(args):
    return ['eigen_annotated'] if args.kitti else [Protocol('depth', input_crop='any')]


def parse_protocol(text, args):
    """Protocol of 'PRESET,setting=value,...', capped as asked; that of a folder's ground truth has no name."""
    protocol = text
    if isinstance(text, str):
        preset, *settings = re.split(r',(?=\w+=)', text)
        protocol = dict(preset=preset, name=text)
        for setting in settings:
            name, _, value = setting.partition('=')
            try:
                protocol[name] = ast.literal_eval(value)
            except (ValueError, SyntaxError):
                protocol[name] = value
    protocol = build_protocol(protocol)
    changes = {} if args.kitti else dict(ground_truth=None)
    if args.max_depth:
        changes.update(name=f'{protocol.name}, {args.max_depth:g} m', max_depth=args.max_depth)
        if protocol.clamp:
            changes.update(clamp=(protocol.clamp[0], args.max_depth))
    return build_protocol(dict(vars(protocol), **changes))


def main(args):
    """Returns the exit status."""
    from .file_scoring import Making, score_files
    if args.kitti:
        split = None if args.split == NONE else args.split or 'test'
        frames = kitti_frames(args.ground_truth, split, {protocol.ground_truth or ANNOTATED for protocol in
                                                         args.protocols}, args.camera or 2)
        print(f'{args.predictions} against KITTI in {args.ground_truth}, '
              f'{f"Eigen split {split}" if split else "every frame that has ground truth"}: '
              f'{counted(len(frames), "frame")}\n')
    else:
        frames = folder_frames(args.ground_truth, args.gt_format)
        pictures = folder_pictures(args.ground_truth, args.gt_format)
        print(f'{args.predictions} against {args.ground_truth}: {counted(len(frames), "frame")}\n')
        if pictures:
            print(fitted(f'Ground truth: {counted(len(pictures), "PNG")} of 8 bits beside depth, such as '
                         f'{min(pictures)}, {"is" if len(pictures) == 1 else "are"} passed over: pictures, no depth'),
                  end='\n\n')
    making = Making(*(None if value == NONE else value for value in (args.input_crop, args.flip)), args.pred_format,
                    args.pred_affix, args.resize)
    scores = score_files(args.predictions, frames, args.protocols, making, args.allow_missing, args.workers)
    print(fitted(scores.text()))
    if args.json:
        write_atomically(args.json, scores.to_json(images=args.per_image is not None).encode())
    if args.per_image:
        write_atomically(args.per_image, scores.to_csv().encode())
    return 0 if scores.complete else 1


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, failed=program.REFUSED)
