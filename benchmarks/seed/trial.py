"""One fault by both: on one fresh host the seed's commands and script, on another liveproof."""

import json
from dataclasses import dataclass

from benchmarks.seed import peer
from liveproof.model.rule import Rule
from tests import faults
from tests.lab import Host
from tests.live.trial import checked, codes


@dataclass(frozen=True)
class Told:
    """What one of the two did with a fault.

    Attributes:
        found: what told that something is wrong: the seed's commands, or "yes".
        fixed: the fault's symptom, which neither of the two judges, is gone.
        worse: what is broken afterwards and was not before: liveproof's codes, "down" where visitors get no 200, and
            "unfinished" where a script ended half-way.
        remark: what else must be known.
    """

    found: str
    fixed: bool
    worse: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True)
class Row:
    """One fault by both."""

    code: str
    seed: Told
    ours: Told


def tried(rule: Rule, suite: str, healthy: frozenset[str]) -> Row:
    """Break two hosts in the rule's way and let each side find and fix; ``healthy`` is what the commands always say."""
    return Row(rule.code, _by_seed(rule, suite, healthy), _by_liveproof(rule, suite))


def _by_seed(rule: Rule, suite: str, healthy: frozenset[str]) -> Told:
    with Host.up(suite) as host:
        _break(rule, host)
        up = _is_up(host)
        before = codes(checked(host))
        found = peer.complaints(host) - healthy
        ended = peer.mend(host)
        fixed = not _seen(rule, host)
        worse = sorted(codes(checked(host)) - before)
        worse += ["down"] if up and not _is_up(host) else []
        worse += [] if ended else ["unfinished"]
        return Told(", ".join(sorted(found)), fixed, tuple(worse))


def _by_liveproof(rule: Rule, suite: str) -> Told:
    with Host.up(suite) as host:
        _break(rule, host)
        up = _is_up(host)
        report = checked(host)
        before = codes(report)
        ran = host.liveproof("fix", "--yes", "--allow", "disruptive", "--notices", "--format", "json")
        fixed = not _seen(rule, host)
        worse = sorted(codes(checked(host)) - before)
        worse += ["down"] if up and not _is_up(host) else []
        found = "yes" if rule.code in codes(report, breaking=False) else ""
        return Told(found, fixed, tuple(worse), "" if fixed else _why_not(rule, ran.stdout, ran.stderr))


def _break(rule: Rule, host: Host) -> None:
    faults.of(rule).fault(host)
    if not _seen(rule, host):
        raise RuntimeError("the fault did not take: its symptom is not seen")


def _seen(rule: Rule, host: Host) -> bool:
    return faults.of(rule).symptom(host)


def _is_up(host: Host) -> bool:
    return host.get().status == 200 and host.post().status == 200


def _why_not(rule: Rule, said: str, errors: str) -> str:
    """Why liveproof left the fault as it is: it names it as work for a person, or what came of its fix."""
    try:
        told = json.loads(said)
    except ValueError:
        return f"fix said: {(said + errors)[-200:]}"
    if rule.code in {code for plan in told["plan"] for code, _ in plan["manual"]}:
        return "named"
    return "; ".join(f"{outcome['kind']} {outcome['reason']}".strip() for outcome in told["outcome"])
