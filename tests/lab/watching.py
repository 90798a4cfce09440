"""Runs `liveproof watch` on a host as its own service, with a channel that writes down what it is told."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

from tests.lab.host import Host
from tests.lab.product import LAUNCHER

UNIT: Final = "watching"
_TOLD: Final = "/root/told.jsonl"
_CONFIGURATION: Final = """
[watch]
quiet = "2s"
heal = ["FPM001"]
[metrics]
listen = "127.0.0.1:9978"
[alerts]
per_hour = 3600
[[alerts.channel]]
name = "notes"
kind = "command"
command = ["/usr/local/bin/take-note"]
severity = "notice"
"""
_TAKE: Final = """#!/usr/bin/python3
import json, sys, time
told = json.load(sys.stdin)
with open("/root/told.jsonl", "a") as file:
    print(json.dumps({"at": time.time(), "alerts": told["alerts"]}), file=file)
"""


@dataclass(frozen=True, slots=True)
class Note:
    """One alert as the channel was told of it: when (epoch seconds), raised or resolved, and the alert."""

    at: float
    kind: str
    code: str
    alert: dict[str, Any]


class Watching:
    """The watcher of a host, started as a transient unit that is restarted when it is killed."""

    def __init__(self, host: Host, *options: str, configuration: str = _CONFIGURATION) -> None:
        self._host = host
        host.sh("mkdir -p /etc/liveproof")
        host.file("/etc/liveproof/liveproof.toml").write_text(configuration)
        take = host.file("/usr/local/bin/take-note")
        take.write_text(_TAKE)
        take.chmod(0o755)
        settings = (
            "Type=notify", "NotifyAccess=main", "WatchdogSec=60", "Restart=on-failure", "RestartSec=100ms",
            "StartLimitIntervalSec=0", "ExecReload=/bin/kill -HUP $MAINPID", "TimeoutStopSec=20",
        )  # fmt: skip
        told = " ".join(f"-p '{setting}'" for setting in settings)
        host.sh(f"systemd-run -q --unit={UNIT} {told} {LAUNCHER} watch {' '.join(options)}", timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._host.sh(f"systemctl stop {UNIT}; systemctl reset-failed {UNIT}", check=False)

    def settled(self, seconds: float = 60.0) -> None:
        """Wait until it watches the app and has nothing to do."""
        self.wait(
            lambda: "are watched" in self.status() and "0 apps" not in self.status(), "it watches no app", seconds
        )
        before = -1.0
        while before != (before := self.metric("liveproof_watch_checks_started_total")):
            time.sleep(2.0)

    def status(self) -> str:
        """What it tells systemd of itself."""
        return self._host.sh(f"systemctl show -P StatusText {UNIT}")

    def journal(self) -> str:
        """What it has said."""
        return self._host.sh(f"journalctl --no-pager -o cat -u {UNIT}")

    def notes(self) -> tuple[Note, ...]:
        """Everything that the channel was told, in order."""
        lines = self._host.sh(f"cat {_TOLD}", check=False).splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        return tuple(Note(each["at"], alert["kind"], alert["code"], alert) for each in told for alert in each["alerts"])

    def told(self, code: str, kind: str, seconds: float = 30.0, *, count: int = 1) -> Note:
        """The newest such note, once there are so many."""

        def there() -> bool:
            return len([note for note in self.notes() if (note.code, note.kind) == (code, kind)]) >= count

        self.wait(there, f"{code} was not {kind} {count} times", seconds)
        return [note for note in self.notes() if (note.code, note.kind) == (code, kind)][-1]

    def metric(self, name: str) -> float:
        """The sum of a metric's series."""
        asks = "curl -sS --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:9978/metrics"
        lines = self._host.sh(asks).splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def wait(self, until: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Wait for something.

        Raises:
            AssertionError: it did not come, with what the watcher said.
        """
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, f"{what}\n{self.notes()}\n{self.journal()}"
            time.sleep(0.1)
