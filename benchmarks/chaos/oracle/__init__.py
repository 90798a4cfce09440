"""Asks a host by plain means whether a cold restart would change anything; imports nothing of liveproof.

What it compares: answers of several addresses through nginx, effective settings of the pool's workers, processes with
their user, directory, limits and files, what the app's workers write of a job, listening sockets.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.chaos.oracle import quiet
from tests.lab import Host

_PROGRAM: Final = "/run/oracle.py"
_INSIDE: Final = Path(__file__).parent / "inside.py"


@dataclass(frozen=True, slots=True)
class Truth:
    """What a cold restart changed, and whether nobody got a good answer before it."""

    changed: tuple[str, ...]
    dead: str
    """Why no visitor of the app gets a good answer; empty where one does."""
    ill: tuple[str, ...]
    """Requests that end in an error of the server: told, not judged."""


class Door(NamedTuple):
    """An address of an app: ``http`` or ``https``, port, and the name that is asked for; none: the host's address."""

    scheme: str
    port: int
    name: str


class Site(NamedTuple):
    """Where one app of a host is; good answers are expected at the first of its doors."""

    app: str
    base: str
    """What the paths of all its releases begin with."""
    storage: str
    address: str
    service: str
    doors: tuple[Door, ...]


def site(host: Host, doors: tuple[Door, ...] = (Door("http", 80, ""),)) -> Site:
    """Where the app that ``host`` means is."""
    address, fpm = host.sh('echo "$SOCK|$FPM"').split("|")
    return Site(host.app, host.app.removesuffix("/current"), host.storage, address, f"{fpm}.service", doors)


def place(host: Host) -> None:
    """Put the oracle on a host, where neither the app nor a service looks."""
    host.push(_INSIDE, _PROGRAM)


def judge(host: Host, token: str, sites: Sequence[Site] = ()) -> Truth:
    """Look, restart everything, look again. Destroys what the host remembers, so it comes last.

    Args:
        host: one that was judged by others before.
        token: a name that no file of the app has.
        sites: its apps; without, its one app.

    Raises:
        RuntimeError: the oracle itself failed on the host.
    """
    sites = sites or (site(host),)
    places: dict[str, Any] = {"sites": [each._asdict() for each in sites], "token": f"ask-{token}"}
    places["lasting"] = _do(host, "lasting", places)
    before = _do(host, "see", places)
    restarted = _do(host, "restart", places)
    after = _do(host, "see", places)
    failed = [f"{unit} does not start again: {said}" for unit, said in sorted(restarted["failed"].items())]
    seen = [each["answers"] for each in before["sites"]]
    return Truth(
        tuple(failed + differences(before, after)),
        "; ".join(filter(None, map(dead, seen))),
        tuple(asked for answers in seen for asked in ill(answers)),
    )


def _do(host: Host, verb: str, places: dict[str, Any]) -> Any:
    packed = base64.b64encode(json.dumps(places).encode()).decode()
    ran = host.exec(["python3", "-I", _PROGRAM, verb, packed], timeout=150)
    if ran.returncode:
        raise RuntimeError(f"the oracle failed: {ran.stderr[-2000:]}")
    return json.loads(ran.stdout)


# ------------------------------------------------------------------------------------------------------ comparison
def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What differs between two looks, one line each."""
    return [
        *(line for was, now in zip(before["sites"], after["sites"], strict=True) for line in _site(was, now)),
        *_processes(before["processes"], after["processes"]),
        *_one("listening sockets", before["sockets"], after["sockets"]),
    ]


def _site(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [
        *_answers(before["answers"], after["answers"]),
        *_settings(before["settings"], after["settings"]),
        *_one("what a worker does with a job", before["jobs"], after["jobs"]),
    ]


def dead(answers: dict[str, Any]) -> str:
    """Why nobody gets a good answer, where both the first page and the status fail."""
    # The first door's are first; another door may have none.
    door = next(iter(answers), "").partition("GET ")[0]
    worst = [_worst(answers.get(f"{door}GET {path}", [])) for path in ("/", "/api/status")]
    bad = [status for status in worst if status == 0 or status >= 500]
    return f"{door}GET / answers {worst[0]}, GET /api/status {worst[1]}" if len(bad) == len(worst) else ""


def ill(answers: dict[str, Any]) -> tuple[str, ...]:
    """The requests that end in an error of the server or in no answer."""
    return tuple(asked for asked, came in answers.items() if (worst := _worst(came)) == 0 or worst >= 500)


def _worst(came: list[dict[str, Any]]) -> int:
    statuses = [answer["status"] for answer in came] or [0]
    return 0 if 0 in statuses else max(statuses)


def _answers(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    lines = []
    for asked in before:
        old, new = ({quiet.answer(answer) for answer in seen[asked]} for seen in (before, after))
        if old != new:
            lines.append(f"answer of {asked[:70]}: {_apart(sorted(old), sorted(new))}")
    return lines


def _settings(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    lines = []
    old, new = ({_flat(worker) for worker in seen} for seen in (before, after))
    names = sorted({name for worker in old | new for name, _ in worker})
    for name in names:
        was, now = ({dict(worker).get(name, "not set") for worker in workers} for workers in (old, new))
        if was != now:
            lines.append(f"setting {name}: {', '.join(sorted(was))} -> {', '.join(sorted(now))}"[:300])
    return lines


def _flat(worker: dict[str, Any]) -> frozenset[tuple[str, str]]:
    found = set()
    for name, value in worker.items():
        rows = value.items() if isinstance(value, dict) else [("", value)]
        found |= {(f"{name} {key}".strip(), quiet.text(json.dumps(each))) for key, each in rows}
    return frozenset(found)


def _processes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    lines = []
    for role in sorted(before.keys() | after.keys()):
        old, new = before.get(role), after.get(role)
        if old is None or new is None:
            lines.append(f"process {role}: {'runs only after' if old is None else 'ran only before'}")
            continue
        if old["count"] != new["count"] and not role.startswith("php-fpm: pool"):
            lines.append(f"process {role}: {old['count']} -> {new['count']} of it")
        for trait in sorted({trait for each in old["traits"] + new["traits"] for trait in each}):
            was, now = (sorted({str(each[trait]) for each in seen["traits"]}) for seen in (old, new))
            lines += _one(f"process {role}: {trait}", was, now)
        # A library that is only loaded when something asks for it is in one look and not in the other.
        lines += [
            f"process {role}: {path} has other contents"
            for path, sums in sorted(old["files"].items())
            if (path in new["files"] and new["files"][path] != sums) or path.endswith(" (deleted)")
        ]
    return lines


def _one(what: str, before: Any, after: Any) -> list[str]:
    return [] if before == after else [f"{what}: {before} -> {after}"[:400]]


def _apart(old: list[str], new: list[str]) -> str:
    """The first place at which two answers differ, with a little around it."""
    was, now = old[0], new[-1]
    if was == now:
        was = next((each for each in old if each not in new), was)
        now = next((each for each in new if each != was), now)
    at = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
    from_, kinds = max(0, at - 25), f" ({len(old)} kinds -> {len(new)})" if len(old) + len(new) > 2 else ""
    return f"{was[:3]} …{was[from_ : at + 60]!r} -> {now[:3]} …{now[from_ : at + 60]!r}{kinds}"
