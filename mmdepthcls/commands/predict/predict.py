"""Predict metric depth of pictures, folders, films and cameras."""
import argparse
import os
import sys

from ...visualization.depth_color import COLORMAP, SCALE, SCALES
from ..running import arguments, program
from ..running.config_files import find_config
from ..running.terminal import fitted
from .file_kinds import FILM, KINDS, FileSettings, color_legend, outputs_for

DEFAULT_KINDS = ['png', 'color']
MILLIMETRES = 100  # a focal length that is less may be in another unit


def parse_args():
    kinds = '; '.join(f'{name}: {kind.text.replace("%", "%%")}' for name, kind in KINDS.items())
    parser = argparse.ArgumentParser(description='Predict metric depth, and write it as files. A second run goes on '
                                     'where the first one stopped. Status 1 if a picture failed.')
    parser.add_argument('inputs', nargs='+', metavar='INPUT', help='pictures, folders (with all below them), patterns '
                        "in quotes ('a/**/*.png'), lists (.txt: a path a line), films, or the number of a camera")
    parser.add_argument('--out', required=True, metavar='DIR', help='folder for the results')
    group = parser.add_argument_group('model')
    group.add_argument('--model', metavar='FILE', help='model file, see publish; or .onnx, .xml of '
                       'export (default: the model of this package)')
    group.add_argument('--config', help=f'instead of a model file: {arguments.CONFIG_HELP}')
    group.add_argument('--checkpoint', metavar='FILE', help='with --config: its weights')
    arguments.add_config_options(group)
    group.add_argument('--tta', action='store_true', help="test-time augmentation: the config's tta_pipeline, or "
                       'the mirror image')
    group.add_argument('--device', help='such as cpu or cuda:0 (default: a GPU where there is one)')
    group.add_argument('--batch-size', type=int, default=1, help='pictures at a time, of one size (default: '
                       '%(default)s)')
    group.add_argument('--workers', type=int, default=2, help='threads that read, and as many that write (default: '
                       '%(default)s)')
    group.add_argument('--max-pixels', type=int, metavar='N', help='larger pictures are reduced to so many pixels for '
                       'the network (default: 2097152); results have the size of the picture')
    group = parser.add_argument_group('files')
    group.add_argument('--save', nargs='+', choices=[*KINDS, FILM], default=DEFAULT_KINDS, metavar='KIND',
                       help=f'(default: {" ".join(DEFAULT_KINDS)}) {kinds}; {FILM}: depth in colors of a film')
    group.add_argument('--force', action='store_true', help='begin anew, and write over files that are there')
    group.add_argument('--list-root', metavar='DIR', help='where paths in lists begin (default: folder of the list)')
    group.add_argument('--frames', type=int, metavar='N', help='of a film or camera, at the most')
    group.add_argument('--smooth', type=float, metavar='FRAMES', help='smooth films and cameras over time: a mean of '
                       'probabilities with this time constant, begun anew at cuts, such as 3 (default: every frame by '
                       'itself)')
    _add_cameras(parser)
    _add_pictures(parser)
    program.add_arguments(parser)
    args = parser.parse_args()
    check_arguments(parser, args)
    return args


def _add_cameras(parser):
    group = arguments.add_cameras(
        parser, 'A model that knows the focal length that it was trained at answers pictures of known focal length in '
        'corrected metres.')
    group.add_argument('--no-focal-correction', action='store_true', help="leave the model's metres as they are")
    group.add_argument('--trained-focal-px', type=float, metavar='F', help='focal length trained at, in pixels of the '
                       "network's input, where the model does not say it")


def _add_pictures(parser):
    group = parser.add_argument_group('pictures and points')
    group.add_argument('--min-depth', type=float, metavar='M', help="first color (default: of the model's bins)")
    group.add_argument('--max-depth', type=float, metavar='M', help="last color (default: of the model's bins)")
    group.add_argument('--color-scale', choices=SCALES, default=SCALE, help='default: %(default)s')
    group.add_argument('--colormap', default=COLORMAP, metavar='NAME', help='of matplotlib (default: %(default)s)')
    group.add_argument('--min-confidence', type=float, default=0.0, metavar='P', help='no points that are less sure')
    group.add_argument('--max-interval-ratio', type=float, metavar='R', help='no points whose 90 %% interval is wider '
                       'than R times their depth: those that fly between things, such as 0.5')
    group.add_argument('--drop-unsupervised', action='store_true', help='no depth where the model was never told the '
                       'truth in its training (sky, far away); by default it is hatched in pictures and marked in '
                       'points and .npz')


