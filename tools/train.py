"""Train a model: the flags are those of MMSegmentation's tools/train.py."""

__mmdepthcls_command__ = True  # it registers when its arguments are read

import argparse
import sys

from mmdepthcls import arguments, program


def parse_args():
    parser = argparse.ArgumentParser(description='Train a depth classifier (or any MMSegmentation model)')
    arguments.add_arguments(parser)
    parser.add_argument('--resume', action='store_true', help='resume from the latest checkpoint in the work dir')
    parser.add_argument('--amp', action='store_true', help='train with automatic mixed precision')
    args = parser.parse_args()
    arguments.check_arguments(args)
    return args


def main(args):
    from mmdepthcls.engine import command_line, console, readiness
    with program.refusing():
        cfg = command_line.load_config(args)
        cfg.resume = args.resume
        if args.amp:
            command_line.enable_amp(cfg)
        readiness.check_run(cfg, ('train', 'val'), training=True)
    console.use_free_cpus()
    console.build_runner(cfg).train()


if __name__ == '__main__':
    sys.exit(program.run(parse_args, main, host=True))
