"""``python -m liveproof``."""

import sys

from liveproof.cli import main

sys.exit(main())
