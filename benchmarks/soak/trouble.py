"""A full disk, channels that hang or are gone, a service that ends, another release: it goes on, and says so."""

from collections.abc import Callable, Iterator

from benchmarks.trial import Budget, Trial
from tests.lab import Host
from tests.lab.watching import UNIT, Watching

_BREAKS, _FIXES, _CODE = "chmod 555 bootstrap/cache", "chmod 755 bootstrap/cache", "FIL003"
_CHANNELS = """
[watch]
quiet = "2s"
[metrics]
listen = "127.0.0.1:9978"
[alerts]
per_hour = 3600
[[alerts.channel]]
name = "hangs"
kind = "command"
command = ["/bin/sleep", "3600"]
severity = "notice"
[[alerts.channel]]
name = "gone"
kind = "alertmanager"
url = "http://127.0.0.1:9"
severity = "notice"
[[alerts.channel]]
name = "notes"
kind = "command"
command = ["/usr/local/bin/take-note"]
severity = "notice"
"""


def trials(budget: Budget) -> Iterator[Trial]:
    """Each on the same host, one after the other; then another one with releases."""
    with Host.up(budget.suite) as host:
        host.warm()
        # A state directory of its own small file system, which can be filled.
        host.sh("mkdir -p /var/lib/liveproof; mount -t tmpfs -o size=24m,mode=0700 none /var/lib/liveproof")
        with Watching(host, configuration=_CHANNELS) as watching:
            watching.settled()
            yield _trial("a channel that hangs, one that is gone", lambda: _channels(host, watching))
            yield _trial("a full disk", lambda: _full(host, watching))
            yield _trial("PHP-FPM stays away for a while", lambda: _away(host, watching))
    with Host.up(budget.suite, layout="releases") as host, Watching(host) as watching:
        watching.settled()
        yield _trial("another release", lambda: _release(host, watching))


def _trial(name: str, does: Callable[[], str]) -> Trial:
    try:
        return Trial(name, "", does())
    except AssertionError as error:
        return Trial(name, str(error)[:600])


def _round(host: Host, watching: Watching, number: int) -> None:
    host.sh(_BREAKS)
    watching.told(_CODE, "raised", 60, count=number)
    host.sh(_FIXES)
    watching.told(_CODE, "resolved", 60, count=number)


def _channels(host: Host, watching: Watching) -> str:
    """They keep no other channel waiting, and are said."""
    _round(host, watching, 1)
    watching.wait(lambda: "the channel hangs took no message" in watching.journal(), "it is not said", 60)
    assert "the channel gone took no message" in watching.journal()
    return "told, and said why"


def _full(host: Host, watching: Watching) -> str:
    """What is found while nothing can be written is told once there is room again."""
    host.sh("dd if=/dev/zero of=/var/lib/liveproof/filler bs=64k 2>/dev/null || true")
    host.sh(_BREAKS)
    watching.wait(lambda: "cannot be kept" in watching.journal(), "that nothing can be kept is not said", 60)
    host.sh("rm /var/lib/liveproof/filler")
    host.sh("touch bootstrap/cache; chmod 755 bootstrap/cache; chmod 555 bootstrap/cache")
    watching.told(_CODE, "raised", 120, count=2)
    host.sh(_FIXES)
    watching.told(_CODE, "resolved", 60, count=2)
    assert host.sh(f"systemctl show -P NRestarts {UNIT}").strip() == "0"
    return "said, and told later"


def _away(host: Host, watching: Watching) -> str:
    """The end and the beginning of a service are seen, again and again."""
    for number in (1, 2, 3):
        host.sh('systemctl stop "$FPM"')
        watching.told("FPM001", "raised", 60, count=number)
        host.sh('systemctl start "$FPM"')
        watching.told("FPM001", "resolved", 60, count=number)
        watching.settled()
    return "3 times"


def _release(host: Host, watching: Watching) -> str:
    """After a deploy it watches the release that is served by then."""
    host.sh(
        "base=$(dirname $(dirname $(readlink -f $APP))); cp -a $(readlink -f $APP) $base/releases/next; "
        "ln -s $base/releases/next $base/new; mv -T $base/new $APP"
    )
    watching.wait(lambda: "releases/next" in watching.journal() or watching.metric(_CHECKS) > 0, "no look", 5)
    host.sh("sleep 4")
    watching.settled()
    host.sh("chmod 555 $APP/bootstrap/cache")
    watching.told(_CODE, "raised", 60)
    host.sh("chmod 755 $APP/bootstrap/cache")
    watching.told(_CODE, "resolved", 60)
    return "its faults are reported"


_CHECKS = 'liveproof_watch_checks_started_total{trigger="deploy"}'
