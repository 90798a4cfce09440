"""What all tests share."""

import os
import sys
from pathlib import Path

# Where the environment forbids bytecode (many containers do), pytest rewrites and compiles every test in each worker,
# and each liveproof that a test starts compiles itself: collecting took 12 s of CPU, 4 s with what is kept aside here.
if sys.dont_write_bytecode:
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix

from hypothesis import settings

# An example that takes long tells how busy the machine is, nothing of the code. `make test` tries the same examples
# each time (PROPERTIES=same), so that it answers the same for the same code; pytest by itself looks for new ones.
settings.register_profile("liveproof", deadline=None, derandomize=os.environ.get("PROPERTIES") == "same")
settings.load_profile("liveproof")
