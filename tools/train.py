"""Train a model: the flags are those of MMSegmentation's tools/train.py."""
import argparse

from mmdepthcls.engine import command_line, start_of_training


def parse_args():
    parser = argparse.ArgumentParser(description='Train a depth classifier (or any MMSegmentation model)')
    command_line.add_arguments(parser)
    parser.add_argument('--resume', action='store_true',
                        help='go on from the latest checkpoint in the work folder, wherever it has been moved; '
                        'where there is none, begin and say so')
    parser.add_argument('--amp', action='store_true', help='train with automatic mixed precision')
    return parser.parse_args()


def main():
    args = parse_args()
    try:
        cfg = command_line.load_config(args)
        if args.amp:
            command_line.enable_amp(cfg)
        remark = start_of_training.choose_start(cfg, args)
    except ValueError as error:
        raise SystemExit(f'train: {error}') from error
    if remark:
        command_line.say(remark)
    command_line.build_runner(cfg).train()


if __name__ == '__main__':
    main()
