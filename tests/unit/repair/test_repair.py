"""Ask, look again, apply, prove, or take back: on a real tree, with one rule that looks at it."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from liveproof.model.examination import AppExamination, Examination
from liveproof.model.findings import Diagnosis, Evidence, Finding, Ref, Result
from liveproof.model.plan import Act, OutcomeKind, Plan, Step
from liveproof.model.rule import Rule
from liveproof.model.settings import Settings
from liveproof.model.verdicts import RuleVerdict, Safety, Severity
from liveproof.planning.plan import make_plan
from liveproof.repair import journal, repair, rollback
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.run_artisan import RunArtisan
from liveproof.store import lock, runs
from liveproof.store.cache import Cache
from liveproof.store.runs import BACK
from tests.unit.trees import WWW, app, snapshot

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


class Site:
    """A tree, and one rule: everything in it belongs to www-data, and there is no file named ``bad``."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.extra: tuple[Act, ...] = ()
        self.meanwhile: Callable[[], None] = lambda: None
        self.looks = 0
        self.rules = (self._owners(), Rule("LAR015", Severity.HIGH))

    def _owners(self) -> Rule:
        rule = Rule("FIL001", Severity.HIGH)

        @rule.fix(Safety.SAFE)
        def fix(finding: Finding) -> Iterator[Step]:
            entries = tuple(Owned(name, 0, 0) for name in self.foreign())
            yield Step(ChangeOwner(str(self.top), entries, WWW, WWW, "www-data"), "why", "back")
            for act in self.extra:
                yield Step(act, "why", "back")

        return rule

    def foreign(self) -> list[str]:
        """What does not belong to www-data."""
        return sorted(name for name in os.listdir(self.top) if os.lstat(self.top / name).st_uid == 0)

    def examine(self, *_: object) -> Examination:
        """One look at the tree."""
        self.looks += 1
        if self.looks > 1:
            self.meanwhile()
        apps = (self._app(),) if self.top.exists() else ()
        return Examination("here", 0.0, 0.0, apps, "", ())

    def _app(self) -> AppExamination:
        foreign, bad = self.foreign(), (self.top / "bad").exists()
        results: list[Result] = []
        findings: list[Finding] = []
        for code, found in (("FIL001", foreign), ("LAR015", ["bad"] if bad else [])):
            known = tuple(
                Finding(
                    f"{name} is wrong", (Ref("app", str(self.top)),), (Evidence("stat", name),), "", code, Severity.HIGH
                )
                for name in found[:1]
            )
            findings += known
            results.append(Result(code, code, RuleVerdict.FOUND if found else RuleVerdict.OK, known))
        return AppExamination(app(self.top), (), tuple(results), tuple(Diagnosis(f, (), "") for f in findings), {})

    def plan(self) -> Plan:
        """The plan as things are now."""
        return make_plan(self._app(), self.rules)

    def script(self, text: str) -> RunArtisan:
        """A command of the app: here a shell script."""
        (self.top / "artisan").write_text(text)
        os.chown(self.top / "artisan", WWW, WWW)
        return RunArtisan(str(self.top), "www-data", "/bin/sh", ("rebuild",), (".",))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A tree with two files of root's."""
    top = Path(tempfile.mkdtemp(prefix="liveproof-test-"))
    top.chmod(0o755)
    made = Site(top)
    for name in ("a", "b"):
        (top / name).write_text(name)
    os.chown(top, WWW, WWW)
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(repair, "examine", made.examine)
    monkeypatch.setattr(repair, "load", lambda: made.rules)
    monkeypatch.setattr(repair, "_SETTLE_SECONDS", 0.1)
    monkeypatch.setattr(repair, "_AGAIN_SECONDS", 0.05)
    yield made
    shutil.rmtree(top, ignore_errors=True)


def mended(plan: Plan, ask: Callable[[Plan], bool] = lambda _: True) -> repair.Repaired:
    """The plan carried out."""
    return repair.repair(plan, Settings(), Cache(None), ask=ask)


def test_fixed_is_proven(site: Site) -> None:
    """What was found is gone, the run is named, and rollback brings everything back."""
    before = snapshot(site.top)
    done = mended(site.plan())
    assert done.outcome.kind is OutcomeKind.FIXED
    assert site.foreign() == []
    assert done.before
    assert done.after
    assert done.before.apps[0].findings
    assert not done.after.apps[0].findings
    (back,) = rollback.rollback(done.outcome.run)
    assert back.complete
    assert snapshot(site.top) == before


