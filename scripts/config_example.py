"""Write docs/liveproof.toml.example, which is what `liveproof install` lays down; with --check only compare it."""

import sys
from pathlib import Path

from liveproof.install.config_file import config_file

EXAMPLE = Path(__file__).parent.parent / "docs" / "liveproof.toml.example"


def main(arguments: list[str]) -> int:
    """Write or compare it; status 1 where it is not up to date."""
    wanted = config_file().content
    if EXAMPLE.read_bytes() == wanted:
        return 0
    if "--check" in arguments:
        print("docs/liveproof.toml.example is not up to date; run `make docs`", file=sys.stderr)
        return 1
    EXAMPLE.write_bytes(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
