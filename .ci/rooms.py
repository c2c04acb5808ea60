"""Prints a table of coverage by room of a file that ``coverage json`` wrote."""
import json
import sys
from collections import Counter
from pathlib import PurePath

lines, run = Counter(), Counter()
with open(sys.argv[1], encoding='utf-8') as file:
    files = json.load(file)['files']
for name, numbers in files.items():
    _, *rooms, _ = PurePath(name).parts
    for room in {'/'.join(rooms[:2]) or '(its own modules)', 'all'}:
        lines[room] += numbers['summary']['num_statements']
        run[room] += numbers['summary']['covered_lines']
print('| room | lines | run |\n|------|------:|----:|')
for room in sorted(lines, key=lambda room: (room == 'all', room)):
    print(f'| {room} | {lines[room]} | {100 * run[room] / max(lines[room], 1):.1f} % |')
