"""Who should own what in an app's tree: the owner policies, judged class by class. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from liveproof.analysis.files.patterns import matcher
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.findings import Unknown
from liveproof.model.settings import OwnerRule, Policy

CODE = ("code", "public", "vendor")
WRITTEN = ("cache", "storage")
# Entries that one run changes at most: each is written down three times, and the records read whole for the rollback.
MOST = 250_000
# Beyond this share of the code another owner is no slip but a second opinion, which only a person can overrule.
_SECOND = 0.25
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class Ownership:
    """What a policy comes to in one tree.

    ``uid``:``gid`` own the code; ``accepted`` are the users whose code is no fault. ``writer_uid``:``writer_gid`` is to
    own what the app writes. ``share`` is the part of the PHP code that ``uid`` owns.
    """

    policy: Policy
    uid: int
    gid: int
    accepted: frozenset[int]
    writer_uid: int
    writer_gid: int
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An entry that is not as the policy wants it: what it is now, and what it should be (-1: that half may stay)."""

    path: str
    kind: str
    uid: int
    gid: int
    mode: int
    linked: bool
    want_uid: int
    want_gid: int
    want_mode: int


def ownership(policy: Policy, files: Files, app: App) -> Ownership | Unknown:
    """What the policy comes to in this tree, or why that cannot be told."""
    named_uid, named_gid = _number(files.users, policy.owner), _number(files.groups, policy.group)
    if isinstance(named_uid, Unknown):
        return Unknown(f"the policy's owner {named_uid.reason}")
    if isinstance(named_gid, Unknown):
        return Unknown(f"the policy's group {named_gid.reason}")
    if policy.name == "app-user":
        uid, gid = named_uid if named_uid >= 0 else app.uid, named_gid if named_gid >= 0 else app.gid
        return Ownership(policy, uid, gid, frozenset((uid,)), uid, gid)
    owner = named_uid if named_uid >= 0 else _owner(files, app)
    if isinstance(owner, Unknown):
        return owner
    return _by_owner(policy, files, app, owner, named_gid)


def _by_owner(policy: Policy, files: Files, app: App, uid: int, named_gid: int) -> Ownership | Unknown:
    if policy.name == "hardened" and uid == app.uid:
        return Unknown(
            "the policy `hardened` wants the code to belong to another user than the app's own, who owns most of it; "
            f"{_name_owner('deploy')}"
        )
    gid = named_gid if named_gid >= 0 else app.gid if policy.name == "hardened" else _group(files, uid, app)
    accepted = frozenset((uid,) if policy.name == "hardened" or policy.owner else (uid, app.uid))
    counts = _counts(files, ("code",)) or _counts(files, CODE)
    return Ownership(policy, uid, gid, accepted, *_writer(uid, files, app), counts[uid] / (counts.total() or 1))


def _name_owner(user: str) -> str:
    return (
        f'name its owner in liveproof.toml (/etc/liveproof): [policy] owner = "{user}"; or, where the user of the pool '
        "owns everything: --policy app-user"
    )


def mismatches(owned: Ownership, files: Files, app: App) -> Iterator[Mismatch] | Unknown:
    """Every entry that is not as the policy wants it, or why that cannot be told."""
    if owned.policy.name == "own":
        return _by_rules(owned, files)
    judge = {"app-user": _app_user, "hardened": _hardened}.get(owned.policy.name, _default)
    return (
        Mismatch(path, kind.kind, kind.uid, kind.gid, kind.mode, kind.linked, *wanted)
        for kind in files.classes
        if kind.kind in "df" and (wanted := judge(owned, kind, app)) != _FINE
        for path in kind.paths()
        if path != "." or owned.policy.name != "default"
    )


_FINE = (-1, -1, -1)
_Wanted = tuple[int, int, int]


def _default(owned: Ownership, kind: FileClass, app: App) -> _Wanted:  # noqa: ARG001  (one signature for all policies)
    if kind.section not in CODE:
        return _FINE
    foreign = kind.uid not in owned.accepted
    group_asked = foreign or bool(owned.policy.group)
    return owned.uid if foreign else -1, owned.gid if group_asked and kind.gid != owned.gid else -1, -1


def _app_user(owned: Ownership, kind: FileClass, app: App) -> _Wanted:  # noqa: ARG001
    if kind.section not in (*CODE, *WRITTEN, "env"):
        return _FINE
    return -1 if kind.uid == owned.uid else owned.uid, -1 if kind.gid == owned.gid else owned.gid, -1


def _hardened(owned: Ownership, kind: FileClass, app: App) -> _Wanted:
    if kind.section in WRITTEN:
        return _FINE if kind.uid in (owned.uid, app.uid) else (owned.writer_uid, owned.writer_gid, -1)
    if kind.section not in (*CODE, "env"):
        return _FINE
    mode = kind.mode & ~0o022
    return (
        -1 if kind.uid == owned.uid else owned.uid,
        -1 if kind.gid == owned.gid else owned.gid,
        -1 if mode == kind.mode else mode,
    )


