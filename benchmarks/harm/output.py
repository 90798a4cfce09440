"""`--output` at odd targets: devices, links and what belongs to somebody else stay as they are."""

from collections.abc import Iterator

from benchmarks.harm.digest import changes, outside
from benchmarks.trial import Budget, Trial
from tests.lab import Host

_TOPS = ("/dev", "/etc", "/srv/out")
_PREPARE = r"""
mkdir -p /srv/out/closed /srv/out/theirs; chmod 555 /srv/out/closed; chown "$WWW" /srv/out/theirs
ln -s /etc/passwd /srv/out/link; ln -s /srv/nowhere /srv/out/dangling; ln -s /srv/out /srv/out/to-directory
echo theirs > /srv/out/of-www; chown "$WWW" /srv/out/of-www; echo both > /srv/out/one; ln /srv/out/one /srv/out/two
mkfifo /srv/out/fifo; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('/srv/out/socket')"
ln -s /etc/shadow /srv/out/theirs/report; mknod /srv/out/disk b 7 250
"""
# Target, and whether writing there is right (a device that takes text) or must be refused.
TARGETS = (
    ("/dev/null", True), ("/dev/full", False), ("/dev/stdout", True), ("/dev/stderr", True), ("/srv/out/link", False),
    ("/srv/out/dangling", False), ("/srv/out/to-directory", False), ("/srv/out/of-www", False), ("/srv/out/one", False),
    ("/srv/out/fifo", False), ("/srv/out/socket", False), ("/srv/out/theirs/report", False), ("/srv/out/disk", False),
    ("/srv/out", False), ("/srv/out/none/report", False), ("/proc/self/mem", False), ("-", True),
)  # fmt: skip


def trials(budget: Budget) -> Iterator[Trial]:
    """Every target with a check and a recording; what is refused must say so with status 2."""
    with Host.up(budget.suite) as host:
        host.sh(_PREPARE)
        before = outside(host, *_TOPS)
        for target, fine in TARGETS:
            lost = ""
            for command in (("check", "--format", "json"), ("record",)):
                ran = host.liveproof(*command, "--output", target)
                if (ran.returncode in (0, 1, 3)) is not fine or "Traceback" in ran.stderr:
                    lost = lost or f"{command[0]}: status {ran.returncode}, {ran.stderr[:300]}"
            yield Trial(target, lost or changes(before, outside(host, *_TOPS)))
        left = host.sh("cd / && find . -xdev -name '.report*' -o -xdev -name '-' -o -xdev -name '.null*' | head")
        yield Trial("no temporary file is left", left.strip())
