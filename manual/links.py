"""Every link of a built site, followed: to its file, and to its anchor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit


@dataclass(slots=True)
class Page:
    """What a page links to, what it loads of that, and the anchors that it has."""

    targets: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)


def broken_links(site: Path) -> Iterator[str]:
    """A line for each link that leads nowhere within the site."""
    pages = {path.resolve(): read(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        if path.name == "404.html":
            continue  # It is shown at any address, with links from the root of the host.
        for target in dict.fromkeys(page.targets):
            if urlsplit(target).scheme or target.startswith("//"):
                continue
            address, fragment = urldefrag(target)
            file = (path.parent / unquote(urlsplit(address).path)).resolve() if address else path
            file = file / "index.html" if file.is_dir() else file
            anchors = pages[file].anchors if file in pages else set()
            if not file.is_file() or (fragment and unquote(fragment) not in anchors):
                yield f"{path.relative_to(site.resolve())}: {target}"


def read(path: Path) -> Page:
    """The links and the anchors of a page."""
    reader = _Reader()
    reader.feed(path.read_text("utf-8"))
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name == "id":
                self.page.anchors.add(value)
            elif value and name in ("href", "src"):
                self.page.targets.append(value)
                if tag != "a":
                    self.page.loaded.append(value)
