"""Deploys that write into the directory that is served."""

from collections.abc import Iterator

from benchmarks.gate.scenes import Scene, shell, tried
from benchmarks.trial import Budget, Trial
from tests.faults.snippets import EDIT, compiled_before
from tests.lab import Host

_AS_APP = 'runuser -u "$WWW" -- php artisan'
_END = f"""
{_AS_APP} config:cache -q; {_AS_APP} route:cache -q
systemctl reload "$FPM"; systemctl restart api-gateway-queue; sleep 0.5
"""
_COPY = 'cp -a . /srv/build; sed -i "s/handler-v[0-9]*/handler-v9/" "/srv/build/${HANDLER#$APP/}"; cp -a /srv/build/. .'
_COMMIT = """
runuser -u "$(stat -c %U .git)" -- \\
  git -c user.name=lab -c user.email=lab@localhost -c safe.directory='*' commit -qam next
"""
_STALE = "sleep 1; echo '//' >>app/Jobs/RecordCall.php; systemctl reload \"$FPM\"; sleep 0.5"


def _never_looks(host: Host) -> None:
    compiled_before(host, "opcache.validate_timestamps=0")


SCENES = (
    Scene("copy, right", "plain", shell(f"{_COPY}{_END}")),
    Scene("edit and reload, right", "plain", shell(f"{EDIT}{_END}")),
    Scene("edit, worker stale", "plain", shell(_STALE), 1, "WRK001"),
    Scene("edit, no reload", "plain", shell(EDIT), 1, "OPC002", begin=_never_looks),
    Scene("edit, no reload, --fix", "plain", shell(EDIT), 0, words=("--fix",), begin=_never_looks),
    Scene(
        "edit, cache of the old release", "plain",
        shell(f"{_END} sleep 1; sed -i 's/^APP_NAME=.*/APP_NAME=other/' .env; systemctl reload \"$FPM\""), 1, "LAR",
    ),
    Scene(
        "edit, FPM reload failed", "plain",
        shell(f'{EDIT}; echo "nonsense = 1" >>"$POOL"; systemctl reload "$FPM" || true; sleep 0.5'), 1, "FPM",
    ),
    Scene("git commit in place, right", "git", shell(f"{EDIT}{_COMMIT}{_END}")),
    Scene("git, half of it", "git", shell(f"{EDIT}{_END}"), 1, "REL001"),
    Scene(
        "git, wrong commit", "git", shell(f"{EDIT}{_COMMIT}{_END}"), 1, "REL005",
        words=("--release", "HEAD~1", "--timeout", "10"),
    ),
)  # fmt: skip


def trials(budget: Budget) -> Iterator[Trial]:
    """Every scene."""
    yield from tried(SCENES[:2] if budget.short else SCENES, budget)
