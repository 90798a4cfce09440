"""What a run does is taken back: byte for byte, with owners, modes and times, whenever and however often it stops."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveproof.host.write.safety import LeftAlone
from liveproof.host.write.service_control import Service, ServiceFailed
from liveproof.model.plan import Act, Plan, Step
from liveproof.repair import rollback
from liveproof.repair.action import PreparedAction, StepContext
from liveproof.repair.actions.run_artisan import ArtisanFailed
from liveproof.repair.allowed_paths import AllowedPaths, Refused
from liveproof.repair.journal import Journal
from liveproof.repair.rollback import RolledBack
from liveproof.repair.runner import Runner
from liveproof.steps.change_mode import ChangeMode, Moded
from liveproof.steps.change_owner import ChangeOwner, Owned
from liveproof.steps.make_directory import MakeDirectory
from liveproof.steps.point_symlink import PointSymlink
from liveproof.steps.remove_file import RemoveFile
from liveproof.steps.run_artisan import RunArtisan
from liveproof.steps.service_action import ServiceAction
from liveproof.steps.write_file import WriteFile
from liveproof.store import journal_log, lock, runs
from liveproof.store.directory import UnsafeState
from liveproof.store.runs import BACK, FIXED, INTERRUPTED, NoSuchRun
from tests.unit.trees import WWW, app, snapshot

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


@pytest.fixture
def tree() -> Iterator[Path]:
    """A directory that other users can reach, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="liveproof-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory of the test's own."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def applied(tree: Path, *acts: Act, end: bool = True, steps: int | None = None) -> str:
    """Carry out acts on a tree as a run and return its name; without an end it counts as cut off."""
    made = tuple(Step(act, "why", "undo") for act in acts)
    plan = Plan(str(tree), made, (), (), (), "digest")
    files = [act.path for act in acts if isinstance(act, WriteFile) and not act.path.endswith("/unread")]
    written = frozenset(map(os.path.realpath, files))
    runner = Runner(StepContext(AllowedPaths(app(tree), configuration=written)))
    run = Journal.begin(plan)
    try:
        for number, step in enumerate(made[:steps]):
            runner.apply(run, number, step)
        if end:
            run.fixed()
    finally:
        run.close()
    return run.run


def taken_back(run: str = "") -> RolledBack:
    """Roll back the one run there is."""
    (done,) = rollback.rollback(run)
    return done


def script(tree: Path, text: str) -> RunArtisan:
    """A command of the app, run as its user through the same door as artisan: here a shell script."""
    (tree / "artisan").write_bytes(os.fsencode(text))
    return RunArtisan(str(tree), "www-data", "/bin/sh", ("rebuild",), ("cache",))


def cache(tree: Path) -> Path:
    """A directory of derived files that the app's user may write."""
    folder = tree / "cache"
    folder.mkdir()
    (folder / "config.php").write_text("old config")
    (folder / "stale.php").write_text("stale")
    os.utime(folder / "config.php", ns=(10**18, 10**18 + 1))
    for path in (folder, *folder.iterdir()):
        os.chown(path, WWW, WWW)
    os.utime(folder, ns=(10**18, 10**18 + 2))
    return folder


def test_owners_and_modes_come_back(tree: Path) -> None:
    """Owners and modes of files, directories and links."""
    (tree / "d").mkdir()
    (tree / "d" / "f").write_text("x")
    (tree / "l").symlink_to("d")
    before = snapshot(tree)
    run = applied(
        tree,
        ChangeOwner(str(tree), (Owned("d", 0, 0), Owned("d/f", 0, 0), Owned("l", 0, 0)), WWW, WWW, "www-data"),
        ChangeMode(str(tree), (Moded("d", 0o755, 0o2775), Moded("d/f", 0o644, 0o664))),
    )
    changed = snapshot(tree)
    assert changed["l"].uid == WWW
    assert changed["d"].mode == 0o2775
    done = taken_back(run)
    assert (done.complete, done.restored) == (True, 5)
    assert snapshot(tree) == before


def test_rebuilt_caches_come_back(tree: Path) -> None:
    """Contents that a command replaced, removed and made, with their owners and times and their directory's."""
    folder = cache(tree)
    act = script(tree, "cd cache; rm stale.php; echo new > t; mv t config.php; mkdir -p sub/sub; echo v > sub/sub/v")
    before = snapshot(tree)
    run = applied(tree, act)
    assert (folder / "config.php").read_text() == "new\n"
    assert (folder / "sub/sub/v").stat().st_uid == WWW
    assert taken_back(run).complete
    assert snapshot(tree) == before


