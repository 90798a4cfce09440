"""The product's own words for a test host; found in the checkout when liveproof is not installed."""

import sys

from tests.lab.places import REPOSITORY

try:
    from liveproof.model.lab import Answer, Lab
except ModuleNotFoundError:
    sys.path.insert(0, str(REPOSITORY / "src"))
    from liveproof.model.lab import Answer, Lab

__all__ = ["Answer", "Lab"]
