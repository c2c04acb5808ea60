"""Make a model file, OUT.safetensors, of a config and a checkpoint."""
import argparse
import os
from pathlib import Path

from ...atomic_file import check_not_input
from ..running import arguments, program
from ..running.config_files import find_config
from ..running.terminal import fitted

DECODE_AT = ('output', 'input', 'logits')
EPILOG = """A model file holds the weights and, as JSON in its head, all that is needed to use them: model, bins,
decoder, the geometry of the test pipeline, normalization; and what is known of the training. Nothing in it is executed
when it is loaded, so it can be given to others. docs/model_file.md describes it."""


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help=arguments.CONFIG_HELP)
    parser.add_argument('checkpoint', help='checkpoint file (.pth), read without executing anything in it')
    parser.add_argument('out', help='model file to write; ends in .safetensors')
    parser.add_argument('--half', action='store_true', help='weights in half precision (norms and bins stay as they '
                        'are): half the size')
    parser.add_argument('--force', action='store_true', help='replace OUT if it is there')
    parser.add_argument('--decode-at', choices=DECODE_AT, help='where logits become metres, in place of what the '
                        'config says; prints what it costs if the test images are here')
    scores = parser.add_mutually_exclusive_group()
    scores.add_argument('--scores', metavar='FILE', help='scores to put in: report.json of test --report, or the JSON '
                        'of evaluate-predictions --json')
    scores.add_argument('--test', action='store_true', help="score the file that is written on the config's test split")
    facts = parser.add_argument_group('what is known of the training (default: as the config and its data say)')
    facts.add_argument('--focal-px', type=float, metavar='F', help="focal length in pixels of the network's input")
    facts.add_argument('--scenes', metavar='TEXT', help='kind of scenes')
    facts.add_argument('--training-data', metavar='TEXT', action='append', help='what it was trained on; may be '
                       'repeated')
    facts.add_argument('--license', metavar='TEXT', action='append', help='of data and first weights, terms of use; '
                       'may be repeated')
    arguments.add_config_options(parser)
    program.add_arguments(parser)
    args = parser.parse_args()
    args.config = find_config(args.config)
    _check_files(args)
    if args.focal_px is not None and not 0 < args.focal_px < 1e6:
        parser.error(f'--focal-px: expected a number of pixels > 0, got {args.focal_px:g}')
    return args


def _check_files(args):
    if '://' in args.checkpoint:
        raise program.UsageError(f'checkpoint {args.checkpoint} is an address; fetch it and give the file')
    arguments.check_checkpoint(args.checkpoint)
    arguments.check_file('OUT', args.out)
    if not args.out.endswith('.safetensors'):
        raise program.UsageError(f'OUT {args.out}: expected a name that ends in .safetensors')
    try:
        check_not_input(args.out, args.checkpoint, args.config, args.scores)
    except ValueError as error:
        raise program.UsageError(str(error)) from error
    if os.path.lexists(args.out) and not args.force:
        raise program.UsageError(f'OUT {args.out} is there already; --force replaces it')
    if args.scores is not None and not os.path.isfile(args.scores):
        raise program.UsageError(f'--scores {args.scores}: there is no such file')


def main(args):
    from ..running import console, readiness
    from .publication import Publication, summary
    with program.refusing():
        cfg = readiness.read_config(args.config, args.cfg_options)
        cfg.default_scope = cfg.get('default_scope') or 'mmseg'
        publication = Publication.of(cfg, args.checkpoint, args.decode_at, args.half)
        scores = []
        if args.scores:
            from .scores import read_scores
            scores = read_scores(args.scores)
    console.use_free_cpus()
    given = dict(focal_px=args.focal_px, scenes=args.scenes, training_data=args.training_data, licenses=args.license)
    description = publication.describe(scores, {key: value for key, value in given.items() if value is not None})
    if args.decode_at:
        print(fitted(publication.cost_of_decode_at()))
        if args.scores:
            publication.remarks.append(f'the scores of {args.scores} are put in as they are; see that they were found '
                                       f'with decode_at={args.decode_at!r}')
    description, difference = publication.write(args.out, description, args.test, args.force)
    print(fitted(summary(args.out, description, difference)))
    for remark in publication.remarks:
        print(fitted(f'Note: {remark}'))
    print(f'\nWritten: {args.out} ({Path(args.out).stat().st_size / 1e6:.1f} MB)')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
