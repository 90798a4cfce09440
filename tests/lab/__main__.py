"""``python -m tests.lab``."""

import sys

from tests.lab.command import main

sys.exit(main(sys.argv[1:]))