def test_nothing_to_do(site: Site) -> None:
    """A plan without steps opens nothing."""
    assert mended(Plan(str(site.top), (), (), (), (), "")).outcome.kind is OutcomeKind.NOTHING_TO_DO
    assert site.looks == 0


def test_declined(site: Site) -> None:
    """Somebody who says no changes nothing."""
    done = mended(site.plan(), ask=lambda _: False)
    assert (done.outcome.kind, done.outcome.reason) == (OutcomeKind.REFUSED, "declined; nothing was changed")
    assert site.foreign() == ["a", "b"]
    assert runs.list_runs() == ()


def test_a_stale_plan_is_refused(site: Site) -> None:
    """What changed between plan and yes is told, and nothing is done."""
    plan = site.plan()
    (site.top / "c").write_text("new")
    done = mended(plan)
    assert done.outcome.kind is OutcomeKind.REFUSED
    assert "needed now: chown 3 files" in done.outcome.reason
    assert site.foreign() == ["a", "b", "c"]
    shutil.rmtree(site.top)
    done = mended(plan)
    assert "no longer there" in done.outcome.reason


def test_the_second_of_two_is_refused(site: Site) -> None:
    """The lock names its holder, and a holder that died holds nothing."""
    plan = site.plan()
    with lock.Lock():
        done = mended(plan)
        assert done.outcome.kind is OutcomeKind.REFUSED
        assert f"process {os.getpid()}, since 20" in done.outcome.reason
        with pytest.raises(lock.Held):
            repair.recover(Settings(), Cache(None))
    assert mended(plan).outcome.kind is OutcomeKind.FIXED


