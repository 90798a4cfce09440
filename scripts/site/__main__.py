"""Build the site; status 1 where a link leads nowhere, or a page would load something from elsewhere."""

import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from sphinx.cmd.build import build_main

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_LOADS = {"script", "link", "img", "iframe", "source", "video", "audio", "embed", "object", "use"}
_REMOTE = ("http:", "https:", "//")


def main(source: Path = ROOT / "docs", built: Path = ROOT / "build" / "site") -> int:
    """Build, then look at what was built."""
    cache = built.with_suffix(".cache")
    for old in (built, cache):  # pages that are gone would stay, and old tables of contents
        shutil.rmtree(old, ignore_errors=True)
    options = ["-q", "-W", "--keep-going", "-j", "auto", "-c", str(HERE), "-d", str(cache)]
    if status := build_main([*options, str(source), str(built)]):
        return status
    loaded = sorted(set(loaded_from_elsewhere(built)))
    for each in loaded:
        print(f"loaded from elsewhere: {each}", file=sys.stderr)
    if not loaded:
        print(f"the site: {built / 'index.html'}")
    return 1 if loaded else 0


def loaded_from_elsewhere(built: Path) -> Iterator[str]:
    """What pages and style sheets load by an address of another host, with the file that does."""
    for path in sorted(built.rglob("*.html")):
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        yield from (f"{path.relative_to(built)}: {each}" for each in page.loaded)
    for path in sorted(built.rglob("*.css")):
        text = path.read_text(encoding="utf-8").replace('"', "").replace("'", "").replace(" ", "")
        yield from (
            f"{path.relative_to(built)}: {word}{start}"
            for start in _REMOTE
            for word in ("url(", "@import", "@importurl(")
            if f"{word}{start}" in text
        )


class _Page(HTMLParser):
    """Collects what a page loads; links that a reader follows are not that."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the addresses of a tag that loads."""
        if tag in _LOADS:
            self.loaded += [
                value
                for name, value in attrs
                if value and name in ("src", "href", "data", "srcset") and value.strip().lower().startswith(_REMOTE)
            ]


if __name__ == "__main__":
    sys.exit(main())
