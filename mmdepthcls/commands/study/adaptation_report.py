"""What a study of adaptations has found, as Markdown. Pure."""
import statistics

from ...markdown_table import markdown_table
from .record import cell
from .study_report import DECIMALS, verdict

METRIC, MEDIAN = 'metric', 'median-scaled'
METRICS, SCALED = ('abs_rel', 'rmse', 'd1'), ('abs_rel', 'd1')
VERDICTS = (
    'abs_rel of the test split, second minus first: above 0 the claim is right. "holds" and "fails": by more than the '
    'standard deviation between seeds (pooled over the two); "not seen": a smaller difference. A few seeds are few: '
    'this is no test of significance.')


def adaptation_report(records, plan, command, stem):
    """The report.

    Args:
        records (list[dict]): see :func:`mmdepthcls.commands.study.adaptation_training.train_adaptation_run`.
        plan (AdaptationStudy): of the study.
        command (str): that makes it.
        stem (str): name of the raw numbers (.json) beside it.

    Returns:
        str: Markdown.
    """
    rows = [record for record in records if record['part'] == 'row']
    constant = next((record['scores'] for record in records if record['part'] == 'constant'), None)
    parts = [_head(rows, plan, command, stem), rows_table(rows, constant, plan) + '\n', NOTES.format(
        reference=plan.reference, oracle=plan.oracle), gap_sentence(rows, plan) + '\n']
    curves = rounds_table(rows, plan)
    if curves:
        parts.append(f'## After each round\n\nabs_rel in metres, median-scaled in parentheses.\n\n{curves}\n')
    errors = labels_table(rows, plan)
    if errors:
        parts.append('## The pseudo-labels\n\nabs_rel of the pixels that are kept, and the median of label / truth in '
                     'parentheses. Looked at when all was trained; no training has read the truth of the target.\n\n'
                     f'{errors}\n')
    parts.append(f'## What follows\n\n{comparisons_table(rows, plan)}\n\n{VERDICTS}\n')
    if plan.conclusion:
        parts.append(f'## In words\n\n{plan.conclusion}\n')
    return '\n'.join(parts)


NOTES = (
    '"Gap closed" is the share of the difference in abs_rel (metres) between `{reference}` and `{oracle}` that a row '
    'takes away, mean of the seeds. The constant is the one that has the least abs_rel on the test images themselves. '
    'The oracle is trained on depth of the target as a LiDAR sees it; no other row has read any.\n')


def _head(rows, plan, command, stem):
    source, target = plan.worlds['source'], plan.worlds['target']
    devices = ', '.join(sorted({record['device'] for record in rows})) or '-'
    steps = plan.options['train_cfg.max_iters']
    return (
        f'# Results of adaptation\n\n```bash\n{command}\n```\n\n'
        f'{len(rows)} of {len(plan.rows) * len(plan.seeds)} trainings ({devices}). `{plan.base_name}` is trained on '
        f'{source["num_train"]} scenes of MiniDrive\'s world `{source.get("world", "source")}` for '
        f'{plan.start_options["train_cfg.max_iters"]} iterations. From these weights each row goes on for {steps} '
        f'iterations with the same learning rates, batches and {target["num_train"]} images of the world '
        f'`{target.get("world", "target")}`, seeds {", ".join(map(str, plan.seeds))}; nothing was tuned for any of '
        'them, and the last weights are tested, chosen by nothing. Tests are on '
        f'{target["num_test"]} other scenes of the target with dense depth, mean per image, up to 80 m: in metres, and '
        'with the median of each image made right. Mean ± standard deviation over seeds. All numbers: '
        f'[{stem}.json]({stem}.json).\n')


def of_row(records, name, protocol, metric):
    """list[float]: a metric of a row, one a seed."""
    return [record['scores'][protocol][metric] for record in records if record['row'] == name]


