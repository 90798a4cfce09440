"""Deploys that move a link to a new release."""

from collections.abc import Iterator

from benchmarks.gate.scenes import Scene, shell, tried
from benchmarks.trial import Budget, Trial
from tests.faults.opcache import root_follows_symlink
from tests.lab import Host

_RELEASE = r"""
new=$(dirname "$(readlink -f "$APP")")/9; cp -a "$(readlink -f "$APP")" "$new"; cd "$new"
sed -i "s/handler-v[0-9]*/handler-v9/" app/Http/Controllers/RetellFunctionCallHandler.php
for what in config route; do runuser -u "$WWW" -- php artisan $what:cache -q; done
ln -s "$new" "$APP.new"; mv -T "$APP.new" "$APP"
"""
_END = 'systemctl reload "$FPM"; systemctl restart api-gateway-queue; sleep 0.5'


def _nothing(_: Host) -> None:
    """The host as it is."""


SCENES = (
    Scene("link, right", "releases", shell(f"{_RELEASE}{_END}")),
    Scene("link, worker stale", "releases", shell(f'{_RELEASE}systemctl reload "$FPM"; sleep 0.5'), 1, "WRK"),
    Scene("link, symlink trap", "releases", root_follows_symlink.fault, 1, "OPC004", begin=_nothing),
)


def trials(budget: Budget) -> Iterator[Trial]:
    """Every scene."""
    yield from tried(SCENES[:1] if budget.short else SCENES, budget)
