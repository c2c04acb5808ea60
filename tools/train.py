"""Train a model: the flags are those of MMSegmentation's tools/train.py."""
import argparse

from mmdepthcls.engine import command_line


def parse_args():
    parser = argparse.ArgumentParser(description='Train a depth classifier (or any MMSegmentation model)')
    command_line.add_arguments(parser)
    parser.add_argument('--resume', action='store_true', help='resume from the latest checkpoint in the work dir')
    parser.add_argument('--amp', action='store_true', help='train with automatic mixed precision')
    return parser.parse_args()


def main():
    args = parse_args()
    cfg = command_line.load_config(args)
    cfg.resume = args.resume
    if args.amp:
        command_line.enable_amp(cfg)
    command_line.build_runner(cfg).train()


if __name__ == '__main__':
    main()
