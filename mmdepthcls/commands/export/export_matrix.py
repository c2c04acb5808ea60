"""Try which models and decoders can be exported, as a table: each is made of a config, trained for a while on generated
street scenes, exported, and compared with PyTorch at three sizes through one file. What has no generated data, or with
--train 0, has weights of chance whose norms have seen noise."""
import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from ..running import program

# Config, and what is changed in it. The first of each kind of network, then every decoder on one network.
NETWORKS: dict[str, tuple[str, dict]] = {
    'paper: DeepLabv2-R101': ('deeplabv2_r101_kitti_sid71', {}),
    'paper: DeepLabv2-R18': ('deeplabv2_r18_minidrive_sid71', {}),
    'SegFormer-B2': ('segformer_mit-b2_minidrive_sid71', {}),
    'UPerNet-ConvNeXt-T': ('upernet_convnext-t_minidrive_sid71', {}),
    'UPerNet-Swin-T': ('upernet_swin-t_minidrive_sid71', {}),
    'DeepLabV3+-R18': ('deeplabv3plus_r18_minidrive_sid71', {}),
    'adaptive bins: R18': ('adabins_r18_minidrive', {}),
    'real time: EfficientNet-Lite0, FPN': ('fpn_efficientnet-lite0_minidrive_sid71', {}),
}
ON_ONE = 'deeplabv2_r18_minidrive_sid71'
DECODERS = {
    'expectation': dict(type='ExpectationDecoder'), 'expectation of log depth': dict(type='ExpectationDecoder',
                                                                                     space='log'),
    'local expectation': dict(type='LocalExpectationDecoder'), 'argmax': dict(type='ArgmaxDecoder'),
    'median': dict(type='QuantileDecoder'), 'ordinal': dict(type='OrdinalDecoder'),
    'regression': dict(type='RegressionDecoder')}
LOSSES = {'OrdinalDecoder': dict(type='OrdinalLoss'), 'RegressionDecoder': dict(type='RegressionSILogLoss')}
FORMATS = ('onnx', 'openvino')
TRAINABLE = 'minidrive'  # in the name of a config
ONE_SIZE = {'UPerNet-Swin-T': (128, 416)}  # of pictures, where any size cannot be had


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', metavar='TEXT', help='rows whose name holds it')
    parser.add_argument('--formats', nargs='+', choices=FORMATS, default=list(FORMATS), help='default: all')
    parser.add_argument('--pictures', nargs='+', metavar='INPUT', help='default: generated street scenes')
    parser.add_argument('--train', type=int, default=100, metavar='N', help='iterations of each training; 0: weights '
                        'of chance (default: %(default)s)')
    program.add_arguments(parser)
    args = parser.parse_args()
    if not 0 <= args.train <= 100000:
        parser.error(f'--train: expected 0 to 100000 iterations, got {args.train}')
    return args


def main(args):
    from ...markdown_table import markdown_table
    from ..running import console
    from .matrix_row import exported_row
    from .matrix_training import MatrixTraining
    rows = {name: (config, changes) for name, (config, changes) in NETWORKS.items()}
    rows |= {f'decoder: {name}': (ON_ONE, dict(decoder=decoder)) for name, decoder in DECODERS.items()}
    rows = {name: row for name, row in rows.items() if (args.only or '') in name}
    if not rows:
        raise program.UsageError(f'--only {args.only!r}: no row is called so')
    console.use_free_cpus()
    lines = [['model', 'weights', 'size', 'MB', *(f'{kind}: largest difference of depth' for kind in args.formats),
              *(f'{kind}: the bound, all outputs' for kind in args.formats)]]
    with TemporaryDirectory() as folder:
        training = MatrixTraining(args.train, Path(folder)) if args.train else None
        for name, (config, changes) in rows.items():
            line = exported_row(name, config, changes, args.formats, args.pictures,
                                training if TRAINABLE in config else None, ONE_SIZE.get(name))
            print(' | '.join(line), flush=True)
            lines.append(line)
    print('\n' + markdown_table(lines))
    return program.DONE


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
