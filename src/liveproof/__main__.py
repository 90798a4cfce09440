"""``python -m liveproof``."""

import sys

from liveproof.cli.main import main

sys.exit(main())
