"""Train a model: the flags are those of MMSegmentation's tools/train.py."""
import argparse

from ...hooks.resume_changes import CHANGES, ResumeMismatchError
from ..running import arguments, program


def parse_args():
    parser = argparse.ArgumentParser(description='Train a depth classifier (or any MMSegmentation model)')
    arguments.add_arguments(parser)
    parser.add_argument('--resume', action='store_true',
                        help='go on from the latest checkpoint in the work folder, wherever it has been moved; '
                        'where there is none, begin and say so')
    parser.add_argument('--accept-changes', nargs='+', default=[], choices=CHANGES, metavar='WHAT',
                        help=f'resume although these are not those that the training began with: {", ".join(CHANGES)}')
    parser.add_argument('--amp', action='store_true',
                        help='train with automatic mixed precision: float16 on a GPU, bfloat16 on a CPU')
    args = parser.parse_args()
    arguments.check_arguments(args)
    return args


def main(args):
    from ..running import command_line, console, readiness
    from . import start_of_training
    with program.refusing():
        cfg = command_line.load_config(args)
        if cfg.get('self_training'):
            raise program.UsageError(f'{args.config} adapts a model by self-training: mmdepthcls adapt {args.config} '
                                     '--checkpoint FILE.pth')
        if args.amp:
            command_line.enable_amp(cfg)
        precision = command_line.fit_amp(cfg)
        if args.accept_changes:
            cfg.accept_changes = args.accept_changes
        remark = start_of_training.choose_start(cfg, args)
        readiness.check_parts(cfg, 'train')
        readiness.check_run(cfg, ('train', 'val'), training=True)
        start_of_training.hold_folder(cfg)
    for each in filter(None, (precision, remark)):
        command_line.say(each)
    console.use_free_cpus()
    try:
        console.build_runner(cfg).train()
    except ResumeMismatchError as error:
        raise program.UsageError(str(error)) from error


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
