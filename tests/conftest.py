"""What all tests share."""

import os

from hypothesis import settings

# An example that takes long tells how busy the machine is, nothing of the code. `make test` tries the same examples
# each time (PROPERTIES=same), so that it answers the same for the same code; pytest by itself looks for new ones.
settings.register_profile("liveproof", deadline=None, derandomize=os.environ.get("PROPERTIES") == "same")
settings.load_profile("liveproof")
