"""Calibrate a model file with measured points or labelled images, and write a new one."""
import argparse
import os

from ...atomic_file import check_not_input
from ..running import arguments, program
from ..running.config_files import find_config
from ..running.terminal import fitted

EPILOG = """DATA is a table of measured points (a line image,x,y,metres; x, y in pixels of the picture, from 0) or a
folder with images and depth maps. All pixels of an image (--unit folder: of a drive) are on one side of every
division, and no number is printed of images that it was fitted to. docs/calibration.md says what is promised."""


EXPORTED = ('.onnx', '.xml', '.pt2')


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG)
    parser.add_argument('model', metavar='MODEL', help='model file (see publish), left as it is')
    parser.add_argument('data', metavar='DATA', nargs='?', help='measured points (.csv, .txt) or labelled folder')
    parser.add_argument('--out', required=True, metavar='NEW', help='model file to write; ends in .safetensors')
    parser.add_argument('--force', action='store_true', help='replace NEW if it is there')
    parser.add_argument('--coverage', type=float, metavar='C', help='widen the predicted interval so that it covers '
                        'this share, such as 0.9 (default: intervals stay as the model says them)')
    parser.add_argument('--promise', choices=('mean', 'each'), default='mean', help='mean: C of the pixels of an image '
                        'on average over images; each: C of the pixels in C of the images (default: %(default)s)')
    parser.add_argument('--no-scale', action='store_true', help='leave the metres alone')
    parser.add_argument('--any-scale', action='store_true', help='take a scale beyond 1/10 to 10 too, which is else '
                        'refused, since measurements in another unit look so')
    parser.add_argument('--no-temperature', action='store_true', help='leave the temperature alone, which labels that '
                        'are enough would change')
    parser.add_argument('--unit', choices=('image', 'folder'), default='image', help='what is taken as one '
                        "observation: an image, or all of a folder or KITTI drive, for a film's frames (default: "
                        '%(default)s)')
    parser.add_argument('--test', metavar='DATA', help='other points or another folder, from which errors and coverage '
                        'are printed besides; shares no image with DATA')
    parser.add_argument('--domain', metavar='TEXT', help='where it holds, in words, for the model file')
    _add_data(parser)
    program.add_arguments(parser)
    args = parser.parse_intermixed_args()  # MODEL --coverage 0.9 DATA is fine
    _check(parser, args)
    return args


def _add_data(parser):
    group = parser.add_argument_group('data')
    group.add_argument('--config', help=f'take the --split of this config as DATA: {arguments.CONFIG_HELP}')
    arguments.add_config_options(group)
    group.add_argument('--split', choices=('train', 'val', 'test'), default='val', help='of the config, or of '
                       "MiniDrive's folder (default: %(default)s)")
    group.add_argument('--root', metavar='DIR', help='folder of the images of a list of points (default: of the list)')
    group.add_argument('--image-folder', metavar='NAME', help='below a labelled folder (default: image)')
    group.add_argument('--depth-folder', metavar='NAME', help='likewise (default: depth)')
    group.add_argument('--list', metavar='FILE', help='split file below the folder, a line an image and its depth')
    group.add_argument('--depth-scale', type=float, metavar='N', help='units of a metre in depth maps (default: 256 in '
                       'PNGs, 1 in others)')
    group = arguments.add_cameras(
        parser, 'Say the focal length here where predict will know it, and the scale holds for other cameras too. A '
        'scale that is found without it has taken it in: it holds for this camera alone, and predict then corrects '
        'nothing.')
    group.add_argument('--no-focal-correction', action='store_true', help='take the metres as the model says them; the '
                       'scale then holds for this camera alone')
    group.add_argument('--device', help='such as cpu or cuda:0 (default: a GPU where there is one)')


def _check(parser, args):
    if (args.data is None) == (args.config is None):
        parser.error('give DATA, measured points or a labelled folder, or --config: one of the two')
    if args.coverage is not None and not 0.5 <= args.coverage < 0.999:
        parser.error(f'--coverage: expected a share in 0.5..0.999, such as 0.9, got {args.coverage:g}')
    if args.no_scale and args.coverage is None and args.no_temperature:
        parser.error('--no-scale and --no-temperature without --coverage leave nothing to calibrate')
    if args.depth_scale is not None and not 0 < args.depth_scale < float('inf'):
        parser.error(f'--depth-scale must be positive, got {args.depth_scale:g}')
    for name, path in (('MODEL', args.model), ('DATA', args.data), ('--test', args.test)):
        if path is not None and not os.path.exists(path):
            raise program.UsageError(f'{name} {path} does not exist')
    _check_model(args.model)
    if args.config is not None:
        args.config = find_config(args.config)
    arguments.check_file('--out', args.out)
    if not args.out.endswith('.safetensors'):
        raise program.UsageError(f'--out {args.out}: expected a name that ends in .safetensors')
    try:
        check_not_input(args.out, args.model, args.data)
    except ValueError as error:
        raise program.UsageError(str(error)) from error
    if os.path.lexists(args.out) and not args.force:
        raise program.UsageError(f'--out {args.out} is there already; --force replaces it')


def _check_model(path):
    if path.endswith(EXPORTED):
        raise program.UsageError(f'MODEL {path}: an exported file cannot be calibrated. Calibrate the model file '
                                 'that it was made of, and export that')
    if os.path.isdir(path) or not path.endswith('.safetensors'):
        raise program.UsageError(f'MODEL {path} is no model file (FILE.safetensors). publish makes one of a '
                                 'config and a checkpoint')


def main(args):
    from ...apis.depth_inferencer import DepthInferencer
    from ...apis.model_file import read_description, write_model_file
    from ..running import console
    from . import calibrated_file
    from .calibration_report import report
    from .model_answers import ModelAnswers
    from .model_calibration import CalibrationPlan, calibrate, check_points
    from .scale_check import check_scale
    with program.refusing():
        description = read_description(args.model)
        data = _data(args, args.data)
        test = None if args.test is None else _data(args, args.test)
        calibrated_file.refuse_scored(data, test, description, args.unit)
        inferencer = DepthInferencer(
            args.model, device=args.device, cameras=args.cameras, focal_px=args.focal_px, fov=args.fov,
            focal_correction=not args.no_focal_correction)
        answers = ModelAnswers(inferencer, keeps_scale=args.no_scale)
        check_points(data)
        for each in filter(None, (data, test)):  # most of what is wrong is so of the first
            answers.prepare(each.pictures[0])
        if args.coverage is not None:
            inferencer.check_outputs(['interval'])
    for each in filter(None, (data, test)):
        if each.remark:
            print(each.remark)
    console.use_free_cpus()
    plan = CalibrationPlan(args.unit, args.coverage, args.promise, not args.no_temperature, not args.no_scale)
    found = calibrate(answers, data, test, plan, description.scale, description.interval_widening)
    if plan.scale and not args.any_scale:
        with program.refusing():
            check_scale(found.fit.scale, data.labelled, found.cameras.known)
    print(fitted(report(found, data, plan, answers, description)))
    written = calibrated_file.calibrated(description, found, data, plan, args.domain)
    write_model_file(args.out, inferencer.loaded.classifier, written)
    print(f'\nWritten: {args.out}')


def _data(args, path):
    from ..running import readiness
    from . import measured_data
    if path is None:
        cfg = readiness.read_config(args.config, args.cfg_options)
        return measured_data.data_of_config(cfg, args.split)
    if os.path.isdir(path):
        return measured_data.data_of_folder(path, args.split, args.image_folder, args.depth_folder, args.depth_scale,
                                            args.list)
    return measured_data.data_of_points(path, args.root)


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
