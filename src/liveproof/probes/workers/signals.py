"""When artisan last told the app's workers to end, as its cache tells it where that lies in files."""

import re

from liveproof.analysis.memory.php_processes import hears, patience
from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.workers import PhpProcess
from liveproof.model.findings import Absent, Unknown

_COMMAND = "queue:restart"
# SHA-1 of illuminate:queue:restart (Laravel's RestartCommand), as its FileStore names it, and what that holds: the
# expiry, then the time.
_KEY = "ee2f842aa7bb1f53edf3a2ed2c09a1807ffa6c90"
_VALUE = re.compile(rb"\d{10}i:(\d{9,11});")
_MOST = 100


def signalled(reader: Reader, laravel: Laravel | Unknown | Absent) -> float:
    """When ``queue:restart`` was last run (epoch seconds, whole); 0 where it never was or is not kept in files."""
    if not isinstance(laravel, Laravel) or not laravel.cache_path.startswith("/"):
        return 0.0
    try:
        found = _VALUE.fullmatch(reader.read(f"{laravel.cache_path}/{_KEY[:2]}/{_KEY[2:4]}/{_KEY}", _MOST).strip())
    except (OSError, CannotSee):
        return 0.0
    return float(found[1]) if found else 0.0


def missed(process: PhpProcess, at: float, now: float) -> float:
    """The time of the signal that this process has not followed; 0 where it has, need not or still has the time."""
    if not at or not hears(process, _COMMAND) or process.began >= at - 1:
        return 0.0
    return at if at + patience(process) < now else 0.0
