"""Steps of several findings to one list: the same thing is done once, and never two ways. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from liveproof.model.plan import (
    Act,
    ChangeMode,
    ChangeOwner,
    MakeDirectory,
    Moded,
    Owned,
    PointSymlink,
    ReloadUnit,
    RemoveFile,
    RestartUnit,
    RunArtisan,
    SignalMaster,
    StartUnit,
    Step,
    WriteFile,
)
from liveproof.model.verdicts import Safety

_STRICTNESS = (Safety.SAFE, Safety.DISRUPTIVE, Safety.MANUAL)

# What a command reads must be built before it: providers, configuration, events, routes, views.
_ARTISAN = (
    "clear-compiled", "optimize:clear", "package:discover", "config:clear", "config:cache",
    "event:clear", "event:cache", "route:clear", "route:cache", "view:clear", "view:cache",
)  # fmt: skip


_SUFFIXES = (".service", ".socket", ".timer", ".target")


class Contradiction(Exception):
    """Two findings want the same thing to become two different things; the message names what and both."""


def stricter(one: Safety, other: Safety) -> Safety:
    """The one of two safeties that admits less."""
    return max(one, other, key=_STRICTNESS.index)


def merge(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps merged and in the order of their application.

    Raises:
        Contradiction: two steps want one path to have different owners, contents or targets.
    """
    given = [replace(step, act=with_suffix(step.act)) for step in steps]
    removed = {_join(step.act.root, step.act.path) for step in given if isinstance(step.act, RemoveFile)}
    merged = [
        *_owners(given, removed),
        *_modes(given, removed),
        *_alike(given, MakeDirectory, lambda act: _join(act.root, act.path)),
        *_alike(given, RemoveFile, lambda act: _join(act.root, act.path)),
        *_alike(given, WriteFile, lambda act: act.path),
        *_alike(given, PointSymlink, lambda act: act.path),
        *_artisan(given),
        *_services(given),
    ]
    for step in merged:
        if isinstance(step.act, WriteFile | PointSymlink) and step.act.path in removed:
            raise Contradiction(f"{step.act.path} is to be removed and to be written ({', '.join(step.fixes)})")
    return tuple(sorted(merged, key=_place))


def with_suffix(act: Act) -> Act:
    """A step on a unit names it in full: ``systemctl reload 'php*-fpm'`` without ``.service`` silently does nothing."""
    if isinstance(act, ReloadUnit | StartUnit | RestartUnit) and not act.unit.endswith(
        (".service", ".timer", ".socket")
    ):
        return replace(act, unit=f"{act.unit}.service")
    return act


def _join(root: str, path: str) -> str:
    return root if path == "." else f"{root.rstrip('/')}/{path}"


def _place(step: Step) -> tuple[int, int, str]:
    act = step.act
    if isinstance(act, MakeDirectory):
        return step.order, act.path.count("/"), act.path
    if isinstance(act, RunArtisan):
        name = act.arguments[0] if act.arguments else ""
        return step.order, _ARTISAN.index(name) if name in _ARTISAN else len(_ARTISAN), name
    if isinstance(act, ReloadUnit | StartUnit | RestartUnit):
        # The web server comes last: it may point to a socket that PHP-FPM is about to open.
        return step.order, 0 if "fpm" in act.unit else 1, act.unit
    if isinstance(act, SignalMaster):
        return step.order, act.pid, ""
    return step.order, 0, getattr(act, "root", "") or getattr(act, "path", "")


def _together(steps: list[Step], act: Act) -> Step:
    """One step that stands for several: every reason and code once, the strictest safety."""
    safety = steps[0].safety
    for step in steps:
        safety = stricter(safety, step.safety)
    return Step(
        act,
        "; ".join(dict.fromkeys(step.why for step in steps)),
        "; ".join(dict.fromkeys(step.undo for step in steps if step.undo)),
        safety,
        tuple(sorted({code for step in steps for code in step.fixes})),
    )


def _by(step: Step) -> str:
    return ", ".join(step.fixes) or step.why


