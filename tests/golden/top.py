"""The screen of `liveproof top` for the seed's incident: what is kept, and a sample of the busy host."""

from liveproof.model.alerts import Alert, Problem
from liveproof.model.sample import (
    LogError,
    LogsNow,
    OpcacheNow,
    PoolNow,
    QueueWorker,
    Sample,
    WorkerNow,
)
from liveproof.model.verdicts import Severity
from liveproof.tui.kept import Chain, Kept
from liveproof.tui.sections import panes
from liveproof.tui.shown import Shown
from tests.golden import incident
from tests.golden.seed_facts import AT, PATH

_MB = 1 << 20
NOW = AT + 600.0
LATER = "/var/www/api-gateway/storage/logs/laravel.log"


def sample(number: int = 0) -> Sample:
    """The host at one moment of a busy minute."""
    workers = (
        WorkerNow(811, "idle", "GET /up", 0.012, 31 * _MB),
        WorkerNow(812, "running", "POST /index.php?token=…", 2.5 + number, 58 * _MB),
        WorkerNow(813, "running", "GET /api/retell/function", 0.2, 44 * _MB),
        WorkerNow(814, "idle", "", 0.0, 29 * _MB),
    )
    return Sample(
        at=NOW + number,
        seconds=0.012,
        host="gateway-1",
        root=True,
        source="kept run 20251024-103000-3f",
        apps=(PATH,),
        pools=(
            PoolNow("8.3/www", (PATH,), "", 10, 2, 2, 1, 91_250 + number, 3, AT - 638, workers),
            PoolNow("8.1/old", (PATH,), "it has not answered for 4 s: are all its workers busy?", 5),
        ),
        opcache=(
            OpcacheNow(
                ("8.3/www",), "", NOW + number, True, 40 * _MB, 84 * _MB, 4 * _MB, 95_000 + 90 * number,
                5_000 + 10 * number, 612, 640, 16229,
            ),
        ),
        workers=(
            QueueWorker(PATH, 900, AT - 90_000, "www-data", "artisan queue:work", "/var/www/rel/41", False, ""),
            QueueWorker(PATH, 901, AT, "www-data", "artisan horizon", "/var/www/rel/42", True, "horizon.service"),
        ),
        logs=LogsNow(
            AT - 300,
            (("exception", 3), ("permission", 41)),
            (
                LogError(PATH, LATER, "permission", "error", "file_put_contents(…): Permission denied [#1f2e3d4c]", 41,
                         NOW - 3),
                LogError(PATH, LATER, "exception", "error",
                         "ErrorException at /var/www/api-gateway/app/Http/Kernel.php:12 [#99aabbcc]", 3, NOW - 60),
            ),
            (("/var/log/php8.3-fpm.log", "Permission denied"),),
        ),
    )  # fmt: skip


def kept() -> Kept:
    """The check of the broken host, and an alert of its watcher."""
    problem = Problem(
        "k", "FPM001", PATH, Severity.CRITICAL, "php8.3-fpm.service does not run", command="liveproof fix"
    )
    alert = Alert("a1", problem, "fpm", NOW - 240, NOW)
    return Kept((Chain(incident.broken().examination.apps[0], AT),), (alert,))


def shown() -> Shown:
    """After three samples."""
    found = Shown(kept=kept(), now=NOW)
    for number in range(3):
        found.take(sample(number))
    return found


def text(width: int) -> str:
    """The panes, one below the other."""
    return "\n\n".join("\n".join(row.line.text for row in rows) for rows in panes(shown(), width)) + "\n"
