"""Fails where a link of a built site leads nowhere within it; lists the addresses that it leads to outside.

Usage: python .ci/links.py FOLDER
"""
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


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
    """(dead links, external addresses) of the pages below a folder, as sorted lists."""
    pages = {path.resolve(): Page(path) for path in folder.rglob('*.html')}
    dead, outside = set(), set()
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                outside.add(target.partition('#')[0])
                continue
            to = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            to = to / 'index.html' if to.is_dir() else to
            if not to.exists() or parts.fragment and to in pages and unquote(parts.fragment) not in pages[to].anchors:
                dead.add(f'{path.relative_to(folder.resolve())}: {target}')
    return sorted(dead), sorted(address for address in outside if not address.startswith('data:'))


if __name__ == '__main__':
    root = Path(sys.argv[1])
    dead, outside = check(root)
    print(*(f'external: {address}' for address in outside), sep='\n')
    print(f'{len(list(root.rglob("*.html")))} pages, {len(dead)} dead links')
    print(*dead, sep='\n')
    sys.exit(bool(dead))
