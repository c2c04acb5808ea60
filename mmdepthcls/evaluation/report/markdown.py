"""A report's numbers as Markdown. Pure."""
from ...count_text import counted
from ..errors import ALL_NAMES, ERROR_NAMES
from ..metrics_table import metrics_table, protocols_table

NOTES = """`N` images have ground truth and are scored. `mean` over images is the mean of each image's error; over
pixels, it is the error of the pixels of all images together. rmse, mae and sq_rel are in m, silog in %, irmse and imae
in 1/km; the others have no unit."""
FLOOR = """*bins alone*: the ground truth after it went through the bins, which is what a classifier of these bins gives
that is never wrong (only mixing bins can go lower). *best constant*: the one depth with the least abs_rel, found and
scored from histograms of the ground truth with bins 0.9 % wide."""
NO_BETTER = 0.99  # of the best constant's abs_rel: a model that stays above has learned nothing


def report_markdown(protocols, contents):
    """The report.

    Args:
        protocols (list[Protocol])
        contents (dict): see :func:`~.report.report_contents`, with the names of all ``pictures``.

    Returns:
        str
    """
    parts = [f'# Depth errors{": " + contents["title"] if contents["title"] else ""}', _summary(contents)]
    scored = [entry for entry in contents['protocols'] if entry['num_images']]
    rows = {protocol: {**(entry['model'] or {}), 'num_images': entry['num_images']}
            for protocol, entry in zip(protocols, contents['protocols'], strict=True)}
    parts += ['## Protocols', protocols_table(rows), NOTES]
    parts += _counts(contents)
    if scored:
        parts += ['## The floor and the ladder', _floor_note(scored)]
        for entry in scored:
            published = contents['published'] if entry is contents['protocols'][0] else None
            parts += [f'### {entry["name"]}', _ladder(entry, published)]
            if published:
                parts.append(f'*published*: as printed in {published["source"]}. They are not recomputed, and their '
                             'ground truth, crop and number of images may differ from those of this protocol.')
        parts += _all_metrics(scored) + _by_distance(scored, contents['pictures'])
    parts += _bins(contents) + _images(contents)
    return '\n\n'.join(part for part in parts if part) + '\n'


def doubt_of_model(contents):
    """str or None: a sentence about a model that has learned nothing, by the first protocol."""
    first = contents['protocols'][0]
    constant = (first['best_constant'] or {}).get('errors', {}).get('abs_rel')
    if not first['num_images'] or constant is None or first['model']['abs_rel'] < NO_BETTER * constant:
        return None
    return ('The model is no better than the constant: one depth everywhere has abs_rel '
            f'{constant:.4f} (docs/troubleshooting.md says what to try).')


def _summary(contents):
    first, images = contents['protocols'][0], counted(contents['num_images'], 'image')
    lines = []
    if not any(entry['num_images'] for entry in contents['protocols']):
        lines.append(f'**Nothing was scored**, of {images}. See the reasons below.')
    elif not first['num_images']:
        lines.append(f'{images}. **The first protocol, {first["name"]}, scored nothing.**')
    else:
        errors = first['model']
        lines.append(f'{images}, {first["num_images"]} of them scored by {first["name"]}: '
                     f'abs_rel **{errors["abs_rel"]:.4f}**, rmse **{errors["rmse"]:.3f} m**, '
                     f'd1 **{errors["d1"]:.3f}**.')
        doubt = doubt_of_model(contents)
        if doubt:
            what, colon, rest = doubt.partition(':')
            lines.append(f'**{what}**{colon}{rest}')
    if contents['bins']:
        lines.append(f'Bins: `{_short(contents["bins"]["name"])}`.')
    lines.append('All numbers, also of every image, are in [report.json](report.json).')
    return '\n'.join(lines)


