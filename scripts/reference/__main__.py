"""Write docs/reference from the sources of what it describes; with --check only compare it (status 1)."""

import sys
from pathlib import Path

from scripts.reference import commands, configuration, exit_statuses, schemas

PAGES = Path(__file__).parents[2] / "docs" / "reference"


def main(arguments: list[str]) -> int:
    """Write or compare every page."""
    wanted = {
        "commands.md": commands.page(),
        "configuration.md": configuration.page(),
        "exit-statuses.md": exit_statuses.page(),
        "schemas.md": schemas.page(),
    }
    kept = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    if kept == wanted:
        return 0
    if "--check" in arguments:
        print("docs/reference is not up to date; run `make docs`", file=sys.stderr)
        return 1
    PAGES.mkdir(parents=True, exist_ok=True)
    for name in kept.keys() - wanted.keys():
        (PAGES / name).unlink()
    for name, text in wanted.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
