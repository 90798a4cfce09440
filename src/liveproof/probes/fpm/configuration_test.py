"""Whether PHP-FPM takes its configuration, asked of php-fpm itself (``php-fpm -t``).

The test is no mere reading (php-src, sapi/fpm/fpm/fpm_conf.c, fpm_conf_post_process): it opens the error log, the
pools' access logs and their slow logs, and creates those that are missing (0600, of whoever runs it). It writes its own
result into the error log, "test is successful" too. It makes no pid file, no socket and no process.
"""

from collections.abc import Sequence

from liveproof.host.process.command import run
from liveproof.host.reader import Reader
from liveproof.model.findings import Unknown
from liveproof.model.secrets import one_line

_PATIENCE = 5.0
_LEVELS = ("ERROR: ", "ALERT: ")
_MOST = 3


def refused(reader: Reader, test: Sequence[str]) -> tuple[str, ...] | Unknown:
    """The first errors of a configuration test in its own words, without their time; empty when it succeeds.

    Without root it would fail for want of rights, so it is not run then; the same where ``test`` is empty. Unknown when
    it cannot be run or does not end in time.
    """
    if not reader.root or not test:
        return ()
    # The modules start before the test, and OPcache would run the app's preload script (as root, where
    # opcache.preload_user says so).
    command = [test[0], "-d", "opcache.preload=", *test[1:]]
    try:
        ran = run(command, timeout=_PATIENCE)
    except OSError as error:
        return Unknown(f"{test[0]} cannot be run: {error.strerror or error}")
    if ran.timed_out:
        return Unknown(f"{' '.join(test)} did not end within {_PATIENCE:g} s")
    if ran.status == 0:
        return ()
    output = [line for line in f"{ran.errors}\n{ran.text}".splitlines() if line.strip()]
    named = [f"{level}{line.partition(level)[2]}" for line in output for level in _LEVELS if level in line]
    return tuple(map(one_line, (named or output)[:_MOST])) or (f"it ended with status {ran.status} and said nothing",)
