"""Where liveproof's PHP probe is installed, and whether a pool may be asked to run it."""

import os

from liveproof.host.errors import CannotSee
from liveproof.host.files import trusted

_LIMIT = 64 * 1024


def installed() -> str:
    """The path of the installed probe, its links resolved.

    Raises:
        CannotSee: somebody besides root and us could have written it, or it is not there.
    """
    path = os.path.realpath(os.path.join(os.path.dirname(__file__), "probe.php"))
    try:
        trusted.read(path, limit=_LIMIT, owner=os.geteuid())
    except trusted.Untrusted as error:
        raise CannotSee(f"the PHP probe is not run, since {error}") from None
    except OSError as error:
        raise CannotSee(f"the PHP probe {path} cannot be read ({error.strerror}); install liveproof again") from None
    return path
