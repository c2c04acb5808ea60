"""Try every model that MMSegmentation ships as a depth classifier, and write the table of docs/models.md."""
import argparse
from pathlib import Path

from ...atomic_file import write_atomically
from ...compat import installed_stack
from ..running import program


def parse_args():
    parser = argparse.ArgumentParser(
        description='Each _base_/models/*.py of the installed MMSegmentation is built as a DepthClassifier without '
        'pretrained weights, trained for a step on random images and asked for a prediction. About two minutes on '
        'one CPU core.')
    parser.add_argument('names', nargs='*', metavar='NAME', help='only these, such as fcn_r50-d8.py (default: all)')
    parser.add_argument('--write', type=Path, metavar='FILE',
                        help='write the results into the table of this file, in the column of the stack that is '
                        'installed: docs/models.md')
    program.add_arguments(parser)
    return parser.parse_args()


def main(args):
    from .model_table import WORKS, judge_model, parts_of, read_table, write_table
    from .recipe_file import shipped_models
    paths = {path.name: path for path in shipped_models()}
    unknown = sorted(set(args.names) - set(paths))
    if unknown:
        raise program.UsageError(f'{", ".join(unknown)}: no such model; there are {", ".join(paths)}')
    stack = installed_stack()
    try:
        old = args.write.read_text('utf-8') if args.write else ''
        if args.write:
            write_table(old, {})  # whether there is a table, before the sweep
    except (OSError, ValueError) as error:
        raise program.UsageError(f'{args.write}: {error}') from error
    rows = read_table(old) if args.names else {name: row for name, row in read_table(old).items() if name in paths}
    works = 0
    for name in args.names or paths:
        verdict = judge_model(paths[name])
        backbone, heads = parts_of(paths[name])
        rows[name] = {**rows.get(name, {}), 'backbone': backbone, 'heads': heads, stack: verdict}
        works += verdict.startswith(WORKS)
        print(f'{name}: {verdict}', flush=True)
    print(f'{works} of {len(args.names or paths)} work on the {stack} stack')
    if args.write:
        write_atomically(args.write, write_table(old, rows).encode())


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