def test_an_owner_given_before_a_rebuild_comes_back(tree: Path) -> None:
    """A file that is given away and then replaced by a command is another inode when its first owner comes back."""
    folder = cache(tree)
    os.chown(folder, 0, 0)
    os.chown(folder / "config.php", 0, 0)
    before = snapshot(tree)
    give = ChangeOwner(str(tree), (Owned("cache", 0, 0), Owned("cache/config.php", 0, 0)), WWW, WWW, "www-data")
    run = applied(tree, give, script(tree, "cd cache; echo new > t; mv t config.php"))
    assert snapshot(tree)["cache/config.php"].uid == WWW
    before["artisan"] = snapshot(tree)["artisan"]
    before["."] = snapshot(tree)["."]
    assert taken_back(run).complete
    assert snapshot(tree) == before


def test_removed_files_made_directories_and_links_come_back(tree: Path) -> None:
    """Each kind of step, in one run, in reverse."""
    (tree / "views").mkdir()
    (tree / "views" / "a.php").write_text("compiled")
    os.utime(tree / "views" / "a.php", ns=(5, 6))
    (tree / "releases").mkdir()
    (tree / "current").symlink_to("releases/1")
    before = snapshot(tree)
    run = applied(
        tree,
        MakeDirectory(str(tree), "storage", WWW, WWW, 0o755),
        MakeDirectory(str(tree), "storage/logs", WWW, WWW, 0o775),
        PointSymlink(f"{tree}/current", "releases/1", "releases/2"),
        RemoveFile(str(tree), "views/a.php"),
    )
    assert snapshot(tree)["storage/logs"].mode == 0o775
    assert os.readlink(tree / "current") == "releases/2"
    assert taken_back(run).complete
    assert snapshot(tree) == before


def edit(file: Path, content: str, *test: str) -> WriteFile:
    """A configuration file's new content, made from the one that it has."""
    return WriteFile(str(file), hashlib.sha256(file.read_bytes()).hexdigest(), content, test)


def test_configuration_comes_back(tree: Path) -> None:
    """A configuration file is replaced whole, also behind a link, and comes back byte for byte with its times."""
    file = tree / "available"
    file.write_bytes(b"pm = dynamic\n\xff")
    os.utime(file, ns=(7, 8))
    (tree / "enabled").symlink_to("available")
    before = snapshot(tree)
    run = applied(tree, edit(tree / "enabled", "pm = static\n\udcff", "/bin/grep", "-q", "static", str(file)))
    assert file.read_bytes() == b"pm = static\n\xff"
    assert taken_back(run).complete
    assert snapshot(tree) == before


def test_configuration_that_its_program_refuses_comes_back(tree: Path) -> None:
    """The test judges the new content; it fails, and the old content returns."""
    file = tree / "www.conf"
    file.write_text("good")
    before = snapshot(tree)
    with pytest.raises(ServiceFailed, match="fails"):
        applied(tree, edit(file, "bad", "/bin/grep", "good", str(file)), end=False)
    assert file.read_text() == "bad"
    assert taken_back().complete
    assert snapshot(tree) == before


def test_configuration_that_others_can_write_is_not_written(tree: Path) -> None:
    """Only what root alone could have written is root's configuration; nor is it written when it was edited since."""
    file = tree / "www.conf"
    file.write_text("x")
    act = edit(file, "y")
    file.write_text("edited")
    with pytest.raises(LeftAlone, match="another content"):
        applied(tree, act, end=False)
    os.chown(file, WWW, WWW)
    with pytest.raises(Refused, match="is not written"):
        applied(tree, edit(file, "y"), end=False)


def test_a_file_that_no_service_reads_is_not_written(tree: Path) -> None:
    """Only what the running nginx or PHP-FPM reads is configuration."""
    (tree / "unread").write_text("x")
    with pytest.raises(Refused, match="neither the running nginx nor PHP-FPM reads it"):
        applied(tree, edit(tree / "unread", "y"), end=False)
    assert (tree / "unread").read_text() == "x"


