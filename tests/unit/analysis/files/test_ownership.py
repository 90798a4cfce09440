"""Who should own what: each policy on healthy layouts, on slips, and where nobody can tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.analysis.files.ownership import CODE, Mismatch, Ownership, mismatches, ownership, ruled
from liveproof.model.findings import Unknown
from liveproof.model.settings import OwnerRule, Policy
from tests.unit.owned import DEPLOY, OTHER, ROOT, WWW, Has, app, laravel, tree


def wrong(policy: Policy, entries: dict[str, Has | int], uid: int = WWW) -> dict[str, tuple[int, int, int]]:
    files, of = tree(entries), app(uid=uid)
    owned = ownership(policy, files, of)
    assert isinstance(owned, Ownership), owned
    found = mismatches(owned, files, of)
    assert not isinstance(found, Unknown)
    return {entry.path: (entry.want_uid, entry.want_gid, entry.want_mode) for entry in found}


@pytest.mark.parametrize(
    ("code", "written"),
    [(WWW, WWW), (DEPLOY, WWW), (ROOT, WWW), (DEPLOY, DEPLOY)],
    ids=["www", "deploy", "root", "group"],
)
def test_default_is_silent_on_healthy_layouts(code: int, written: int) -> None:
    """Whoever owns the code, whoever owns what the app writes."""
    assert wrong(Policy(), laravel(code, written)) == {}


def test_default_finds_what_root_left() -> None:
    """In code, vendor and public; the group that most of the owner's code has comes with it."""
    entries = laravel(DEPLOY, WWW) | {"app/F3.php": ROOT, "public/x.js": ROOT, "vendor/b": ROOT}
    assert wrong(Policy(), entries) == {
        "app/F3.php": (DEPLOY, DEPLOY, -1),
        "public/x.js": (DEPLOY, DEPLOY, -1),
        "vendor/b": (DEPLOY, DEPLOY, -1),
    }


def test_default_keeps_a_group_that_is_right() -> None:
    """Only the half that is wrong is wanted."""
    assert wrong(Policy(), laravel(WWW, WWW) | {"app/F3.php": Has(ROOT, WWW)}) == {"app/F3.php": (WWW, -1, -1)}


def test_default_lets_the_app_keep_its_own_files() -> None:
    """Uploads and a database belong to the app's user in a tree that somebody else deploys."""
    entries = laravel(DEPLOY, WWW) | {
        "public/uploads": WWW,
        "public/uploads/a.jpg": WWW,
        "database/database.sqlite": WWW,
    }
    assert wrong(Policy(), entries) == {}


def test_default_does_not_judge_the_root_the_environment_groups_or_what_is_written() -> None:
    """A root directory of root's, a hardened .env, a shared group, a log of root's: others judge, or nobody."""
    entries = laravel(DEPLOY, WWW) | {".env": Has(ROOT, WWW, 0o640), "app/F1.php": Has(DEPLOY, WWW)}
    entries |= {"storage/logs/laravel.log": ROOT, "bootstrap/cache/config.php": ROOT}
    assert wrong(Policy(), entries) == {}


def test_default_finds_a_vendor_made_by_root() -> None:
    """Composer ran as root: however large vendor is, the code tells who should own it."""
    entries = laravel(DEPLOY, WWW) | {f"vendor/p/F{at}.php": ROOT for at in range(500)}
    assert len(wrong(Policy(), entries)) == 500


def test_default_does_not_guess() -> None:
    """Two users with much of the code each: Unknown, with what to write."""
    entries = laravel(WWW, WWW) | {f"app/F{at}.php": ROOT for at in range(12)} | {"vendor/a.php": ROOT}
    owned = ownership(Policy(), tree(entries), app())
    assert isinstance(owned, Unknown)
    assert '[policy] owner = "www-data"' in owned.reason
    assert "--policy app-user" in owned.reason
    assert "root (39%)" in owned.reason


