"""How a moment is reported in findings."""

import time


def moment(at: float) -> str:
    """Epoch seconds as the host's own clock shows them: ``2026-11-23 22:01:46 UTC``."""
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(at))
