"""Fails where a link of a built site leads nowhere within it, or is malformed where it leaves it. Nothing is fetched.

Usage: python .ci/links.py FOLDER   (addresses outside of it are listed in FOLDER/external_links.txt, with their pages)
"""
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LIST = 'external_links.txt'
HOST = re.compile(r'([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}', re.I)
# Names that no one can own (RFC 2606) or that are one's own.
NOWHERE = re.compile(r'(^|\.)(example(\.(com|net|org))?|test|invalid|localhost|local)$', re.I)


class Page(HTMLParser):
    """What a page links to, and what may be linked in it."""

    def __init__(self, path):
        super().__init__()
        self.targets, self.anchors = set(), set()
        self.feed(path.read_text('utf-8'))

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        self.anchors.update(known[key] for key in ('id', 'name') if known.get(key))
        self.targets.update(known[key] for key in ('href', 'src') if known.get(key))


def check(folder):
    """(dead links, external addresses -> names of the pages that have them) of the pages below a folder."""
    pages = {path.resolve(): Page(path) for path in folder.rglob('*.html')}
    dead, outside = set(), {}
    for path, page in sorted(pages.items()):
        name = path.relative_to(folder.resolve()).as_posix()
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme == 'data':
                continue
            if parts.scheme or parts.netloc:
                outside.setdefault(target.partition('#')[0], []).append(name)
                continue
            to = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            to = to / 'index.html' if to.is_dir() else to
            if not to.exists() or parts.fragment and to in pages and unquote(parts.fragment) not in pages[to].anchors:
                dead.add(f'{name}: {target}')
    return sorted(dead), dict(sorted(outside.items()))


def malformed(address):
    """str or None: what is wrong with the form of an external address."""
    parts = urlsplit(address)
    if parts.scheme != 'https':
        return f'is not https but {parts.scheme or "of no scheme"}'
    if parts.username or parts.password:
        return 'holds a name or a password'
    if not HOST.fullmatch(parts.hostname or ''):
        return f'has no host of the internet: {parts.hostname}'
    if NOWHERE.search(parts.hostname):
        return f'leads to {parts.hostname}, which is nowhere'
    if re.search(r'[\s<>"{}|\\^`]|[.,;:)\]]$|//', address.removeprefix('https://')):
        return 'holds or ends in a sign that is of the text around it'
    return None


def main(folder):
    """Check a site and say what was found. Returns the exit status."""
    dead, outside = check(folder)
    wrong = [f'{address} {why} ({", ".join(outside[address])})' for address in outside if (why := malformed(address))]
    (folder / LIST).write_text(''.join(
        f'{address}  {" ".join(names) if len(names) < 20 else f"{len(names)} pages"}\n'
        for address, names in outside.items()), 'utf-8')
    print(f'{len(list(folder.rglob("*.html")))} pages, {len(dead)} dead links, {len(outside)} external addresses '
          f'({folder / LIST}), {len(wrong)} of them malformed')
    for line in (*dead, *wrong):
        print(line)
    return int(bool(dead or wrong))


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1])))
