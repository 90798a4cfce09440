"""liveproof proves that the code that was deployed is the code that is live."""

import sys

__version__ = "0.1.0"

# Before anything else of ours is read, in words that every Python understands: an older one would show a SyntaxError.
if sys.version_info < (3, 11):  # noqa: UP036  (a copied directory, which no installer has judged)
    sys.stderr.write(
        "liveproof needs Python 3.11 or newer, and %s is Python %s: run it with a newer one\n"  # noqa: UP031
        % (sys.executable or "this", sys.version.split()[0])
    )
    sys.exit(2)
