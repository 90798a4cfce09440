"""Generated pages: written, or with ``--check`` only compared."""

import sys
from collections.abc import Mapping
from pathlib import Path

TOP = Path(__file__).parent.parent


def write_or_compare(wanted: Mapping[Path, str], arguments: list[str], folder: Path | None = None) -> int:
    """Write the pages; the exit status, 1 where ``--check`` finds them out of date.

    Every other page in ``folder`` goes.
    """
    there = {*wanted, *(folder.glob("*.md") if folder else ())}
    kept = {path: path.read_text(encoding="utf-8") for path in there if path.exists()}
    if kept == wanted:
        return 0
    if "--check" in arguments:
        what = folder or next(iter(wanted))
        print(f"{what.relative_to(TOP)} is not up to date; run `make docs`", file=sys.stderr)
        return 1
    for path in kept.keys() - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0
