"""What liveproof says of a host, and whether saying so went as it must."""

import json
import subprocess
import time
from dataclasses import dataclass
from typing import Final

from tests.lab import Host

_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """``word`` is proven, broken or unproven; ``wrong`` what no check may do: crash, be silent, take long."""

    word: str
    wrong: str
    codes: str
    seconds: float
    apps: int = 0


def ask(host: Host) -> Verdict:
    """Run ``liveproof check --format json`` once."""
    began = time.monotonic()
    try:
        ran = host.liveproof("check", "--format", "json", timeout=2 * _SECONDS)
    except subprocess.TimeoutExpired:
        return Verdict("", f"the check did not end within {2 * _SECONDS:.0f} s", "", time.monotonic() - began)
    seconds = time.monotonic() - began
    wrong = f"the check took {seconds:.1f} s" if seconds > _SECONDS else ""
    if ran.returncode not in (0, 1, 3):
        wrong = f"status {ran.returncode}: {(ran.stdout + ran.stderr)[-700:]}"
    elif "Traceback (most recent call last)" in ran.stdout + ran.stderr:
        wrong = f"a traceback: {(ran.stdout + ran.stderr)[-700:]}"
    try:
        report = json.loads(ran.stdout)
        word, apps = str(report["verdict"]), report["apps"]
    except (ValueError, KeyError):
        return Verdict("", wrong or f"no report: {(ran.stdout + ran.stderr)[-300:]}", "", seconds)
    codes = sorted({finding["code"] for app in apps for finding in app["findings"]})
    links = [
        f"{link['link']} {link['verdict']}" for app in apps for link in app["links"] if link["verdict"] != "proven"
    ]
    return Verdict(word, wrong, ", ".join(codes or links), seconds, len(apps))