def test_an_unusable_state_directory_is_refused(site: Site, tmp_path: Path) -> None:
    """Without a journal nothing is changed: the directory is others', no directory, or read-only."""
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(0o777)
    assert "nobody else can write" in mended(site.plan()).outcome.reason
    state.rmdir()
    state.write_text("a file")
    assert mended(site.plan()).outcome.kind is OutcomeKind.REFUSED
    state.unlink()
    state.mkdir(mode=0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,mode=700", "none", state], check=False).returncode:
        pytest.skip("mounting is not permitted here")
    try:
        done = mended(site.plan())
    finally:
        subprocess.run(["umount", state], check=True)
    assert done.outcome.kind is OutcomeKind.REFUSED
    assert "read-only" in done.outcome.reason
    assert site.foreign() == ["a", "b"]


def test_a_failing_step_takes_everything_back(site: Site) -> None:
    """The command fails after owners were given: they are given back."""
    site.extra = (site.script("echo half > b; exit 1"),)
    before = snapshot(site.top)
    done = mended(site.plan())
    assert done.outcome.kind is OutcomeKind.ROLLED_BACK
    assert "artisan rebuild failed with status 1" in done.outcome.reason
    assert "everything was rolled back" in done.outcome.reason
    assert snapshot(site.top) == before
    assert runs.list_runs()[0].state == BACK


def test_what_is_not_gone_takes_everything_back(site: Site) -> None:
    """Somebody makes the fault anew all the time: not fixed, so as before."""
    before = snapshot(site.top)
    site.meanwhile = lambda: os.chown(site.top / "a", 0, 0)
    done = mended(site.plan())
    assert done.outcome.kind is OutcomeKind.ROLLED_BACK
    assert "FIL001 is still found: a is wrong" in done.outcome.reason
    assert snapshot(site.top) == before


def test_what_comes_takes_everything_back(site: Site) -> None:
    """The fix makes another fault: taken back, and told which."""
    site.extra = (site.script("touch bad"),)
    before = snapshot(site.top)
    done = mended(site.plan())
    assert done.outcome.kind is OutcomeKind.ROLLED_BACK
    assert "LAR015 came: bad is wrong" in done.outcome.reason
    assert snapshot(site.top) == before


def test_what_settles_late_is_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that goes by itself a moment later is no reason to take anything back."""
    monkeypatch.setattr(repair, "_SETTLE_SECONDS", 5.0)
    site.extra = (site.script("touch bad"),)

    def later() -> None:
        if site.looks > 3:
            (site.top / "bad").unlink(missing_ok=True)

    site.meanwhile = later
    assert mended(site.plan()).outcome.kind is OutcomeKind.FIXED
    assert site.looks == 4


def test_what_cannot_be_put_back_is_told(site: Site) -> None:
    """Somebody changes what the fix changed before it is taken back: that stays, is named, and can be tried again."""

    def deploy() -> None:
        if site.looks == 2:
            (site.top / "new").write_text("a newer deploy")
            os.rename(site.top / "new", site.top / "a")

    site.meanwhile = deploy
    done = mended(site.plan())
    assert done.outcome.kind is OutcomeKind.FAILED
    assert f"{site.top}/a was changed by somebody else" in done.outcome.reason
    assert f"liveproof rollback {done.outcome.run}" in done.outcome.reason
    assert (site.top / "a").read_text() == "a newer deploy"
    assert (site.top / "b").stat().st_uid == 0


def test_unsafe_entries_are_refused_before_anything_is_touched(site: Site) -> None:
    """One hard link among many entries: nothing is changed, not even the others, and no run is kept."""
    os.link(site.top / "b", site.top.parent / f"{site.top.name}-shadow")
    try:
        done = mended(site.plan())
    finally:
        os.unlink(site.top.parent / f"{site.top.name}-shadow")
    assert done.outcome.kind is OutcomeKind.REFUSED
    assert f"{site.top}/b has 2 hard links" in done.outcome.reason
    assert site.foreign() == ["a", "b"]
    assert runs.list_runs() == ()


def test_an_interrupted_run_is_taken_back_first(site: Site) -> None:
    """What a killed fix left is put back before a new one begins; the plan made on top of it no longer fits."""
    child = os.fork()
    if child == 0:
        site.meanwhile = lambda: os.kill(os.getpid(), 9)
        mended(site.plan())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 9
    assert len(runs.pending()) == 1
    assert site.foreign() == []
    (site.top / "c").write_text("c")
    done = mended(site.plan())
    assert done.outcome.kind is OutcomeKind.REFUSED
    assert [back.complete for back in done.recovered] == [True]
    assert site.foreign() == ["a", "b", "c"]
    assert mended(site.plan()).outcome.kind is OutcomeKind.FIXED


def test_asked_to_stop_while_a_command_runs(site: Site) -> None:
    """SIGTERM in the middle of a command: it ends, and everything is taken back."""
    site.extra = (site.script("sleep 0.5; echo new > b"),)
    before = snapshot(site.top)
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), 15))
    timer.start()
    done = mended(site.plan())
    timer.join()
    assert done.outcome.kind is OutcomeKind.ROLLED_BACK
    assert done.outcome.reason.startswith("stopped by SIGTERM")
    assert snapshot(site.top) == before


def test_a_bug_of_ours_takes_everything_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong inside a step, what was begun is taken back and told as our bug."""
    site.extra = (site.script("true"),)
    before = snapshot(site.top)
    plan = site.plan()

    def broken(*_: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("liveproof.repair.actions.run_artisan._run", broken)
    done = mended(plan)
    assert done.outcome.kind is OutcomeKind.ROLLED_BACK
    assert "liveproof failed" in done.outcome.reason
    assert snapshot(site.top) == before


def test_a_terminal_that_went_away_breaks_nothing(site: Site) -> None:
    """Telling progress to nobody is no reason to stop."""

    def gone(_: str) -> None:
        raise BrokenPipeError

    done = repair.repair(site.plan(), Settings(), Cache(None), progress=gone)
    assert done.outcome.kind is OutcomeKind.FIXED


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=755", "none", place], check=False).returncode:
        pytest.skip("mounting is not permitted here")
    yield place
    subprocess.run(["umount", place], check=True)


def fill(place: Path, leave: int = 0) -> None:
    """Leave so many bytes of a file system."""
    free = os.statvfs(place)
    room = free.f_bavail * free.f_frsize - leave
    if room > 0:
        with open(place / "filler", "ab") as filler:
            filler.write(b"\0" * room)


def test_a_full_disk_refuses_the_rebuild(site: Site, small: Path) -> None:
    """Where a rebuilt cache would have no room, nothing is begun."""
    (small / "cache").mkdir()
    os.chown(small / "cache", WWW, WWW)
    site.extra = (RunArtisan(str(site.top), "www-data", "/bin/sh", ("rebuild",), ("cache",)),)
    site.script("true")
    subprocess.run(["mkdir", site.top / "cache"], check=True)
    subprocess.run(["mount", "--bind", small, site.top / "cache"], check=True)
    try:
        fill(small, 100_000)
        done = mended(site.plan())
    finally:
        subprocess.run(["umount", site.top / "cache"], check=True)
    assert done.outcome.kind is OutcomeKind.REFUSED
    assert "0.1 MB left: artisan is not run" in done.outcome.reason
    assert "a" in site.foreign()


def test_a_disk_that_fills_up_in_the_middle(site: Site, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command fills the disk and cuts its own file off: the old one comes back, though there is room for one."""
    monkeypatch.setattr("liveproof.repair.actions.run_artisan._ROOM", 0)
    top = small / "app"
    top.mkdir()
    os.chown(top, WWW, WWW)
    (top / "config.php").write_bytes(b"old" * 700_000)
    os.chown(top / "config.php", WWW, WWW)
    (top / "a").write_text("a")
    inner = Site(top)
    monkeypatch.setattr(repair, "examine", inner.examine)
    monkeypatch.setattr(repair, "load", lambda: inner.rules)
    inner.extra = (inner.script("cat /dev/zero > config.php"),)
    inner.extra = (RunArtisan(str(top), "www-data", "/bin/sh", ("rebuild",), ("config.php",)),)
    before = snapshot(top)
    done = mended(inner.plan())
    assert done.outcome.kind is OutcomeKind.ROLLED_BACK, done.outcome
    assert snapshot(top) == before


def test_a_full_state_directory(site: Site, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal finds no room, before the run or in its middle: nothing is changed, or everything taken back."""
    state = small / "state"
    state.mkdir(mode=0o700)
    monkeypatch.setenv("LIVEPROOF_STATE", str(state))
    before = snapshot(site.top)
    fill(small)
    done = mended(site.plan())
    assert done.outcome.kind is OutcomeKind.REFUSED
    assert "full" in done.outcome.reason
    assert snapshot(site.top) == before
    (small / "filler").unlink()
    site.script("true")
    before = snapshot(site.top)
    site.extra = (RunArtisan(str(site.top), "www-data", "/bin/sh", ("rebuild",), (".",)),)
    plan = site.plan()
    begin = journal.Journal.begin

    def then_full(*arguments: object) -> journal.Journal:
        begun = begin(*arguments)  # type: ignore[arg-type]
        fill(small)
        return begun

    monkeypatch.setattr(journal.Journal, "begin", then_full)
    done = mended(plan)
    assert done.outcome.kind is OutcomeKind.ROLLED_BACK, done.outcome
    assert snapshot(site.top) == before
    assert runs.pending() == ()


def test_vanishing_entries_need_no_owner(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes away between the last look and its step is no reason to stop: it has no owner any more."""
    begin = journal.Journal.begin

    def then_gone(*arguments: object) -> journal.Journal:
        (site.top / "a").unlink()
        return begin(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(journal.Journal, "begin", then_gone)
    assert mended(site.plan()).outcome.kind is OutcomeKind.FIXED
    assert (site.top / "b").stat().st_uid == WWW


def test_an_app_that_vanishes_in_the_middle(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deploy moves the app away and puts another in its place: nothing of the new one is touched."""
    begin = journal.Journal.begin

    def deployed(*arguments: object) -> journal.Journal:
        os.rename(site.top, f"{site.top}-old")
        site.top.mkdir()
        (site.top / "a").write_text("new")
        (site.top / "a").chmod(0o600)
        return begin(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(journal.Journal, "begin", deployed)
    try:
        done = mended(site.plan())
        assert done.outcome.kind is not OutcomeKind.FIXED
        assert (site.top / "a").read_text() == "new"
        assert (site.top / "a").stat().st_uid == 0
        assert os.stat(f"{site.top}-old/a").st_uid == 0
    finally:
        shutil.rmtree(f"{site.top}-old")


def test_thousands_of_entries_in_one_step(site: Site) -> None:
    """A step with more entries than the log's buffer holds is written down, done and taken back like a small one."""
    for number in range(2_000):
        (site.top / f"f{number}").touch()
    before = snapshot(site.top)
    done = mended(site.plan())
    assert done.outcome.kind is OutcomeKind.FIXED
    assert snapshot(site.top) != before
    rollback.rollback()
    assert snapshot(site.top) == before