def rows_table(records, constant, plan):
    """A line a row: in metres, median-scaled, the share of the gap that it closes."""
    lines = [['', *METRICS, *(f'{metric}, median-scaled' for metric in SCALED), 'gap closed', 'seeds']]
    if constant:
        lines.append(['best constant depth', *(_cell([constant[METRIC][metric]], metric) for metric in METRICS),
                      *(_cell([constant[MEDIAN][metric]], metric) for metric in SCALED), '-', '-'])
    for name in plan.rows:
        number = len(of_row(records, name, METRIC, 'abs_rel'))
        if number:
            shares = closed_shares(records, plan, name)
            closed = '-' if not shares or name in (plan.reference, plan.oracle) else _percent(shares)
            lines.append([name, *(_cell(of_row(records, name, METRIC, metric), metric) for metric in METRICS),
                          *(_cell(of_row(records, name, MEDIAN, metric), metric) for metric in SCALED), closed,
                          str(number)])
    return markdown_table(lines)


def closed_shares(records, plan, name):
    """list[float]: of each seed that has all three, the share of the gap in abs_rel that a row closes."""
    def by_seed(row):
        return {record['seed']: record['scores'][METRIC]['abs_rel'] for record in records if record['row'] == row}

    before, own, best = (by_seed(row) for row in (plan.reference, name, plan.oracle))
    return [(before[seed] - own[seed]) / (before[seed] - best[seed]) for seed in sorted(own)
            if seed in before and seed in best and before[seed] != best[seed]]


def gap_sentence(records, plan):
    """str: how far apart the worlds are."""
    before, best = (of_row(records, name, METRIC, 'abs_rel') for name in (plan.reference, plan.oracle))
    if not before or not best:
        return f'`{plan.reference}` and `{plan.oracle}` are not trained yet: how far apart the worlds are is not known.'
    ratio = statistics.fmean(before) / statistics.fmean(best)
    return (f'The abs_rel of `{plan.reference}` is {ratio:.2f} times that of `{plan.oracle}`'
            + ('.' if ratio >= 1.5 else ': the worlds are too alike to say much of adaptation (1.5 was asked for '
               'beforehand).'))


def rounds_table(records, plan):
    """abs_rel after each round of the rows that have some; '' where none has."""
    return _by_round(records, plan, 'rounds', lambda scores: (scores[METRIC]['abs_rel'], scores[MEDIAN]['abs_rel']))


def labels_table(records, plan):
    """abs_rel of each round's pseudo-labels, and label / truth, of the rows that have some; '' where none has."""
    return _by_round(records, plan, 'labels', lambda errors: (errors['abs_rel'], errors['median_ratio']))


def _by_round(records, plan, key, numbers):
    """Two numbers a round, means of the seeds, of the rows whose records have a list of rounds by this key."""
    some = {name: [record[key] for record in records if record['row'] == name and record.get(key)]
            for name in plan.rows}
    some = {name: seeds for name, seeds in some.items() if seeds}
    if not some:
        return ''
    number = max(len(rounds) for each in some.values() for rounds in each)
    lines = [['', *(f'round {index + 1}' for index in range(number))]]
    for name, seeds in some.items():
        cells = []
        for index in range(number):
            at = [numbers(rounds[index]) for rounds in seeds if index < len(rounds)]
            means = [statistics.fmean(each) for each in zip(*at, strict=True)]
            cells.append('{:.4f} ({:.4f})'.format(*means) if at else '-')
        lines.append([name, *cells])
    return markdown_table(lines)


def comparisons_table(records, plan):
    """Each claim of the plan, in metres and median-scaled: difference of the means, and the verdict."""
    lines = [['claim', 'difference', 'verdict', 'median-scaled: difference', 'verdict']]
    for claim, better, worse in plan.comparisons:
        line = [f'{claim}: {better} against {worse}']
        for protocol in (METRIC, MEDIAN):
            errors = [of_row(records, name, protocol, 'abs_rel') for name in (better, worse)]
            line += [f'{statistics.fmean(errors[1]) - statistics.fmean(errors[0]):+.4f}' if all(errors) else '-',
                     verdict(*errors)]
        lines.append(line)
    return markdown_table(lines)


def _cell(numbers, metric):
    return cell(numbers, DECIMALS[metric])


def _percent(shares):
    return f'{cell([100 * share for share in shares], 0)} %'
