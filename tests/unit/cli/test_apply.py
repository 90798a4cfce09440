"""The dialogue around apply."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from liveproof.cli import main, session
from liveproof.model.plan import PlanOptions
from liveproof.model.verdicts import Safety
from tests.golden import incident
from tests.unit.cli.conftest import Bench


def _saved(tmp_path: Path, *words: str) -> Path:
    plan_file = tmp_path / "plan.json"
    main.main(["fix", "--save", str(plan_file), *words])
    return plan_file


def test_a_saved_plan_is_applied_as_it_was_made(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what was allowed then, and without a question."""
    plan_file = _saved(tmp_path, "--allow", "drops", "--select", "FIL", "--notices")
    capsys.readouterr()
    assert main.main(["apply", str(plan_file)]) == 0
    assert bench.options == PlanOptions(frozenset({Safety.SAFE, Safety.DROPS}), notices=True, select=frozenset({"FIL"}))
    assert "FIXED" in capsys.readouterr().out


def _edited(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        kept = json.loads(path.read_text())
        change(kept)
        path.write_text(json.dumps(kept, indent=1) + "\n")

    return edit


def _a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o666)


def _linked_by_another(path: Path) -> None:
    path.rename(f"{path}.1")
    path.symlink_to(f"{path}.1")
    os.lchown(path, 33, 33)


@pytest.mark.parametrize(
    ("spoil", "status", "reason"),
    [
        (_edited(lambda kept: kept["plans"][0].update(digest="other")), 4, "details of its steps"),
        (_edited(lambda kept: kept["plans"][0]["steps"][0].update(what="rm -rf /")), 4, "text was changed"),
        (_edited(lambda kept: kept["plans"][0]["steps"].pop()), 4, "text was changed"),
        (_edited(lambda kept: kept["plans"][0].update(app="/var/www/other")), 4, "is no longer there"),
        (_edited(lambda kept: kept["plans"].clear()), 4, "has come"),
        (_edited(lambda kept: kept.update(host="another")), 2, "another host"),
        (_edited(lambda kept: kept.update(format=2)), 2, "another version"),
        (_edited(lambda kept: kept.update(allow=["everything"])), 2, "not a plan of this version"),
        (_edited(lambda kept: kept.update(plans="all")), 2, "not a complete plan"),
        (_edited(lambda kept: kept["made_with"].update(format="json")), 2, "--format=json"),
        (_edited(lambda kept: kept.update(remark="")), 2, "not as `fix --save` wrote it"),
        (_edited(lambda kept: kept["plans"][0]["fixes"].pop()), 4, "text was changed"),
        (lambda path: path.write_bytes(path.read_bytes()[:-40]), 2, "not a complete plan"),
        (lambda path: path.write_text(path.read_text() + " " * (32 << 20)), 2, "larger than any plan"),
        (_a_fifo, 2, "Not a regular file"),
        (lambda path: (path.unlink(), path.symlink_to("/dev/zero")), 2, "Not a regular file"),
        (lambda path: (path.unlink(), path.symlink_to(path)), 2, "cannot read"),
        (_linked_by_another, 2, "www-data"),
        (lambda path: path.write_bytes(b"\xff\x00"), 2, "not a complete plan"),
        (lambda path: path.write_text("[" * 100_000), 2, "not a complete plan"),
        (lambda path: path.chmod(0o666), 2, "chmod"),
        (lambda path: os.chown(path, 33, 33), 2, "chown"),
        (lambda path: path.unlink(), 2, "cannot read"),
        (lambda path: (path.unlink(), path.mkdir()), 2, "cannot read"),
    ],
)
@pytest.mark.skipif(os.geteuid() != 0, reason="a plan must be root's")
def test_what_is_not_the_plan_of_now_is_refused(
    spoil: Callable[[Path], object],
    status: int,
    reason: str,
    bench: Bench,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Stale, forged, foreign, truncated, or writable by others: nothing is changed, and it is said why."""
    plan_file = _saved(tmp_path)
    spoil(plan_file)
    capsys.readouterr()
    assert main.main(["apply", str(plan_file)]) == status
    assert reason in capsys.readouterr().err
    assert not bench.applied


@pytest.mark.skipif(os.geteuid() != 0, reason="a plan must be root's")
def test_how_the_host_is_examined_is_said_again(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The app's code runs as --user while it is examined, so a file alone cannot name one; nothing is looked at."""
    plan_file = _saved(tmp_path, "--user", "www-data", "--policy", "app-user")
    words = f"{plan_file} --policy=app-user --user=www-data"
    assert f"liveproof apply {words}" in capsys.readouterr().out
    monkeypatch.setattr(session, "examine", lambda *_: pytest.fail("examined"))
    for given in (
        [],
        ["--user", "root", "--policy", "app-user"],
        ["--user=www-data", "--policy=app-user", "--release=HEAD"],
    ):
        assert main.main(["apply", str(plan_file), *given]) == 2
        assert f"liveproof apply {words}" in capsys.readouterr().err
    monkeypatch.setattr(session, "examine", lambda *_: incident.broken().examination)
    assert main.main(["apply", *words.split()]) == 0
    assert main.main(["fix", "--script", "--save", str(plan_file), "--policy", "app-user", "--user", "www-data"]) == 0
    assert f"liveproof apply {words}\n" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["/tmp", "app", "/\0", "/\ud800", "/" + "x" * 100_000])
@pytest.mark.skipif(os.geteuid() != 0, reason="a plan must be root's")
def test_a_plan_names_only_the_app_that_it_is_for(
    path: str, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No directory is examined whose plan does not stand in the file."""
    plan_file = _saved(tmp_path)
    _edited(lambda kept: kept["made_with"].update(path=path))(plan_file)
    monkeypatch.setattr(session, "examine", lambda *_: pytest.fail("examined"))
    capsys.readouterr()
    assert main.main(["apply", str(plan_file)]) == 2
    assert "another app" in capsys.readouterr().err
