"""What a study's numbers say, as Markdown. Pure."""
import statistics

from ...markdown_table import markdown_table
from .record import best_decoder, cell, pooled_spread, values

METRICS = ('abs_rel', 'rmse', 'rmse_log', 'd1')
HIGHER_IS_BETTER = ('d1', )
DECIMALS = {'abs_rel': 4, 'rmse': 2, 'rmse_log': 3, 'd1': 3}


def study_report(records, plan, command, stem):
    """The report.

    Args:
        records (list[dict]): see :func:`mmdepthcls.commands.study.training.train_run`.
        plan (Plan): of the study.
        command (str): that makes it.
        stem (str): name of the chart (.png) and the raw numbers (.json) beside it.

    Returns:
        str: Markdown.
    """
    parts = [_head(records, plan, command, stem)]
    for ground_truth in plan.ground_truths:
        some = [record for record in records if record['ground_truth'] == ground_truth]
        if some:
            parts.append(f'## Trained on {ground_truth} depth\n\n{variants_table(some, plan)}\n')
            parts.append(f'Readings of the same weights ({plan.default}), and which one is best for abs_rel on the '
                         f'validation split:\n\n{decoders_table(some, plan)}\n')
    parts.append(f'## What follows\n\n{comparisons_table(records, plan)}\n\n{VERDICTS}\n')
    parts.append(default_against_all(records, plan))
    if plan.conclusion:
        parts.append(f'## In words\n\n{plan.conclusion}\n')
    return '\n'.join(parts)


VERDICTS = (
    'abs_rel of the test split, each with the decoder that is best on the validation split, second minus first: above '
    '0 the claim is right. "holds" and "fails": by more than the standard deviation between seeds (pooled over the '
    'two); "not seen": a smaller difference. A few seeds are few, and with many comparisons some exceed the spread by '
    'chance: this is no test of significance.')


def _head(records, plan, command, stem):
    scenes, options = plan.data, plan.options
    grounds = ' and '.join(f'on {each}' for each in plan.ground_truths)
    devices = ', '.join(sorted({record['device'] for record in records})) or '-'
    return (
        f'# The study: what depth by classification owes to its parts\n\n```bash\n{command}\n```\n\n'
        f'{len(records)} of {len(plan.runs())} trainings ({devices}): {len(plan.variants)} variants of '
        f'`{plan.base_name}` that differ in nothing but their name, {grounds} ground truth (about 5 % of '
        f'the pixels, as a LiDAR sees them) of {scenes["num_train"]} generated scenes of {scenes["height"]} x '
        f'{scenes["width"]} pixels, {options["train_cfg.max_iters"]} iterations each, seeds '
        f'{", ".join(map(str, plan.seeds))}. Nothing was tuned for any of them. The last weights are tested on '
        f'{scenes["num_test"]} other scenes with dense depth, mean per image, depth < {plan.scored_range[1]:g} m. '
        f'Mean ± standard deviation over seeds. All numbers: [{stem}.json]({stem}.json).\n\n'
        f'![abs_rel of every variant]({stem}.png)\n\n'
        '*A dot is a training, a line the mean of a variant; filled: read by the decoder that is best on the '
        'validation split, open: by the decoder of its config.*\n')


def variants_table(records, plan):
    """Test scores of each variant, read by its own decoder and by the one that is best on the validation split."""
    lines = [['', *METRICS, 'best decoder', 'its abs_rel', 'seeds']]
    for variant in plan.variants:
        some = [record for record in records if record['variant'] == variant]
        if some:
            best = best_decoder(some)
            lines.append([variant, *(_cell(values(some, metric), metric) for metric in METRICS), best,
                          _cell(values(some, 'abs_rel', decoder=best), 'abs_rel'), str(len(some))])
    return markdown_table(lines)


def decoders_table(records, plan):
    """Test scores of the default variant, by decoder."""
    some = [record for record in records if record['variant'] == plan.default]
    if not some:
        return 'No training of it yet.'
    lines = [['', *METRICS, 'abs_rel, validation']]
    for decoder in plan.decoders:
        lines.append([decoder, *(_cell(values(some, metric, decoder=decoder), metric) for metric in METRICS),
                      _cell(values(some, 'abs_rel', 'val', decoder), 'abs_rel')])
    return markdown_table(lines)


def verdict(better, worse):
    """Whether one list of errors is less than another by more than their pooled standard deviation.

    Args:
        better, worse (list[float]): one error a seed.

    Returns:
        str: 'holds', 'fails' or 'not seen'; '-' where there are not two of each.
    """
    if min(len(better), len(worse)) < 2:
        return '-'
    difference = statistics.fmean(worse) - statistics.fmean(better)
    return 'not seen' if abs(difference) <= pooled_spread(better, worse) else 'holds' if difference > 0 else 'fails'


def comparisons_table(records, plan):
    """Each claim of the plan on each ground truth: difference of the means, and the verdict."""
    lines = [['claim', *(text for truth in plan.ground_truths for text in (f'{truth}: difference', 'verdict'))]]
    for claim, better, worse in plan.comparisons:
        line = [f'{claim}: {better} against {worse}']
        for ground_truth in plan.ground_truths:
            pair = [[record for record in records if record['ground_truth'] == ground_truth
                     and record['variant'] == name] for name in (better, worse)]
            errors = [values(some, 'abs_rel', decoder=best_decoder(some)) if some else [] for some in pair]
            known = all(errors)
            line += [f'{statistics.fmean(errors[1]) - statistics.fmean(errors[0]):+.4f}' if known else '-',
                     verdict(*errors)]
        lines.append(line)
    return markdown_table(lines)


def default_against_all(records, plan):
    """Which variants, each with its best decoder, beat the default with its own by more than the spread."""
    lines = []
    for ground_truth in plan.ground_truths:
        by_variant = {variant: [record for record in records
                                if (record['variant'], record['ground_truth']) == (variant, ground_truth)]
                      for variant in plan.variants}
        by_variant = {variant: each for variant, each in by_variant.items() if len(each) > 1}
        if plan.default in by_variant:
            found = '; '.join(_beaten_in(metric, by_variant, plan.default) for metric in METRICS)
            lines.append(f'- {ground_truth}, {best_decoder(by_variant[plan.default])}: {found}.')
    return '\n'.join([f'The default, {plan.default}, against all others, each with the decoder that is best on the '
                      'validation split (for abs_rel), and what is better by more than the spread:\n', *lines, ''])


def _beaten_in(metric, by_variant, default):
    """What beats the default in one metric, in words."""
    numbers = {variant: values(each, metric, decoder=best_decoder(each)) for variant, each in by_variant.items()}
    sign = -1 if metric in HIGHER_IS_BETTER else 1
    errors = {variant: [sign * number for number in each] for variant, each in numbers.items()}
    better = [f'{variant} ({_cell(numbers[variant], metric)})' for variant in errors
              if verdict(errors[variant], errors[default]) == 'holds']
    return f'{metric} {_cell(numbers[default], metric)}, better: {", ".join(better) or "none"}'


def _cell(numbers, metric):
    return cell(numbers, DECIMALS[metric])