@pytest.mark.parametrize("path", [".ssh/config", ".git/config", "storage/oauth-private.key", "config/id_rsa"])
def test_keys_are_never_given_away_opened_or_removed(tree: Path, path: str) -> None:
    """Whatever was planned: the last floor stands at the door."""
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text("secret")
    (tree / path).chmod(0o600)
    for act in (
        ChangeOwner(str(tree), (Owned(path, 0, 0),), WWW, WWW, "www-data"),
        ChangeMode(str(tree), (Moded(path, 0o600, 0o644),)),
        RemoveFile(str(tree), path),
    ):
        with pytest.raises(LeftAlone, match="keys or credentials"):
            applied(tree, act, end=False)
    assert (os.stat(tree / path).st_uid, os.stat(tree / path).st_mode & 0o777) == (0, 0o600)


def test_what_others_changed_since_is_left_alone(tree: Path) -> None:
    """A newer deploy is never overwritten: it is told, and everything else still comes back."""
    folder = cache(tree)
    run = applied(tree, script(tree, "cd cache; echo new > t; mv t config.php; rm stale.php"))
    (folder / "config.php").write_text("a newer deploy's")
    done = taken_back(run)
    assert [path for path, _ in done.refused] == [f"{tree}/cache/config.php"]
    assert "somebody else" in done.refused[0][1]
    assert (folder / "config.php").read_text() == "a newer deploy's"
    assert (folder / "stale.php").read_text() == "stale"
    (again,) = rollback.rollback(run)
    assert not again.complete


def test_a_replaced_file_is_not_given_back(tree: Path) -> None:
    """Another file in the place of one that was given away keeps its owner."""
    (tree / "a").write_text("x")
    run = applied(tree, ChangeOwner(str(tree), (Owned("a", 0, 0),), WWW, WWW, "www-data"))
    (tree / "b").write_text("y")
    os.chown(tree / "b", WWW, WWW)
    os.rename(tree / "b", tree / "a")
    assert not taken_back(run).complete
    assert (tree / "a").stat().st_uid == WWW


def test_a_failed_command_is_taken_back(tree: Path) -> None:
    """What a command did before it failed is in the journal like everything else."""
    cache(tree)
    act = script(tree, "cd cache; echo half > config.php; echo 'DB_PASSWORD=hunter22 is wrong' >&2; exit 3")
    (tree / ".env").write_text("DB_PASSWORD=hunter22\n")
    before = snapshot(tree)
    with pytest.raises(ArtisanFailed, match="status 3") as failure:
        applied(tree, act, end=False)
    assert "hunter22" not in str(failure.value)
    assert taken_back().complete
    assert snapshot(tree) == before
    assert "hunter22" not in (Path(runs.list_runs()[0].directory) / "journal.jsonl").read_text()


def test_hard_linked_caches_are_refused(tree: Path) -> None:
    """A file that shares its inode with another release could not be put back as it was."""
    folder = cache(tree)
    os.link(folder / "config.php", tree / "other release")
    with pytest.raises(LeftAlone, match="2 hard links"):
        applied(tree, script(tree, "true"), end=False)


def test_nothing_is_run_as_root(tree: Path) -> None:
    """An app whose user is root gets no artisan."""
    cache(tree)
    act = script(tree, "touch /tmp/never")
    with pytest.raises(Refused, match="never run as root"):
        applied(tree, RunArtisan(act.app, "root", act.php, act.arguments, act.writes), end=False)


def test_links_out_of_the_app_lead_nowhere(tree: Path, tmp_path: Path) -> None:
    """A cache directory that is a link to a directory of root's is refused, wherever it leads."""
    (tree / "cache").symlink_to("/etc")
    with pytest.raises(LeftAlone, match=r"lies outside|directory of the system"):
        applied(tree, script(tree, "true"), end=False)
    with pytest.raises(LeftAlone, match=r"lies outside|directory of the system"):
        applied(tree, ChangeOwner("/etc", (Owned("passwd", 0, 0),), WWW, WWW, "www-data"), end=False)
    assert os.stat("/etc/passwd").st_uid == 0


def test_a_run_needs_a_directory_of_runs(state: Path, tree: Path) -> None:
    """A file in its place is refused at once, not tried for ever."""
    state.mkdir(mode=0o700)
    (state / "runs").write_text("a file")
    with pytest.raises(UnsafeState, match="must be a directory"):
        applied(tree, MakeDirectory(str(tree), "a", 0, 0, 0o755))
    assert not (tree / "a").exists()