def _by_rules(owned: Ownership, files: Files) -> Iterator[Mismatch] | Unknown:
    rules: list[tuple[Callable[[str], bool], int, int, int | None]] = []
    for rule in owned.policy.rules:
        uid, gid = _number(files.users, rule.owner), _number(files.groups, rule.group)
        for number in (uid, gid):
            if isinstance(number, Unknown):
                return Unknown(f"the policy's rule for {rule.pattern} names {number.reason}")
        assert isinstance(uid, int)
        assert isinstance(gid, int)
        rules.append((matcher((rule.pattern,)), uid, gid, int(rule.mode, 8) if rule.mode else None))
    return _judged_by_rules(list(reversed(rules)), files)


def _judged_by_rules(
    rules: list[tuple[Callable[[str], bool], int, int, int | None]], files: Files
) -> Iterator[Mismatch]:
    for kind in files.classes:
        if kind.kind not in "df" or kind.section == "ignored":
            continue
        wanted = [_by_rule(kind, uid, gid, mode) for _, uid, gid, mode in rules]
        if all(want == _FINE for want in wanted):
            continue
        for path in kind.paths():
            want = next((want for (matches, *_), want in zip(rules, wanted, strict=True) if matches(path)), _FINE)
            if want != _FINE:
                yield Mismatch(path, kind.kind, kind.uid, kind.gid, kind.mode, kind.linked, *want)


def _by_rule(kind: FileClass, uid: int, gid: int, mode: int | None) -> _Wanted:
    new = -1
    if mode is not None:
        allowed = mode | (mode & 0o444) >> 2 if kind.kind == "d" else mode
        new = kind.mode & (allowed | 0o7000)
    return (
        -1 if uid in (-1, kind.uid) else uid,
        -1 if gid in (-1, kind.gid) else gid,
        -1 if new in (-1, kind.mode) else new,
    )


def ruled(policy: Policy, path: str) -> OwnerRule | None:
    """The rule of one's own that decides about a path: the last that matches."""
    return next((rule for rule in reversed(policy.rules) if matcher((rule.pattern,))(path)), None)


def _number(known: Iterable[tuple[int, str]], name: str) -> int | Unknown:
    """The number of a name; -1 when none was given."""
    if not name:
        return -1
    found = next((number for number, other in known if other == name), None)
    if found is None:
        return int(name) if name.isdecimal() and len(name) < 19 else Unknown(f"{name!r} does not exist on this host")
    return found


def _owner(files: Files, app: App) -> int | Unknown:
    """The user who owns most of the PHP code; Unknown when another owns so much that this is no answer."""
    counts = _counts(files, ("code",)) or _counts(files, CODE)
    if not counts:
        return Unknown(f"no code was seen in {files.root}")

    def weight(user: int) -> tuple[int, bool, int]:
        return counts[user], user == app.uid, -user

    first, *others = sorted(counts, key=weight, reverse=True)
    if not others or counts[others[0]] <= _SECOND * counts.total():
        return first
    second = others[0]
    if second == app.uid and first != 0:
        return first  # one deploys and the app's user keeps files of its own: neither is a fault
    vendor = _counts(files, ("vendor",))
    for user in (first, second):
        if user != 0 and vendor[user] >= _NEARLY_ALL * vendor.total() > 0:
            return user
    names = {user: str(dict(files.users).get(user, user)) for user in (first, second)}
    shares = " and ".join(f"{name} ({counts[user] / counts.total():.0%})" for user, name in names.items())
    likely = names[app.uid] if app.uid in names else next(name for user, name in names.items() if user != 0)
    return Unknown(f"the code belongs to {shares}, so it is not known whose it should be; {_name_owner(likely)}")


def _counts(files: Files, sections: tuple[str, ...]) -> Counter[int]:
    """How many PHP files of these sections each user owns."""
    counts: Counter[int] = Counter()
    for kind in files.classes:
        if kind.section in sections and kind.kind == "f":
            counts[kind.uid] += sum(names.count(".php/") + names.endswith(".php") for _, names in kind.groups)
    return +counts


def _group(files: Files, uid: int, app: App) -> int:
    """The group that most of a user's code has."""
    counts: Counter[int] = Counter()
    for kind in files.classes:
        if kind.section in CODE and kind.kind in "df" and kind.uid == uid:
            counts[kind.gid] += kind.count
    return max(counts, key=lambda gid: (counts[gid], gid == app.gid, -gid)) if counts else app.gid


def _writer(uid: int, files: Files, app: App) -> tuple[int, int]:
    """Who is to own what the app writes.

    The app's user where it owns the code or root does, or where it owns most of these directories already; else the
    one who deploys, with the app's group, so that both can write.
    """
    if uid in (0, app.uid):
        return app.uid, app.gid
    counts: Counter[int] = Counter()
    for kind in files.classes:
        if kind.section in WRITTEN and kind.kind == "d" and kind.uid != 0:
            counts[kind.uid] += kind.count
    mostly = max(counts, key=lambda user: (counts[user], user == app.uid)) if counts else app.uid
    return (app.uid, app.gid) if mostly == app.uid else (uid, app.gid)
