"""Put a model into a file of ONNX, OpenVINO or torch.export, and compare the two."""
import argparse
import os
from pathlib import Path

from ..running import arguments, program
from ..running.terminal import fitted

SUFFIXES = {'onnx': '.onnx', 'openvino': '.xml', 'torch-export': '.pt2'}
MODEL_SUFFIX = '.safetensors'
LARGEST_SIDE = 8192


def parse_args():
    parser = argparse.ArgumentParser(
        description='Put a model into a file that needs neither MMSegmentation nor this package: RGB 0..255 in; '
        'metres, confidence and interval out. Normalization, temperature, decoding and calibration are inside; the '
        'pipeline of the model file (Resize, ...) is not. The file is compared with PyTorch at three sizes; if it '
        'differs, there is no file, and the status is 1.')
    parser.add_argument('model', metavar='MODEL', help='model file (.safetensors), see publish')
    parser.add_argument('--format', choices=[*SUFFIXES], default='onnx', help='default: %(default)s')
    parser.add_argument('--out', required=True, metavar='FILE', help='file to write: .onnx, .xml (its weights beside '
                        'it, .bin) or .pt2')
    parser.add_argument('--size', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'), help='of the pictures that the '
                        'network gets (default: any)')
    parser.add_argument('--batch', type=int, metavar='N', help='pictures at a time (default: any number)')
    parser.add_argument('--output-size', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'), help='of the results, such as '
                        'that of the camera before the pipeline resizes (default: as the input)')
    parser.add_argument('--focal-px', metavar='F|input', help='focal length of the camera in pixels of the '
                        "network's input, built in; or 'input': the file takes it (default: the one trained at)")
    parser.add_argument('--input-type', choices=('uint8', 'float32'), default='uint8', help='of the pixels (default: '
                        '%(default)s)')
    parser.add_argument('--half', action='store_true', help='weights in half precision, computed in float32; prints '
                        'what it changes (onnx and openvino)')
    parser.add_argument('--pictures', nargs='+', metavar='INPUT', help='to compare with: pictures, folders, patterns '
                        '(default: generated street scenes)')
    parser.add_argument('--number', type=int, default=2, help='of pictures, at the most (default: %(default)s)')
    parser.add_argument('--force', action='store_true', help='replace FILE if it is there')
    program.add_arguments(parser)
    args = parser.parse_args()
    check_arguments(parser, args)
    return args


def check_arguments(parser, args):
    """Look at the arguments before anything is loaded.

    Raises:
        UsageError: names the first that cannot be used.
    """
    for name in ('size', 'output_size'):
        value = getattr(args, name)
        if value is not None and not all(1 <= length <= LARGEST_SIDE for length in value):
            parser.error(f'--{name.replace("_", "-")}: expected 1 to {LARGEST_SIDE} rows and columns, got {value}')
    if args.number < 1 or args.batch is not None and not 1 <= args.batch <= 1024:
        parser.error('--number and --batch must be at least 1 (--batch at most 1024)')
    if args.focal_px not in (None, 'input'):
        try:
            args.focal_px = float(args.focal_px)
        except ValueError:
            parser.error(f"--focal-px: expected a number of pixels or 'input', got {args.focal_px!r}")
        if not 0 < args.focal_px < 1e6:
            parser.error(f'--focal-px: expected a number of pixels > 0, got {args.focal_px:g}')
    if args.half and args.format == 'torch-export':
        parser.error('--half is for onnx and openvino; publish --half stores the weights of a model file so')
    _check_files(args)


def _check_files(args):
    if not os.path.isfile(args.model):
        raise program.UsageError(f'MODEL {args.model} ' + ('is a folder' if os.path.isdir(args.model)
                                                           else 'does not exist'))
    if not args.model.endswith(MODEL_SUFFIX):
        raise program.UsageError(f'MODEL {args.model}: expected a model file, {MODEL_SUFFIX}. mmdepthcls publish makes '
                                 'one of a config and a checkpoint')
    suffix = SUFFIXES[args.format]
    if not args.out.endswith(suffix):
        raise program.UsageError(f'--out {args.out}: a file of --format {args.format} ends in {suffix}')
    arguments.check_file('--out', args.out)
    for path in files_of(args.out):
        if os.path.lexists(path) and not args.force:
            raise program.UsageError(f'--out: {path} is there already; --force replaces it')


def files_of(out):
    """list[Path]: what is written, the file that is named last."""
    out = Path(out)
    return [out.with_suffix('.bin'), out] if out.suffix == '.xml' else [out]


def main(args):
    from ..running import console
    from .export_run import ExportRun
    with program.refusing():
        run = ExportRun(args)
        run.read_pictures()
    console.use_free_cpus()
    for remark in run.remarks():
        print(fitted(f'Note: {remark}'), flush=True)
    comparison, files = run.write()
    print(fitted(run.table(comparison)))
    print(f'\nWritten: {args.out} ({sum(path.stat().st_size for path in files) / 1e6:.1f} MB)')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
