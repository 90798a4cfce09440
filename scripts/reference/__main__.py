"""Write docs/reference from the sources of what it describes; with --check only compare it (status 1)."""

import sys

from scripts.pages import TOP, write_or_compare
from scripts.reference import commands, configuration, exit_statuses, schemas

PAGES = TOP / "docs" / "reference"


def main(arguments: list[str]) -> int:
    """Write or compare every page."""
    wanted = {
        "commands.md": commands.page(),
        "configuration.md": configuration.page(),
        "exit-statuses.md": exit_statuses.page(),
        "schemas.md": schemas.page(),
    }
    return write_or_compare({PAGES / name: text for name, text in wanted.items()}, arguments, PAGES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
