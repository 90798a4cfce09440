"""A run that let PHP compile scripts again is taken back: PHP must not keep what it compiled in between."""

import os
from pathlib import Path

import pytest

from liveproof.host.process.proc import processes
from liveproof.host.write.service_control import ServiceFailed
from liveproof.model.plan import Plan, Step
from liveproof.repair import rollback
from liveproof.repair.action import PreparedAction, StepContext
from liveproof.repair.allowed_paths import AllowedPaths, Refused
from liveproof.repair.invalidation import drop, same_master
from liveproof.repair.journal import Journal
from liveproof.repair.rollback import RolledBack
from liveproof.repair.runner import Runner
from liveproof.steps.invalidate_scripts import InvalidateScripts
from liveproof.store import runs
from liveproof.store.journal_log import Damaged
from tests.unit.trees import app

SELF = next(process for process in processes() if process.pid == os.getpid())
GONE = InvalidateScripts(
    "8.2/www", "unix:/nowhere", (("www", "unix:/nowhere"),), SELF.pid, SELF.start, (10, 0), ("/srv/a.php",)
)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state directory of the test's own."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))


def begun(*, done: bool, changed: bool = False) -> None:
    """A run that was cut off once its step had begun, or was done; perhaps after a change of a file."""
    journal = Journal.begin(Plan("/srv/app", (Step(GONE, "why", "undo"),), (), (), (), "digest"))
    if changed:
        journal.begins(0, Step(GONE, "why", "undo"), PreparedAction((("/", ()),), tuple))
        journal.done(0, (("/", ()),))
    journal.begins(1, Step(GONE, "why", "undo"), PreparedAction((), tuple, invalidates=GONE))
    if done:
        journal.done(1)
    journal.close()


def taken_back(why: str = "") -> RolledBack:
    (run,) = rollback.rollback(barred=lambda _: why)
    return run


@pytest.mark.parametrize(("done", "changed"), [(True, False), (True, True), (False, True)])
def test_what_was_compiled_in_between_is_told_where_it_cannot_be_dropped(done: bool, changed: bool) -> None:
    """The master is another process by now; the act is read back from the journal as it was."""
    begun(done=done, changed=changed)
    (note,) = taken_back().notes
    assert "PHP-FPM may still run what it compiled of /srv/a.php in between" in note
    assert f"the PHP-FPM master {GONE.pid} of pool 8.2/www is no longer the process that was seen" in note
    assert "reload it" in note


def test_a_rollback_says_beforehand_that_scripts_are_compiled_again() -> None:
    begun(done=True)
    (run,) = runs.list_runs()
    assert run.services == ("let PHP-FPM pool 8.2/www compile what has changed again, without a reload",)


@pytest.mark.parametrize("damage", ['{"pid": "x"}', "7"])
def test_a_damaged_journal_is_told_before_anything_is_put_back(damage: str) -> None:
    begun(done=True)
    (run,) = runs.list_runs()
    journal = Path(run.directory) / "journal.jsonl"
    text = journal.read_text()
    head, _, rest = text.partition('"invalidates":')
    journal.write_text(f'{head}"invalidates":{damage}{rest[rest.index("}") + 1 :]}')
    with pytest.raises(Damaged):
        rollback.take_back_run(run, lambda _: None, stop_started=True)


def test_where_nothing_was_changed_nothing_can_have_been_compiled_of_it() -> None:
    begun(done=False)
    assert taken_back().notes == ()


def test_what_only_memory_keeps_alive_is_not_dropped() -> None:
    """As for a reload: the files cannot be read any more."""
    begun(done=True)
    assert taken_back("index.php cannot be read (FIL004)").notes == (
        "PHP-FPM was not let compile files again: index.php cannot be read (FIL004)",
    )


def test_a_process_that_is_no_master_is_not_asked() -> None:
    """Whatever has its number by now."""
    assert not same_master(GONE)
    with pytest.raises(ServiceFailed, match="no longer the process that was seen"):
        drop(GONE)


def test_a_path_through_a_link_is_refused(tmp_path: Path) -> None:
    """PHP may keep the script under the link's name as well."""
    (tmp_path / "a.php").write_text("<?php")
    (tmp_path / "b.php").symlink_to("a.php")
    runner = Runner(StepContext(AllowedPaths(app(tmp_path))))
    for path in (tmp_path / "b.php", tmp_path / "none.php", tmp_path):
        act = InvalidateScripts("8.2/www", "unix:/nowhere", (), SELF.pid, SELF.start, (10, 0), (str(path),))
        with pytest.raises(Refused, match="is not the real path of a file"):
            runner.check(Step(act, "why", "undo"))
    for scripts in ((), (str(tmp_path / "a.php"),) * 51):
        act = InvalidateScripts("8.2/www", "unix:/nowhere", (), SELF.pid, SELF.start, (10, 0), scripts)
        with pytest.raises(Refused, match="at most 50"):
            runner.check(Step(act, "why", "undo"))
