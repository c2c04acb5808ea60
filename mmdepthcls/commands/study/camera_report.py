"""What the numbers of a study of cameras say, as Markdown. Pure."""
import statistics

from ...markdown_table import markdown_table
from .record import MIXTURE, WITHOUT, cell, pooled_spread

LAW = 0.03  # how far the measured median p/g may be from the law's
LIKENESS = 0.1  # how much abs_rel may be above that of a model trained at the same focal length


def camera_report(records, plan, command, stem):
    """The report.

    Args:
        records (list[dict]): see :func:`mmdepthcls.commands.study.camera_training.train_camera_run`.
        plan (CameraPlan): of the study.
        command (str): that makes it.
        stem (str): name of the raw numbers (.json) beside it.

    Returns:
        str: Markdown.
    """
    parts = [_head(records, plan, command, stem)]
    if any(record['camera'] == plan.trained for record in records):
        parts += [f'{camera_table(records, plan)}\n', f'{WORDS}\n', f'{verdicts(records, plan)}\n']
    if plan.conclusion:
        parts.append(f'## In words\n\n{plan.conclusion}\n')
    return '\n'.join(parts)


WORDS = (
    'median p/g: the median over the images of the median of prediction / truth in each. law: what becomes of it at '
    'another focal length, trained / tested one without a canonical camera, else 1. off: measured / law - 1, measured '
    'being relative to the same weights at the focal length that they were trained at, of the mixture at the canonical '
    'one (by what they are biased there is no matter of cameras). Against one trained there: difference of abs_rel '
    'from models that were trained at the tested focal length on the same scenes; in brackets the standard deviation '
    'between seeds, pooled over the two.')


def _head(records, plan, command, stem):
    scenes = plan.data
    devices = ', '.join(sorted({record['device'] for record in records})) or '-'
    cameras, mixed = (', '.join(f'{name} ({plan.focal_px(name):.1f} px)' for name in names)
                      for names in (plan.cameras, plan.mixture))
    mixture = (f' So do {mixed}, which are mixed with {plan.trained} in a training of as many iterations.' if mixed
               else '')
    return (
        f'# The study of cameras: a focal length that a model was not trained at\n\n```bash\n{command}\n```\n\n'
        f'{len(records)} of {len(plan.runs())} trainings ({devices}) of `{plan.base_name}`, '
        f'{plan.options["train_cfg.max_iters"]} iterations on dense depth of {scenes["num_train"]} MiniDrive scenes of '
        f'{scenes["height"]} x {scenes["width"]} pixels, seeds {", ".join(map(str, plan.seeds))}. The cameras '
        f'{cameras} see the same scenes.{mixture} The last weights are tested on {scenes["num_test"]} other scenes, '
        f'mean per image, {plan.scored_range[0]:g} m < depth < {plan.scored_range[1]:g} m. Mean ± standard deviation '
        f'over seeds. All numbers: [{stem}.json]({stem}.json).\n')


def numbers_of(records, trained, tested, way, metric):
    """list[float]: a metric of each seed's training at one focal length, tested at one, in one way."""
    return [record['scores'][tested][way][metric] for record in records
            if record['camera'] == trained and way in record['scores'].get(tested, {})]


def law(plan, tested, way):
    """float: what median p/g is at a focal length, relative to that at the trained one, in closed form."""
    return plan.cameras[plan.trained] / plan.cameras[tested] if way == WITHOUT else 1.0


def deviation(records, plan, tested, way, trained=None):
    """float: measured median p/g, relative to that at the trained focal length, over the law's, minus 1."""
    trained = trained or plan.trained
    home = statistics.fmean(numbers_of(records, trained, plan.trained, way, 'median_ratio'))
    there = statistics.fmean(numbers_of(records, trained, tested, way, 'median_ratio'))
    return there / home / law(plan, tested, way) - 1


def against_local(records, plan, tested, way, trained=None):
    """tuple[float, float] or None: relative difference of abs_rel from models trained at the tested focal length, and
    the pooled standard deviation between seeds, relative to the same; None where there are not two seeds of each."""
    here = numbers_of(records, trained or plan.trained, tested, way, 'abs_rel')
    local = numbers_of(records, tested, tested, WITHOUT, 'abs_rel')
    if min(len(here), len(local)) < 2:
        return None
    mean = statistics.fmean(local)
    return statistics.fmean(here) / mean - 1, pooled_spread(here, local) / mean


def camera_table(records, plan):
    """A row for each tested focal length and way, for the mixture, and for the models that were trained there."""
    lines = [['tested at', 'model', 'abs_rel', 'd1', 'median p/g', 'law', 'off', 'against one trained there']]
    for camera in plan.cameras:
        for trained, way in _asked(records, plan, camera):
            at_home = trained == camera
            pair = None if at_home else against_local(records, plan, camera, way, trained)
            lines.append([
                camera, f'{_trained(trained)}, {_named(way)}', *_cells(records, trained, camera, way),
                f'{law(plan, camera, way):.3f}', f'{100 * deviation(records, plan, camera, way, trained):+.1f} %',
                f'{100 * pair[0]:+.1f} % (± {100 * pair[1]:.1f} %)' if pair else '-'])
        if camera != plan.trained and numbers_of(records, camera, camera, WITHOUT, 'abs_rel'):
            lines.append([camera, _trained(camera), *_cells(records, camera, camera, WITHOUT), '-', '-', '-'])
    return markdown_table(lines)


def verdicts(records, plan):
    """Which of the two statements hold, focal length by focal length."""
    lines = []
    for camera in (name for name in plan.cameras if name != plan.trained):
        for trained, way in _asked(records, plan, camera):
            if way == WITHOUT:
                off = deviation(records, plan, camera, way)
                lines.append(f'- {camera}, {_named(way)}: median p/g moves to {law(plan, camera, way):.3f} of what it '
                             f'was within {100 * LAW:g} %: {_yes(abs(off) <= LAW)} ({100 * off:+.1f} %).')
            elif pair := against_local(records, plan, camera, way, trained):
                difference, spread = pair
                lines.append(
                    f'- {camera}, {_trained(trained)}, {_named(way)}: abs_rel within {100 * LIKENESS:g} % of a model '
                    f'trained there: {_yes(difference <= LIKENESS)} ({100 * difference:+.1f} %); above it by no more '
                    f'than the seeds differ: {_yes(difference <= spread)} ({100 * spread:.1f} %).')
    return '\n'.join(lines)


def _asked(records, plan, camera):
    """Of a tested camera, what is asked about: (trained, way), as far as there are numbers."""
    pairs = [*((plan.trained, way) for way in plan.ways), (MIXTURE, plan.mixture_way)]
    return [(trained, way) for trained, way in pairs if numbers_of(records, trained, camera, way, 'abs_rel')]


def _trained(camera):
    return 'trained on the mixture' if camera == MIXTURE else f'trained at {camera}'


def _named(way):
    return 'no canonical camera' if way == WITHOUT else f'canonical camera {way}'


def _yes(holds):
    return 'yes' if holds else 'no'


def _cells(records, trained, tested, way):
    return [cell(numbers_of(records, trained, tested, way, metric), decimals)
            for metric, decimals in (('abs_rel', 4), ('d1', 3), ('median_ratio', 3))]