def check_arguments(parser, args):
    """Look at the arguments before anything is loaded.

    Raises:
        UsageError: names the first that cannot be used.
    """
    for name, least in (('batch_size', 1), ('workers', 0), ('frames', 1), ('max_pixels', 1)):
        value = getattr(args, name)
        if value is not None and value < least:
            parser.error(f'--{name.replace("_", "-")} must be at least {least}, got {value}')
    for name in ('focal_px', 'trained_focal_px', 'max_interval_ratio', 'smooth'):
        value = getattr(args, name)
        if value is not None and not 0 < value < float('inf'):
            parser.error(f'--{name.replace("_", "-")} must be positive, got {value}')
    if args.fov is not None and not 0 < args.fov < 180:
        parser.error(f'--fov must be between 0 and 180 degrees, got {args.fov}')
    if not 0 <= args.min_confidence <= 1:
        parser.error(f'--min-confidence must be a probability, 0..1, got {args.min_confidence}')
    _check_model(parser, args)
    for name in ('model', 'cameras'):
        path = getattr(args, name)
        if path and not os.path.isfile(path):
            raise program.UsageError(f'--{name} {path} ' + ('is a folder' if os.path.isdir(path) else 'does not exist'))
    arguments.check_folder('--out', args.out)
    _check_inputs(args)


def _check_inputs(args):
    for path in args.inputs:
        if os.path.isdir(path) and os.path.realpath(path) == os.path.realpath(args.out):
            raise program.UsageError(f'--out {args.out} is the folder of the pictures: results would lie among them. '
                                     'Give another folder, also one in it')
    if not all(map(os.path.exists, args.inputs)):
        from .given_pictures import check_names
        check_names(args.inputs, args.list_root)
    if args.focal_px is not None and args.focal_px < MILLIMETRES:
        from .given_pictures import check_focal
        check_focal(args.focal_px, args.inputs, args.list_root)


def _check_model(parser, args):
    if args.model and (args.config or args.checkpoint):
        parser.error('give either --model, or --config and --checkpoint')
    if bool(args.config) != bool(args.checkpoint):
        parser.error('--config and --checkpoint go together')
    if args.cfg_options and not args.config:
        parser.error('--cfg-options needs --config and --checkpoint')
    if args.config:
        args.config = find_config(args.config)
        arguments.check_checkpoint(args.checkpoint, '--checkpoint')


def main(args):
    from ...apis.depth_inferencer import DepthInferencer
    from ...apis.picture_source import PictureSources
    from ..running import console
    from .given_pictures import depth_remark
    from .prediction_folder import PredictionFolder
    from .prediction_manifest import results_in
    from .prediction_report import describe, say
    from .prediction_run import PredictionRun
    with program.refusing():
        sources = PictureSources(args.inputs, without=args.out, results=results_in,
                                 list_root=args.list_root, frames=args.frames)
        check_films(args.save, sources)
        options = {} if args.max_pixels is None else dict(max_pixels=args.max_pixels)
        inferencer = DepthInferencer(
            args.model, config=args.config, checkpoint=args.checkpoint, device=args.device,
            cfg_options=args.cfg_options, tta=args.tta, cameras=args.cameras, focal_px=args.focal_px, fov=args.fov,
            focal_correction=not args.no_focal_correction, trained_focal_px=args.trained_focal_px,
            smooth_frames=args.smooth, **options)
        settings = file_settings(args)
        inferencer.check_outputs(outputs_for(args.save, settings))
        colors = settings.colors(inferencer.loaded.depth_range)
        folder = PredictionFolder(args.out, made_with(args, inferencer), sources.paths(), args.force)
    for skipped in sources.skipped:
        print(fitted(f'{skipped} holds results of before, which are passed over', sys.stderr), file=sys.stderr)
    print(fitted(describe(inferencer)), flush=True)
    remark = depth_remark(sources.paths())
    if remark:
        print(fitted(remark, sys.stderr), file=sys.stderr)
    console.use_free_cpus()
    with folder:
        if 'color' in args.save or FILM in args.save:
            folder.write_color_bar(color_legend(colors, inferencer.loaded.tells_supervision))
        summary = PredictionRun(inferencer, folder, args.save, settings, args.batch_size, args.workers).run(sources)
    say(summary, args.out, inferencer)
    return program.FAILED if summary.failed else program.DONE


def check_films(kinds, sources):
    """Refuse a film where there is none."""
    if FILM in kinds and not sources.has_films:
        raise program.UsageError(f'--save {FILM}: there is no film among the inputs (frames of a camera are written '
                                 f'one by one). Give one, or save {", ".join(DEFAULT_KINDS)}')


def file_settings(args):
    """FileSettings: of parsed arguments."""
    return FileSettings(args.min_depth, args.max_depth, args.color_scale, args.colormap, args.min_confidence,
                        args.max_interval_ratio, args.drop_unsupervised)


def made_with(args, inferencer):
    """dict: what predictions depend on; one folder holds those of one such setting."""
    from ...apis.loaded_model import file_hash
    names = ('focal_px', 'fov', 'no_focal_correction', 'min_depth', 'max_depth', 'color_scale', 'colormap',
             'min_confidence', 'max_interval_ratio', 'drop_unsupervised', 'smooth')
    return dict(inferencer.loaded.identity, **{name: getattr(args, name) for name in names},
                trained_focal_px=inferencer.trained_focal_px, max_pixels=inferencer.max_pixels,
                cameras=file_hash(args.cameras) if args.cameras else None)


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True, interrupted='Interrupted. The same command goes on.')
