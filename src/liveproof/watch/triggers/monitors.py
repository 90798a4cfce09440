"""The monitors: what is looked at by the clock, with the intervals of the incident's own checklist as defaults.

Which rules a monitor asks the rules say themselves (``Rule.monitor``); what can be their cause is asked with them, so
that an alert names the cause.
"""

from collections.abc import Collection, Iterable
from typing import get_args

from liveproof.model.dataclass import dataclass
from liveproof.model.rule import MonitorName, Rule

CHAIN: MonitorName = "chain"
SERVICES: MonitorName = "fpm"


@dataclass(frozen=True, slots=True)
class Monitor:
    """One thing that is looked at again and again: its name, what it watches, the codes that it asks (empty: all)."""

    name: MonitorName
    what: str
    codes: tuple[str, ...]


_WHAT: dict[MonitorName, str] = {
    "ownership": "the owners of the app's files",
    "writability": "whether the app can write its caches, its storage and its log",
    "fpm": "PHP-FPM, its sockets and nginx",
    "opcache": "OPcache: old code, hit ratio, settings",
    "logs": "errors in the logs, besides what is seen while it is written",
    "chain": "the whole chain, from the release to the answer",
}


def monitors(rules: Collection[Rule]) -> tuple[Monitor, ...]:
    """All monitors; the one of the whole chain asks everything."""
    names: tuple[MonitorName, ...] = get_args(MonitorName)
    return tuple(
        Monitor(name, _WHAT[name], () if name == CHAIN else with_causes(rules, _asked(rules, name))) for name in names
    )


def with_causes(rules: Collection[Rule], named: Iterable[str]) -> tuple[str, ...]:
    """These codes, and every code that can explain one of them, in the order of the rules."""
    by_code = {rule.code: rule for rule in rules}
    waiting, found = list(named), set[str]()
    while waiting:
        code = waiting.pop()
        if code not in found and code in by_code:
            found.add(code)
            waiting += by_code[code].caused_by
    return tuple(code for code in by_code if code in found)


def _asked(rules: Collection[Rule], name: MonitorName) -> tuple[str, ...]:
    return tuple(rule.code for rule in rules if rule.monitor == name)