def test_default_asks_vendor_when_code_is_divided() -> None:
    """The whole of app/ was pulled as root; vendor still belongs to the usual user."""
    entries = laravel(WWW, WWW) | {f"app/F{at}.php": ROOT for at in range(20)} | {"app": ROOT}
    assert len(wrong(Policy(), entries)) == 21


def test_default_accepts_deploy_and_app_side_by_side() -> None:
    """However their shares are."""
    entries = laravel(DEPLOY, WWW) | {f"app/F{at}.php": WWW for at in range(14)}
    assert wrong(Policy(), entries) == {}


def test_default_with_a_named_owner() -> None:
    """The name decides, also against the majority and the app's user."""
    entries = laravel(WWW, WWW)
    assert set(wrong(Policy(owner="deploy"), entries)) == {
        path
        for path in entries
        if path.split("/")[0] in ("app", "vendor", "public") or path in ("bootstrap", "bootstrap/app.php")
    }


def test_names_that_do_not_exist() -> None:
    """Are told."""
    for policy in (Policy(owner="nobody-here"), Policy(group="no-group")):
        owned = ownership(policy, tree(laravel(WWW, WWW)), app())
        assert isinstance(owned, Unknown)
        assert "does not exist" in owned.reason


def test_numbers_are_names() -> None:
    """Of users without any."""
    owned = ownership(Policy(owner="4711"), tree(laravel(WWW, WWW)), app())
    assert isinstance(owned, Ownership)
    assert owned.uid == 4711


def test_no_code() -> None:
    """Nothing to go by."""
    assert isinstance(ownership(Policy(), tree({}), app()), Unknown)


def test_seed_wants_everything_for_the_pool() -> None:
    """User and group, storage and caches too."""
    assert wrong(
        Policy("app-user"), laravel(WWW, WWW) | {"app/F1.php": Has(WWW, ROOT), "storage/logs/laravel.log": ROOT}
    ) == {
        ".": (WWW, WWW, -1),
        "app/F1.php": (-1, WWW, -1),
        "storage/logs/laravel.log": (WWW, WWW, -1),
    }


def test_hardened_wants_the_pool_to_read_only() -> None:
    """Code of the one who deploys, the pool's group, no bit to write for anyone else."""
    entries = laravel(DEPLOY, WWW) | {
        path: Has(DEPLOY, WWW) for path, has in laravel(DEPLOY, WWW).items() if has == DEPLOY
    }
    entries |= {".": Has(DEPLOY, WWW), "app/F1.php": Has(DEPLOY, WWW, 0o664), "app/F2.php": WWW, "app/F3.php": DEPLOY}
    assert wrong(Policy("hardened"), entries) == {
        "app/F1.php": (-1, -1, 0o644),
        "app/F2.php": (DEPLOY, -1, -1),
        "app/F3.php": (-1, WWW, -1),
    }


def test_hardened_needs_somebody_else() -> None:
    """In a tree of the pool's user it cannot tell who deploys."""
    assert isinstance(ownership(Policy("hardened"), tree(laravel(WWW, WWW)), app()), Unknown)


OWN = Policy(
    "own", rules=(OwnerRule("**", "deploy", "", "0644"), OwnerRule("storage/**", "www-data"), OwnerRule("public"))
)


def test_own_rules_the_last_match_decides() -> None:
    """Owner, group and mode, each only where it is asked; directories may be searched where they may be read."""
    entries: dict[str, Has | int] = {
        ".": DEPLOY,
        "a.php": DEPLOY,
        "b.php": WWW,
        "c.php": Has(DEPLOY, WWW, 0o666),
        "d": DEPLOY,
    }
    entries |= {
        "e": Has(DEPLOY, DEPLOY, 0o2777),
        "storage": WWW,
        "storage/x": DEPLOY,
        "storage/y.log": Has(WWW, WWW, 0o666),
    }
    entries |= {"public": OTHER, "public/x.js": OTHER}
    assert wrong(OWN, entries | {f"app/F{at}.php": DEPLOY for at in range(20)}) == {
        "b.php": (DEPLOY, -1, -1),
        "c.php": (-1, -1, 0o644),
        "e": (-1, -1, 0o2755),
        "storage/x": (WWW, -1, -1),
        "public/x.js": (DEPLOY, -1, -1),
    }


