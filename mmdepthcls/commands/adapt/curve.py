"""The curve over rounds, drawn when all are done: errors on the test set, in metres and median-scaled."""
import copy

from ...atomic_file import write_atomically
from ...config.config_parts import depth_evaluators
from ...evaluation.metrics_table import metrics_table
from ...json_text import json_text
from ..running import console
from ..running.first_process import is_first
from ..running.program import UsageError
from ..running.terminal import fitted

NAMES = ('abs_rel', 'rmse', 'd1')
SCALED = 'median-scaled'
CURVE = 'curve'


def check_curve(cfg):
    """Refuse a config that cannot be tested, before the rounds.

    Raises:
        UsageError
    """
    if not cfg.get('test_dataloader'):
        raise UsageError('--curve: the config has no test_dataloader')
    depth_evaluators(cfg, '--curve')


def write_curve(plan, rounds):
    """Test the start and every round, print a table, and write it with all numbers.

    Args:
        plan (AdaptationPlan)
        rounds (Rounds): all done.
    """
    rows = []
    for number in range(plan.settings.rounds + 1):
        cfg = copy.deepcopy(plan.cfg)
        cfg.pop('self_training')
        for evaluator in depth_evaluators(cfg, '--curve'):
            evaluator.aligned = True
        cfg.load_from, cfg.resume, cfg.work_dir = rounds.weights(number), False, str(plan.folder / CURVE)
        cfg.experiment_name = f'{plan.folder.name}_{CURVE}_{number}'
        title = f'Testing {row_name(number)}'
        metrics = console.build_runner(cfg, lines=title, tables=False).test()
        rows.append(dict(round=number, metrics=metrics))
    if is_first():
        table = curve_table(rows, plan.settings.reported)
        write_atomically(plan.folder / f'{CURVE}.json', json_text(rows).encode())
        write_atomically(plan.folder / f'{CURVE}.md', f'{table}\n'.encode())
        print(fitted(f'\n{table}\n'), flush=True)


def row_name(number):
    """str: what the weights after a round are called; 0: before the first."""
    return f'round {number}' if number else 'source only'


def curve_table(rows, reported):
    """Markdown table.

    Args:
        rows (list[dict]): ``round`` and ``metrics`` of each.
        reported (int): the round that was fixed before.
    """
    table = {}
    for row in rows:
        scaled = {key.rpartition('/')[2]: value for key, value in row['metrics'].items()
                  if key.rpartition('/')[0].endswith(SCALED)}
        table[row_name(row['round']) + ' (reported)' * (row['round'] == reported)] = {
            **{name: row['metrics'].get(name) for name in NAMES},
            **{f'{name}, {SCALED}': scaled.get(name) for name in NAMES}}
    return metrics_table(table, [*NAMES, *(f'{name}, {SCALED}' for name in NAMES)])