def test_php_fpm_is_not_reloaded_where_only_its_memory_serves(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rollback asks once the files are back; a reload that is barred is told, and nothing else is left out."""
    (tree / "a").write_text("x")
    brought: list[str] = []

    def bring_back(service: Service, **_: object) -> str:
        brought.append(service.unit)
        return ""

    monkeypatch.setattr("liveproof.repair.rollback.bring_back", bring_back)
    act = ChangeMode(str(tree), (Moded("a", 0o644, 0o600),))
    log = Journal.begin(Plan(str(tree), (Step(act, "why", "undo"),), (), (), (), "d"))
    Runner(StepContext(AllowedPaths(app(tree)))).apply(log, 0, Step(act, "why", "undo"))
    for number, unit in ((1, "php8.2-fpm"), (2, "nginx")):
        prepared = PreparedAction((), tuple, service=Service("reload", unit, (), 1.0, "active"))
        log.begins(number, Step(ServiceAction("reload", unit), "why", "undo"), prepared)
    log.fixed()
    log.close()
    asked: list[tuple[str, int]] = []

    def bar(path: str) -> str:
        asked.append((path, os.stat(tree / "a").st_mode & 0o777))
        return "www-data cannot read a"

    (done,) = rollback.rollback(barred=bar)
    assert done.complete
    assert asked == [(str(tree), 0o644)]
    assert brought == ["nginx"]
    assert done.notes == ("php8.2-fpm was not reloaded: www-data cannot read a",)


def test_a_full_state_directory_is_told_as_what_it_is(state: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's directory is not blamed for our own disk."""
    (tree / "stale").write_text("x" * 10)
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        if "kept-" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(28, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(LeftAlone, match=rf"^{state}/runs/.*/kept-0 failed: the file system is full"):
        applied(tree, RemoveFile(str(tree), "stale"), end=False)


def test_runs_are_listed_and_named(tree: Path) -> None:
    """Newest first, each with its state; an unknown name is told with those that are known."""
    (tree / "a").write_text("x")
    give = ChangeOwner(str(tree), (Owned("a", 0, 0),), WWW, WWW, "www-data")
    assert runs.list_runs() == ()
    assert rollback.rollback() == ()
    first = applied(tree, give)
    (run,) = runs.list_runs()
    assert (run.id, run.app, run.state) == (first, str(tree), FIXED)
    assert run.steps == (f"chown {tree}/a to www-data",)
    assert runs.pending() == ()
    with pytest.raises(NoSuchRun, match=first):
        rollback.rollback("20200101-000000-abcd")
    taken_back()
    assert runs.list_runs()[0].state == BACK
    assert rollback.rollback() == ()
    assert "before" in taken_back(first).notes[0]


def test_interrupted_runs_are_pending_and_taken_back_first(tree: Path) -> None:
    """A run that ended without a word is told, and is what rollback without a name takes back."""
    (tree / "a").write_text("x")
    applied(tree, ChangeMode(str(tree), (Moded("a", 0o644, 0o640),)))
    give = ChangeOwner(str(tree), (Owned("a", 0, 0),), WWW, WWW, "www-data")
    run = applied(tree, give, end=False)
    (left,) = runs.pending()
    assert (left.id, left.state) == (run, INTERRUPTED)
    assert taken_back().run == run
    assert runs.pending() == ()
    assert (tree / "a").stat().st_uid == 0
    assert (tree / "a").stat().st_mode & 0o777 == 0o640


def test_a_run_at_work_is_not_pending(tree: Path) -> None:
    """While its process has the journal open, a run is not taken for a cut off one."""
    work = Journal.begin(Plan(str(tree), (), (), (), (), ""))
    assert runs.list_runs()[0].state == runs.APPLYING
    assert runs.pending() == ()
    work.close()
    assert len(runs.pending()) == 1


def test_a_torn_last_line_is_as_if_never_written(tree: Path) -> None:
    """A record that a power cut tore announced nothing that was done."""
    (tree / "a").write_text("x")
    run = applied(tree, ChangeOwner(str(tree), (Owned("a", 0, 0),), WWW, WWW, "www-data"), end=False)
    file = Path(runs.list_runs()[0].directory) / "journal.jsonl"
    whole = file.read_bytes()
    for cut in range(len(whole) - 1, whole.index(b"\n") + 1, -7):
        file.write_bytes(whole[:cut])
        assert runs.pending()[0].id == run
    assert taken_back().run == run


def test_a_damaged_journal_takes_nothing_back(tree: Path) -> None:
    """A journal with a broken record in its middle is told and trusted in nothing."""
    (tree / "a").write_text("x")
    run = applied(tree, ChangeOwner(str(tree), (Owned("a", 0, 0),), WWW, WWW, "www-data"), end=False)
    file = Path(runs.list_runs()[0].directory) / "journal.jsonl"
    lines = file.read_bytes().split(b"\n")
    file.write_bytes(b"\n".join([lines[0], b"garbage", *lines[1:]]))
    assert runs.list_runs()[0].state == runs.DAMAGED
    with pytest.raises(journal_log.Damaged, match="line 2"):
        rollback.rollback(run)
    assert (tree / "a").stat().st_uid == WWW


_RUN = '{"is":"run","format":1,"app":"/a","digest":"","started":1,"temporary":".liveproof-a-","steps":[]}'


@pytest.mark.parametrize(
    "text",
    [
        f"{_RUN}\nrubbish\n{_RUN}\n",
        '{"is":"begin"}\n',
        '{"is":"run","format":1,"app":7,"started":"x"}\n',
        '{"is":"run","format":1,"app":"/a","started":1,"temporary":"../","steps":[]}\n',
        _RUN
        + '\n{"is":"begin","step":0,"what":"","at":1,"before":[["/etc",[["passwd","meta"]]]],"goals":[],"trees":[]}\n',
        _RUN + '\n{"is":"begin","step":"..","what":["x"],"at":"y","before":[],"goals":[],"trees":[["/etc","../x"]]}\n',
        _RUN + '\n{"is":"begin","step":0,"what":"x","at":1,"before":[["/etc",7]],"goals":[],"trees":[]}\n',
        "[" * 100_000 + "\n",
    ],
)
def test_a_journal_of_another_shape_is_damaged(state: Path, text: str) -> None:
    """It is neither taken back nor in the way of what can be."""
    directory = state / "runs" / "one"
    directory.mkdir(parents=True, mode=0o700)
    (directory / "journal.jsonl").write_text(text)
    assert [run.state for run in runs.list_runs()] == [runs.DAMAGED]
    assert runs.pending() == ()
    assert runs.chosen() == ()


@pytest.mark.parametrize("name", ["journal.jsonl", "ended"])
def test_a_fifo_in_a_run_makes_nobody_wait(state: Path, name: str) -> None:
    """It is damaged, or as if it were not there."""
    directory = state / "runs" / "one"
    directory.mkdir(parents=True, mode=0o700)
    (directory / "journal.jsonl").write_text(f"{_RUN}\n")
    (directory / name).unlink(missing_ok=True)
    os.mkfifo(directory / name)
    assert [run.state for run in runs.list_runs()] == [runs.DAMAGED if name == "journal.jsonl" else runs.INTERRUPTED]


@pytest.mark.parametrize("ended", ['{"app":[],"started":{},"state":7,"steps":9}', "[1]", "\xff", "[" * 100_000])
def test_an_end_that_says_nonsense_is_none(state: Path, ended: str) -> None:
    """The records tell, as for any run."""
    directory = state / "runs" / "one"
    directory.mkdir(parents=True, mode=0o700)
    (directory / "journal.jsonl").write_text(f"{_RUN}\n")
    (directory / "ended").write_text(ended)
    assert [run.state for run in runs.list_runs()] == [runs.INTERRUPTED]


def test_a_lock_that_is_no_file_is_told(state: Path) -> None:
    """Its place is named, and nobody waits."""
    state.mkdir(mode=0o700, exist_ok=True)
    os.mkfifo(state / "lock")
    with pytest.raises(UnsafeState, match=f"{state}/lock must be a plain file"), lock.Lock():
        pass


def test_old_runs_are_forgotten(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the newest runs are kept; one that was cut off is never forgotten."""
    monkeypatch.setattr(runs, "KEPT_RUNS", 3)
    (tree / "a").write_text("x")
    cut_off = applied(tree, end=False)
    kept = [applied(tree) for _ in range(5)]
    assert {run.id for run in runs.list_runs()} == {cut_off, *kept[2:]}


def test_an_unsafe_state_directory_is_refused(state: Path, tree: Path) -> None:
    """A state directory that others may write could hold a forged journal."""
    state.mkdir()
    state.chmod(0o777)
    with pytest.raises(Exception, match="nobody else can write"):
        applied(tree)


def test_the_journal_is_private(tree: Path) -> None:
    """Copies of configuration caches hold secrets: nobody but root reads them."""
    cache(tree)
    applied(tree, script(tree, "echo new > cache/config.php"))
    folder = Path(runs.list_runs()[0].directory)
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())


NAMES = st.sampled_from(["a", "b", "new\nline", os.fsdecode(b"\xff"), " ", "-rf"])
TREES = st.dictionaries(
    NAMES,
    st.tuples(
        st.sampled_from([0, WWW, 1234]), st.sampled_from([0o600, 0o644, 0o755]), st.binary(max_size=40),
        st.integers(1, 2 * 10**18),
    ),
    max_size=5,
)  # fmt: skip
COMMANDS = st.lists(
    st.tuples(st.sampled_from(["write", "replace", "remove", "make", "chmod", "touch"]), st.integers(0, 5)), max_size=6
)


@given(
    entries=TREES, commands=COMMANDS, uid=st.sampled_from([0, WWW, 1234]), bits=st.sampled_from([0o640, 0o755]),
    stop=st.integers(0, 4), attempts=st.integers(1, 3), ended=st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_run_comes_back_exactly(
    entries: dict[str, tuple[int, int, bytes, int]], commands: list[tuple[str, int]], uid: int, bits: int, stop: int,
    attempts: int, ended: bool,
) -> None:  # fmt: skip
    """Whatever a tree looks like, whatever steps were made and wherever they stopped: it is as it was before."""
    tree = Path(tempfile.mkdtemp(prefix="liveproof-test-"))
    try:
        tree.chmod(0o755)
        folder = tree / "cache"
        folder.mkdir()
        for name, (owner, mode, content, time) in entries.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(mode)
            os.chown(folder / name, owner, owner)
            os.utime(folder / name, ns=(time, time))
        os.chown(folder, 1234, 1234)
        folder.chmod(0o775)
        rebuild = script(tree, _commands(commands, sorted(entries)))
        os.utime(folder, ns=(3, 4))
        before = snapshot(tree)
        owned = tuple(Owned(f"cache/{name}", entries[name][0], entries[name][0]) for name in sorted(entries))
        acts: list[Act] = [
            MakeDirectory(str(tree), "storage", uid, uid, 0o755),
            ChangeOwner(str(tree), (Owned("cache", 1234, 1234), *owned), uid, -1, "somebody"),
            ChangeMode(str(tree), tuple(Moded(f"cache/{name}", entries[name][1], bits) for name in sorted(entries))),
            rebuild,
        ]
        applied(tree, *acts, end=ended and stop == 4, steps=stop)
        for _ in range(attempts):
            done = rollback.rollback()
        if attempts == 1:
            assert done[0].complete, done
        assert snapshot(tree) == before
    finally:
        shutil.rmtree(tree)


def _commands(commands: list[tuple[str, int]], names: list[str]) -> str:
    import shlex  # noqa: PLC0415

    lines = ["cd cache || exit 0"]
    for verb, at in commands:
        name = shlex.quote(os.path.join(".", names[at % len(names)] if names else "x"))
        new = f"./new{at}"
        lines.append({
            "write": f"echo written > {name}", "replace": f"echo replaced > {new} && mv -f {new} {name}",
            "remove": f"rm -f {name}", "make": f"mkdir -p {new}d/sub && echo x > {new}d/sub/f",
            "chmod": f"chmod 600 {name}", "touch": f"touch -d @5 {name}",
        }[verb])  # fmt: skip
    return "\n".join(f"{line} 2>/dev/null" if at else line for at, line in enumerate(lines)) + "\ntrue\n"


def test_records_survive_what_names_hold(tree: Path) -> None:
    """Names that are not UTF-8 go through the journal unharmed."""
    name = os.fsdecode(b"\xff\n\xfe")
    (tree / name).write_text("x")
    run = applied(tree, ChangeOwner(str(tree), (Owned(name, 0, 0),), WWW, WWW, "www-data"))
    file = Path(runs.list_runs()[0].directory) / "journal.jsonl"
    assert all(json.loads(line) for line in file.read_bytes().splitlines())
    assert taken_back(run).complete
    assert (tree / name).stat().st_uid == 0


def test_a_journal_of_another_format_is_refused(tree: Path) -> None:
    """What another version wrote may mean something else: nothing is rolled back on its strength."""
    (tree / "a").touch()
    os.chown(tree / "a", 0, 0)
    run = applied(tree, ChangeOwner(str(tree), (Owned("a", 0, 0),), WWW, WWW, "www-data"), end=False)
    log = Path(runs.list_runs()[0].directory) / "journal.jsonl"
    log.write_text(log.read_text().replace('"format":1,', '"format":2,'))
    assert '"format":2,' in log.read_text()
    (kept,) = runs.list_runs()
    assert kept.state == runs.DAMAGED
    with pytest.raises(journal_log.Damaged, match="not a record of this version"):
        rollback.rollback(run)
    assert (tree / "a").stat().st_uid == WWW