def test_own_rule_of_a_path() -> None:
    """The last that matches."""
    assert ruled(OWN, "storage/x") == OWN.rules[1]
    assert ruled(Policy("own", rules=(OwnerRule("a"),)), "b") is None


def test_own_rules_that_name_nobody() -> None:
    """Are told with their pattern."""
    files = tree(laravel(WWW, WWW))
    owned = ownership(Policy("own", rules=(OwnerRule("app/**", "nobody-here"),)), files, app())
    assert isinstance(owned, Ownership)
    found = mismatches(owned, files, app())
    assert isinstance(found, Unknown)
    assert "app/**" in found.reason


@pytest.mark.parametrize(
    ("code", "written", "writer"),
    [
        (WWW, WWW, (WWW, WWW)),
        (ROOT, WWW, (WWW, WWW)),
        (ROOT, ROOT, (WWW, WWW)),
        (DEPLOY, WWW, (WWW, WWW)),
        (DEPLOY, DEPLOY, (DEPLOY, WWW)),
        (DEPLOY, ROOT, (WWW, WWW)),
    ],
)
def test_who_owns_what_the_app_writes(code: int, written: int, writer: tuple[int, int]) -> None:
    """Whoever does already, but never root."""
    owned = ownership(Policy(), tree(laravel(code, written)), app())
    assert isinstance(owned, Ownership)
    assert (owned.writer_uid, owned.writer_gid) == writer


USERS = st.sampled_from([ROOT, WWW, DEPLOY, OTHER])
ENTRIES = st.dictionaries(
    st.sampled_from([*laravel(WWW, WWW), "x.php", "y.php", "public/up", "public/up/a.jpg"]),
    st.builds(Has, USERS, USERS, st.sampled_from([0o600, 0o644, 0o664, 0o777, 0o2755])),
)
POLICIES = st.sampled_from(
    [Policy(), Policy("app-user"), Policy("hardened"), Policy(owner="deploy", group="www-data"), OWN]
)


@given(POLICIES, ENTRIES, USERS)
def test_what_is_wanted_is_fine(policy: Policy, changes: dict[str, Has], uid: int) -> None:
    """A tree that was given all that the policy wanted of it wants nothing more, and keeps its owner."""
    entries: dict[str, Has | int] = {**laravel(DEPLOY, WWW), **changes}
    of = app(uid=uid)
    owned = ownership(policy, tree(entries), of)
    if isinstance(owned, Unknown):
        return
    found = mismatches(owned, tree(entries), of)
    assert not isinstance(found, Unknown)
    kept = list(found)
    mended = entries | {entry.path: _mended(entry) for entry in kept}
    again = ownership(policy, tree(mended), of)
    assert isinstance(again, Ownership)
    assert again.uid == owned.uid
    left = mismatches(again, tree(mended), of)
    assert not isinstance(left, Unknown)
    assert list(left) == []


def _mended(entry: Mismatch) -> Has:
    return Has(
        entry.uid if entry.want_uid < 0 else entry.want_uid,
        entry.gid if entry.want_gid < 0 else entry.want_gid,
        entry.mode if entry.want_mode < 0 else entry.want_mode,
    )


@given(ENTRIES, USERS)
def test_default_never_takes_from_the_owner_or_the_app(changes: dict[str, Has], uid: int) -> None:
    """What belongs to either is never wrong, and only code is judged."""
    files, of = tree(laravel(DEPLOY, WWW) | changes), app(uid=uid)
    owned = ownership(Policy(), files, of)
    if isinstance(owned, Ownership):
        found = mismatches(owned, files, of)
        assert not isinstance(found, Unknown)
        sections = {path: kind.section for kind in files.classes for path in kind.paths()}
        for entry in found:
            assert entry.uid not in (owned.uid, uid)
            assert sections[entry.path] in CODE
