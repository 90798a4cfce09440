"""check, fix and dry runs on twenty paths that are no app: refused, and nothing of the host changes."""

from collections.abc import Iterator

from benchmarks.harm.digest import changes, outside
from benchmarks.trial import Budget, Trial
from tests.lab import Host

_PREPARE = r"""
mkdir -p /root/.ssh /home/deploy/.ssh /srv/files /opt/tool/keys /home/deploy/notes
echo key > /root/.ssh/authorized_keys; echo key > /home/deploy/.ssh/id_rsa; echo key > /opt/tool/keys/a.key
chmod 700 /root/.ssh /home/deploy/.ssh /opt/tool/keys; chmod 600 /root/.ssh/* /home/deploy/.ssh/* /opt/tool/keys/*
chown -R deploy: /home/deploy/.ssh; echo '{}' > /home/deploy/composer.json; echo '<?php' > /root/index.php
mkdir -p /etc/hidden && chmod 700 /etc/hidden && echo secret > /etc/hidden/a && ln -sfn /etc /srv/etc-link
printf 'a\n' > '/srv/files/with space'; mkdir -p "$(printf '/srv/odd\nname')" /srv/-rf
"""
PATHS = (
    "/", "/etc", "/etc/ssl", "/etc/hidden", "/root", "/home", "/home/deploy", "/home/deploy/.ssh", "/usr", "/usr/share",
    "/var", "/var/lib", "/var/log", "/proc", "/boot", "/opt/tool", "/srv/files", "/srv/etc-link", "/srv/odd\nname",
    "/srv/-rf",
)  # fmt: skip
_COMMANDS = (("check",), ("fix", "--dry-run"), ("fix", "--yes"), ("fix", "--yes", "--allow", "disruptive", "--notices"))


def trials(budget: Budget) -> Iterator[Trial]:
    """Each path with each command: status 2, one sentence, and everything as it was."""
    with Host.up(budget.suite) as host:
        host.sh(_PREPARE)
        # As a person would slip: another directory of the app itself belongs to root, so there is something to fix.
        host.sh("chown -R root:root app")
        before = outside(host)
        for path in PATHS:
            lost = ""
            for command in _COMMANDS:
                ran = host.liveproof(*command, path)
                if ran.returncode != 2 or "Traceback" in ran.stderr or not ran.stderr.strip():
                    lost = lost or f"{' '.join(command)}: status {ran.returncode}, {(ran.stdout + ran.stderr)[:300]}"
            lost = lost or changes(before, outside(host))
            yield Trial(repr(path), lost)
