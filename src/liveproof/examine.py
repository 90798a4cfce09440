"""Probe, check, diagnose: one read-only look at a host."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import UnionType
from typing import Any

from liveproof.analysis.unjudged import unjudged
from liveproof.check import check, links
from liveproof.diagnose import diagnose
from liveproof.host.deadline import TimeIsUp, alarmed, disarm, left, remaining, within
from liveproof.host.errors import CannotSee, NoSuchThing, NotThere
from liveproof.host.process import watchdog
from liveproof.host.reader import Reader
from liveproof.model.examination import AppExamination, Examination
from liveproof.model.facts.apps import App, Apps
from liveproof.model.findings import Absent, Unknown
from liveproof.model.rule import Rule, arguments, needs
from liveproof.model.settings import Settings
from liveproof.rules import load
from liveproof.store.cache import Cache

Progress = Callable[[str], None]

_BESIDE = 10.0  # s for the facts of the prevention checklist
_AROUND = 6.0  # s of a check for its start, what rules conclude, the history and the report
# What one probe may take of the time that is left: however long it takes, the others have some.
_SHARE = 0.6
_LOADING = "loading probes"


def examine(reader: Reader, settings: Settings, cache: Cache, progress: Progress = lambda _: None) -> Examination:
    """Look at every app of the host (or at ``settings.app.path``) and say what holds. Changes nothing.

    It ends before ``settings.seconds`` are over. Each app has an equal part of what is left of them, and what one does
    not need is for the next; what is not looked at in that time is unknown, with what took the time.
    """
    seconds = max(1.0, settings.seconds - _AROUND)
    with watchdog.looking(seconds), within(seconds):
        return _examine(reader, settings, cache, progress)


def look(
    kinds: Iterable[type], of: AppExamination, settings: Settings, cache: Cache, progress: Progress = lambda _: None
) -> Mapping[type, object]:
    """Facts that no rule needs, beside those of an examined app, within a time limit of their own."""
    with watchdog.looking(_BESIDE), within(_BESIDE):
        facts = _Facts({Reader: Reader(), Settings: settings, Cache: cache}, progress, seconds=_BESIDE).of(of.app)
        return {**of.facts, **{kind: facts.fact(kind) for kind in kinds if kind not in of.facts}}


def discover(
    reader: Reader, settings: Settings, cache: Cache, kinds: Iterable[type]
) -> tuple[Apps, tuple[tuple[App, Mapping[type, object]], ...]]:
    """The apps of the host with these facts of each; no rule is asked. It takes no longer than an examination."""
    seconds = max(1.0, settings.seconds - _AROUND)
    with watchdog.looking(seconds), within(seconds):
        host = _Facts({Reader: reader, Settings: settings, Cache: cache}, lambda _: None, seconds=settings.seconds)
        apps = host.fact(Apps)
        if not isinstance(apps, Apps):
            return Apps((), apps.reason if isinstance(apps, Unknown | Absent) else ""), ()
        found: list[tuple[App, Mapping[type, object]]] = []
        for number, app in enumerate(apps.apps):
            with within(remaining() / (len(apps.apps) - number)):
                sight = host.of(app)
                found.append((app, {kind: sight.fact(kind) for kind in kinds}))
        return apps, tuple(found)


def _examine(reader: Reader, settings: Settings, cache: Cache, progress: Progress) -> Examination:
    started, clock = reader.now(), time.perf_counter()
    host = _Facts({Reader: reader, Settings: settings, Cache: cache}, progress, seconds=settings.seconds)
    apps = host.fact(Apps)
    clock_of_rules = time.perf_counter()
    rules = load()
    host.timings["loading rules"] = time.perf_counter() - clock_of_rules
    found = apps.apps if isinstance(apps, Apps) else ()
    reason = apps.reason if isinstance(apps, Apps | Unknown | Absent) else ""
    observed = tuple(_examine_app(host, app, rules, progress, len(found) - number) for number, app in enumerate(found))
    refused = apps.refused if isinstance(apps, Apps) else ""
    if not refused and host.missing and settings.typed("app.release"):
        refused = host.missing[0]
    return Examination(
        os.uname().nodename,
        started,
        time.perf_counter() - clock,
        observed,
        reason,
        tuple(host.timings.items()),
        refused,
    )


def _examine_app(host: "_Facts", app: App, rules: tuple[Rule, ...], progress: Progress, apps: int) -> AppExamination:
    sight = host.of(app)
    settings = sight.facts[Settings]
    assert isinstance(settings, Settings)
    with within(remaining() / apps):
        rules = tuple(rule for rule in rules if settings.asks(rule.code))
        asked = [_function(rule) for rule in rules if rule.code not in settings.rules.disabled]
        for function in (*asked, *(() if settings.selected else (unjudged,))):
            for kind in needs(function).values():
                sight.fact(_fact_type(kind))
    progress("judging")
    clock = time.perf_counter()
    examination = judge(app, rules, sight.facts, settings.selected)
    host.timings["rules"] = host.timings.get("rules", 0.0) + time.perf_counter() - clock
    return examination


def judge(
    app: App, rules: tuple[Rule, ...], facts: Mapping[type, object], selected: tuple[str, ...] = ()
) -> AppExamination:
    """What the rules say of facts, live or recorded ones; where only some were ``selected``, no link is proven."""
    results = check(rules, facts)
    findings = tuple(finding for result in results for finding in result.findings)
    given: Any = arguments(needs(unjudged), facts)
    beside = tuple(unjudged(**given)) if isinstance(given, dict) and not selected else ()
    chain = links(rules, results, beside, selected)
    return AppExamination(app, chain, results, diagnose(rules, findings), facts, beside, selected)


def _function(rule: Rule) -> Callable[..., Any]:
    assert rule.check_function is not None
    return rule.check_function


def _fact_type(kind: Any) -> type:
    """The fact of an annotation: of ``Fact | Unknown`` the fact."""
    kinds: Iterable[Any] = kind.__args__ if isinstance(kind, UnionType) else (kind,)
    return next(k for k in kinds if k not in (Unknown, Absent))  # type: ignore[no-any-return]


class _Facts:
    """The facts seen so far; a fact is probed when it is first asked for, after the facts that its probe needs.

    Facts that do not depend on an app are seen once for the host and shared.
    """

    def __init__(
        self, given: Mapping[type, object], progress: Progress, host: "_Facts | None" = None, *, seconds: float
    ) -> None:
        self.facts: dict[type, object] = dict(given)
        self._seconds = seconds
        self.timings: dict[str, float] = host.timings if host else {}
        self.missing: list[str] = host.missing if host else []
        self._given = dict(given)
        self._progress = progress
        self._host = host

    def of(self, app: App) -> "_Facts":
        """The sight of one app, sharing what is known of the host."""
        return _Facts({**self._given, App: app}, self._progress, self, seconds=self._seconds)

    def fact(self, kind: type) -> object:
        """The fact, Unknown with its reason, or Absent."""
        if kind not in self.facts:
            self.facts[kind] = self._see(kind)
        return self.facts[kind]

    def _see(self, kind: type) -> object:
        clock = time.perf_counter()
        probe = _probe_of(kind)
        self.timings[_LOADING] = self.timings.get(_LOADING, 0.0) + time.perf_counter() - clock
        wanted = needs(probe)
        if self._host and not _of_app(wanted):
            return self._host.fact(kind)
        for need in wanted.values():
            self.fact(_fact_type(need))
        given = arguments(wanted, self.facts)
        if isinstance(given, Unknown | Absent):
            return given
        return self._run(kind, probe, given)

    def _run(self, kind: type, probe: Callable[..., object], given: Mapping[str, object]) -> object:
        name = kind.__name__.lower()
        self._progress(name)
        watchdog.at(name)
        clock = time.perf_counter()
        try:
            with within(remaining() * _SHARE), alarmed():
                left()
                return probe(**given)
        except TimeIsUp:
            disarm()
            return self._not_looked_at(name, time.perf_counter() - clock)
        except NotThere as error:
            return Absent(str(error))
        except CannotSee as error:
            if isinstance(error, NoSuchThing):
                self.missing.append(str(error))
            return Unknown(str(error))
        except OSError as error:
            return Unknown(_why(name, error))
        except Exception as error:  # noqa: BLE001  (any failure of a probe is ours, and is reported as UNKNOWN)
            return Unknown(f"liveproof failed to probe {name} ({type(error).__name__}: {error}); please report this")
        finally:
            self.timings[name] = self.timings.get(name, 0.0) + time.perf_counter() - clock

    def _not_looked_at(self, name: str, seconds: float) -> Unknown:
        longest, most = max(self.timings.items(), key=lambda timing: timing[1], default=("", 0.0))
        if seconds >= most:
            longest, most = name, seconds
        return Unknown(
            f"{name} was not looked at to the end: a check has {self._seconds:.0f} s for all apps, and {longest} alone "
            f"took {most:.1f} s of them"
        )


def _probe_of(kind: type) -> Callable[..., object]:
    """The probe of a fact: of ``model/facts/x.py`` that in ``probes/x``."""
    return import_module(f"liveproof.probes.{kind.__module__.rpartition('.')[2]}").probe  # type: ignore[no-any-return]


# What a probe may ask for besides facts and the App.
_GIVEN = (Reader, Settings, Cache)


def _of_app(wanted: Mapping[str, Any]) -> bool:
    """Whether a probe looks at one app: it needs the App, or a fact whose probe does."""
    for kind in map(_fact_type, wanted.values()):
        if kind is App:
            return True
        if kind not in _GIVEN and _of_app(needs(_probe_of(kind))):
            return True
    return False


def _why(name: str, error: OSError) -> str:
    where = f" {error.filename!r}" if error.filename else ""
    hint = "; run liveproof as root" if isinstance(error, PermissionError) and os.geteuid() != 0 else ""
    return f"{name}: {error.strerror or error}{where}{hint}"
