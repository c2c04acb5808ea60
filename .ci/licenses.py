"""Prints the license of every distribution that is installed beside this Python; fails where one is not known as free.

Usage: python .ci/licenses.py
"""
import re
import sys
from importlib.metadata import distributions

# What a license's name holds that lets this package's users do all that Apache-2.0 does.
FREE = re.compile(r'\b(0BSD|Apache|BSD|BSL-1\.0|CC0|CNRI|HPND|ISC|LLVM-exception|MIT|MPL|Mozilla|PSF|Python Software|'
                  r'Unlicense|Zlib)\b', re.I)
BOUND = re.compile(r'\b[AL]?GPL|GNU |non-?commercial|\bNC\b|proprietary', re.I)
# Distributions whose license is neither, and why they may be there all the same.
KNOWN = {
    r'nvidia-.*|cuda-.*': "NVIDIA's own; torch requires it on its own account, and nothing of it is passed on here",
}
# What every environment has, and what is looked at.
APART = ('pip', 'setuptools', 'wheel', 'mmdepthcls')


def named_license(metadata):
    """str: the license that a distribution's metadata name, by the clearest of the fields that say so; '' for none."""
    classifiers = [line.rpartition('::')[2].strip() for line in metadata.get_all('Classifier') or []
                   if line.startswith('License ::')]
    # Abbreviations stand behind the names of some: ISC License (ISCL).
    classifiers = [re.sub(r' \([^()]+\)$', '', name) for name in classifiers
                   if name not in ('OSI Approved', 'DFSG approved')]
    text = (metadata.get('License') or '').strip()
    of_text = text if '\n' not in text else next(iter(re.findall(r'Apache License|MIT License|BSD', text)), '')
    return metadata.get('License-Expression') or ' AND '.join(classifiers) or of_text


def is_free(license):
    """Whether every part of a license is free, or of alternatives one (with brackets all must be)."""
    joints = r' AND | WITH |;' + (r'| OR |[()]' if '(' in license else '')
    alternatives = [re.split(joints, each, flags=re.I)
                    for each in ([license] if '(' in license else re.split(r' OR ', license, flags=re.I))]
    return any(all(FREE.search(part) and not BOUND.search(part) for part in parts if part.strip())
               for parts in alternatives if any(part.strip() for part in parts))


def check(found):
    """(lines, refused) of distributions: 'name version: license', and the lines of those that are not free."""
    lines, refused = [], []
    for metadata in sorted((each.metadata for each in found), key=lambda each: each['Name'].lower()):
        name = re.sub(r'[-_.]+', '-', metadata['Name']).lower()
        if name in APART:
            continue
        license = named_license(metadata)
        reason = next((why for pattern, why in KNOWN.items() if re.fullmatch(pattern, name)), None)
        lines.append(f'{metadata["Name"]} {metadata["Version"]}: {license or "no license"}'
                     + (f' ({reason})' if reason else ''))
        if not reason and not is_free(license):
            refused.append(lines[-1])
    return lines, refused


if __name__ == '__main__':
    lines, refused = check(distributions())
    print(*lines, sep='\n')
    print(*(f'not known as free: {line}' for line in refused), sep='\n')
    sys.exit(bool(refused))
