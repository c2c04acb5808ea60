"""Fit the temperature of a depth classifier on its validation split, and write a checkpoint that has it."""
import argparse

from ...evaluation.metrics_table import metrics_table
from ..running import arguments, outputs, program

FITTED = 'fitted_temperature'  # in what such a checkpoint says of itself


def parse_args():
    parser = argparse.ArgumentParser(
        description='Fit the number by which logits are divided, so that probabilities become frequencies, on the '
        "validation split (the config's val_dataloader); everything that is predicted with the new checkpoint uses it.")
    arguments.add_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file, left as it is')
    parser.add_argument('out', help='checkpoint file to write')
    parser.add_argument('--pixels', type=int, default=1000, help='measured pixels of an image that are looked at, at '
                        'the most (default: %(default)s); each costs 4 bytes a bin')
    outputs.add_force(parser)
    args = parser.parse_args()
    if args.pixels < 1:
        parser.error(f'--pixels: expected a number > 0, got {args.pixels}')
    arguments.check_arguments(args)
    arguments.check_file('OUT', args.out)
    outputs.check_output('OUT', args.out, args.force, outputs.checkpoint_with(FITTED.encode()),
                         (args.checkpoint, args.config))
    return args


def main(args):
    from ..running import command_line, console, readiness
    from .temperature_fitting import fit_checkpoint
    with program.refusing():
        cfg = command_line.load_config(args)
        readiness.check_run(cfg, ('val', ))
    console.use_free_cpus()
    metrics = fit_checkpoint(cfg, args.checkpoint, args.out, args.pixels, FITTED)
    rows = {label: dict(NLL=metrics[f'nll{key}'], ECE=metrics[f'ece{key}'])
            for label, key in (('before', ''), ('after', '_after'))}
    print(f'\nTemperature {metrics["temperature"]:.4f}, fitted to {metrics["num_pixels"]} pixels\n\n'
          f'{metrics_table(rows, ["NLL", "ECE"])}\n\nWritten: {args.out}')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