def _owners(steps: list[Step], removed: set[str]) -> list[Step]:
    wanted: dict[str, tuple[str, Owned, int, int, str, list[Step]]] = {}
    for step in steps:
        if not isinstance(step.act, ChangeOwner):
            continue
        for entry in step.act.entries:
            place = _join(step.act.root, entry.path)
            root, seen, uid, gid, names, by = wanted.get(place, (step.act.root, entry, -1, -1, "", []))
            if (seen.uid, seen.gid) != (entry.uid, entry.gid):
                raise Contradiction(f"the owner of {place} was seen differently by {_by(by[0])} and {_by(step)}")
            for have, want in ((uid, step.act.uid), (gid, step.act.gid)):
                if -1 not in (have, want) and have != want:
                    raise Contradiction(
                        f"{_by(by[0])} wants {place} to belong to {names}, {_by(step)} to {step.act.names}"
                    )
            names = names if names and step.act.names in names else ", ".join(filter(None, (names, step.act.names)))
            uid, gid = (step.act.uid if uid == -1 else uid), (step.act.gid if gid == -1 else gid)
            wanted[place] = (root, seen, uid, gid, names, [*by, step])
    groups: dict[tuple[str, int, int, str], tuple[list[Owned], list[Step]]] = {}
    for place, (root, seen, uid, gid, names, by) in wanted.items():
        if place in removed or (uid in (-1, seen.uid) and gid in (-1, seen.gid)):
            continue
        entries, reasons = groups.setdefault((root, uid, gid, names), ([], []))
        entries.append(seen)
        reasons += [step for step in by if step not in reasons]
    return [
        _together(by, ChangeOwner(root, tuple(sorted(entries, key=lambda entry: entry.path)), uid, gid, names))
        for (root, uid, gid, names), (entries, by) in groups.items()
    ]


def _modes(steps: list[Step], removed: set[str]) -> list[Step]:
    """Each rule adds or takes bits of the mode that all of them saw, so their changes never contradict each other."""
    wanted: dict[str, tuple[str, Moded, list[Step]]] = {}
    for step in steps:
        if not isinstance(step.act, ChangeMode):
            continue
        for entry in step.act.entries:
            place = _join(step.act.root, entry.path)
            root, seen, by = wanted.get(place, (step.act.root, replace(entry, new=entry.mode), []))
            if seen.mode != entry.mode:
                raise Contradiction(f"the mode of {place} was seen differently by {_by(by[0])} and {_by(step)}")
            changed = (seen.new ^ seen.mode) | (entry.new ^ entry.mode)
            wanted[place] = (root, replace(seen, new=seen.mode ^ changed), [*by, step])
    groups: dict[str, tuple[list[Moded], list[Step]]] = {}
    for place, (root, seen, by) in wanted.items():
        if place in removed or seen.new == seen.mode:
            continue
        entries, reasons = groups.setdefault(root, ([], []))
        entries.append(seen)
        reasons += [step for step in by if step not in reasons]
    return [
        _together(by, ChangeMode(root, tuple(sorted(entries, key=lambda entry: entry.path))))
        for root, (entries, by) in groups.items()
    ]


def _alike(steps: list[Step], kind: type, key: Callable[..., str]) -> list[Step]:
    """Steps that must be equal where they are about the same path."""
    groups: dict[str, list[Step]] = {}
    for step in steps:
        if isinstance(step.act, kind):
            same = groups.setdefault(key(step.act), [])
            if same and same[0].act != step.act:
                raise Contradiction(f"{_by(same[0])} and {_by(step)} want different things of {key(step.act)}")
            same.append(step)
    return [_together(same, same[0].act) for same in groups.values()]


def _artisan(steps: list[Step]) -> list[Step]:
    groups: dict[tuple[str, tuple[str, ...]], list[Step]] = {}
    for step in steps:
        if isinstance(step.act, RunArtisan):
            groups.setdefault((step.act.app, step.act.arguments), []).append(step)
    merged = []
    for same in groups.values():
        acts = [step.act for step in same if isinstance(step.act, RunArtisan)]
        if any((act.user, act.php) != (acts[0].user, acts[0].php) for act in acts):
            raise Contradiction(f"{_by(same[0])} and {_by(same[-1])} run artisan {acts[0].arguments[0]} differently")
        writes = tuple(sorted({path for act in acts for path in act.writes}))
        merged.append(_together(same, replace(acts[0], writes=writes)))
    return merged


def _services(steps: list[Step]) -> list[Step]:
    """One act per unit: a restart does what a start does, and either does what a reload does."""
    groups: dict[str, list[Step]] = {}
    for step in steps:
        act = step.act
        if isinstance(act, ReloadUnit | StartUnit | RestartUnit):
            groups.setdefault(act.unit, []).append(step)
        elif isinstance(act, SignalMaster):
            groups.setdefault(f"{act.pid}@{act.start}", []).append(step)
    merged = []
    for same in groups.values():
        strongest = max(same, key=lambda step: _STRENGTH.index(type(step.act))).act
        if isinstance(strongest, ReloadUnit | StartUnit | RestartUnit | SignalMaster) and not strongest.test:
            strongest = replace(strongest, test=next((s.act.test for s in same if _has_test(s.act)), ()))  # type: ignore[union-attr]
        merged.append(_together(same, strongest))
    return merged


_STRENGTH: tuple[type, ...] = (SignalMaster, ReloadUnit, StartUnit, RestartUnit)


def _has_test(act: Act) -> bool:
    return isinstance(act, ReloadUnit | StartUnit | RestartUnit | SignalMaster) and bool(act.test)