def _counts(contents):
    """What was scored, and why the rest was not."""
    rows = {entry['name']: {'images': contents['num_images'], 'scored': entry['num_images'],
                            'pixels': entry['num_pixels'], 'bad predictions': entry['bad_predictions']}
            for entry in contents['protocols']}
    reasons = [f'- {entry["name"]}: {count} of {contents["num_images"]} images not scored: {reason}'
               for entry in contents['protocols'] for reason, count in entry['not_scored'].items()]
    return ['## What was scored', metrics_table(rows, ['images', 'scored', 'pixels', 'bad predictions']),
            'Bad predictions are scored pixels that were not predicted, NaN, infinite, zero or negative; they count as '
            'the worse end of the range.', '\n'.join(reasons)]


def _floor_note(scored):
    outside = [f'{entry["bins_alone"]["pixels_outside"] / entry["num_pixels"]:.2%} ({entry["name"]})'
               for entry in scored if entry['bins_alone'] and entry['bins_alone']['pixels_outside']]
    note = f' No bin holds {", ".join(outside)} of the pixels: there the nearest bin is taken.' if outside else ''
    return FLOOR + note


def _rungs(entry):
    rows = {'model': entry['model']}
    if entry['bins_alone']:
        rows['bins alone'] = entry['bins_alone']['errors']
    if entry['best_constant']:
        depth = entry['best_constant']['depth']
        how = "scaled to each image's median" if entry['settings']['median_scaling'] else 'aligned to each image'
        label = f'any constant ({how})' if depth is None else f'best constant ({depth:.1f} m)'
        rows[label] = entry['best_constant']['errors']
    return rows


def _ladder(entry, published):
    rows = _rungs(entry)
    if published:
        # As printed: three decimals.
        rows |= {f'{method} (published)': {name: f'{value:.3f}' for name, value in errors.items()}
                 for method, errors in published['rows'].items()}
    return metrics_table(rows)


def _all_metrics(scored):
    rows = {f'{entry["name"]}: {label}': errors for entry in scored for label, errors in _rungs(entry).items()}
    return ['## All metrics', metrics_table(rows, ALL_NAMES),
            'sq_rel_kitti and silog_kitti are those of KITTI\'s development kit ((p - g)² / g² and silog not in %), '
            'silog_paper is eq. 5 of Oluwafemi et al. (2019).']


def _by_distance(scored, pictures):
    parts = ['## By distance', 'Distance is that of the ground truth.']
    if 'error_by_distance.png' in pictures:
        parts.append('![Error against distance](error_by_distance.png)')
    for entry in scored:
        rows = {}
        for band in entry['bands']:
            label = f'{band["from"]:g}-{band["to"]:g} m' if band['to'] else f'{band["from"]:g} m and more'
            rows[label] = {'N': band['num_images'], 'pixels': f'{band["num_pixels"] / entry["num_pixels"]:.1%}',
                           **(band['model'] or {})}
        parts += [f'### {entry["name"]}, by distance', metrics_table(rows, ['N', 'pixels', *ERROR_NAMES])]
    return parts


def _bins(contents):
    confusion = contents['confusion']
    if not confusion:
        return []
    within = confusion['share_within']
    shares = [f'{within[min(away, len(within) - 1)]:.1%}' for away in (0, 1, 2, 5)]
    text = (f'Of the pixels that {contents["protocols"][0]["name"]} scores, {shares[0]} are predicted in the right '
            f'bin, {shares[1]} at most one bin away, {shares[2]} at most two, {shares[3]} at most five.')
    if confusion['num_pixels'] != confusion['num_scored_pixels']:
        text += (f' (Counted over {confusion["num_pixels"]} pixels, where {confusion["num_scored_pixels"]} are scored: '
                 'processes had images in common.)')
    return ['## Bins', text, '![Predicted bins around the true ones](confusion.png)']


def _images(contents):
    if not contents['worst']:
        return []
    first = contents['protocols'][0]['name']
    rows = {f'[{side} {rank}]({image["picture"]}): {_escaped(image["name"])}': image['errors']
            for side in ('worst', 'best') for rank, image in enumerate(contents[side], 1)}
    return ['## Worst and best images', f'By abs_rel under {first}. Error maps show (prediction - truth) / truth.',
            metrics_table(rows, ['abs_rel', 'rmse', 'd1', 'silog'])]


def _short(text, length=200):
    return text if len(text) <= length else f'{text[:length]}...'


def _escaped(name):
    return name.replace('|', '\\|')
