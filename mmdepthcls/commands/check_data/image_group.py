"""The images of one kind beside each other. Pure."""
import math
import os
from collections import Counter, defaultdict

import numpy as np

from .finding import note, warning
from .outliers import LEAST_SAMPLES, far_from_rest


def check_sizes(records):
    """Findings about images of another size than the others in their folder."""
    folders = defaultdict(list)
    for record in records:
        if record.image:
            folders[os.path.dirname(record.img_path)].append(record)
    findings = []
    for members in folders.values():
        (usual, count), = Counter((r.image.height, r.image.width) for r in members).most_common(1)
        if count >= 2 and count >= 0.6 * len(members):
            findings += [warning('unusual size', r.img_path, f'{r.image.height} x {r.image.width} pixels, {count} of '
                                 f'{len(members)} images in its folder have {usual[0]} x {usual[1]}',
                                 'Cropped, resized or of another set?')
                         for r in members if (r.image.height, r.image.width) != usual]
    return findings


def check_images(records):
    """Findings about images that look otherwise than the rest: gray, empty, blurred, badly exposed."""
    findings = []
    deep = [record for record in records if record.image.sixteen_bits]
    if deep:
        findings.append(note('16-bit images', os.path.dirname(deep[0].img_path), f'{len(deep)} of {len(records)} '
                             'images have 16 bits a channel; the higher 8 of them are read, as mmcv does'))
    gray = [record for record in records if record.image.gray]
    if len(gray) > len(records) / 2:
        findings.append(note('gray images', os.path.dirname(gray[0].img_path), f'{len(gray)} of {len(records)} images '
                             'have no color'))
    else:
        findings += [warning('gray image', r.img_path, 'it has no color, most others have', 'Use the original file.')
                     for r in gray]
    for axis in ('rows', 'columns'):
        shares = [getattr(record.image, f'flat_{axis}') for record in records]
        usual = np.median(shares)
        findings += [warning('image is partly empty', r.img_path, f'{share:.0%} of its {axis} have a single color',
                             'Cut off or overwritten? Copy it again.')
                     for r, share in zip(records, shares, strict=True) if share > usual + 0.15]
    sharpness = np.log([record.image.sharpness for record in records])
    if len(records) >= LEAST_SAMPLES:
        findings += [warning('blurred image', r.img_path, f'it has {math.exp(far):.0%} of the details of the others',
                             'Enlarged from a small one, or compressed too much? Use the original file.')
                     for r, far in zip(records, far_from_rest(sharpness, math.log(3)), strict=True) if far < 0]
    usual = np.median([record.image.clipped for record in records])
    findings += [warning('badly exposed image', r.img_path, f'{r.image.clipped:.0%} of the pixels are black or white, '
                         f'in the others {usual:.0%}', 'Look at it: is anything to be seen?')
                 for r in records if r.image.clipped > usual + 0.4]
    return findings
