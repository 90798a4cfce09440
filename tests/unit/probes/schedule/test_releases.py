"""Calls of artisan that name a release: crontabs, units and supervisor's programs on a host made of files."""

from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.nginx import Nginx
from liveproof.model.facts.schedule import ReleaseCall, Schedule
from liveproof.model.findings import Absent, Answer, Holds, Unknown
from liveproof.model.verdicts import Severity
from liveproof.probes.schedule.found import Call
from liveproof.probes.schedule.releases import calls_in_releases
from liveproof.rules.workers import scheduler_runs_another_release as rule
from tests.unit.answers import findings
from tests.unit.opcaches import app
from tests.unit.opcaches import nginx as healthy_nginx

_NO_NGINX = Absent("")


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """Three releases, the link on the second."""
    for number in (1, 2, 3):
        (tmp_path / f"releases/{number}/public").mkdir(parents=True)
    (tmp_path / "current").symlink_to("releases/2")
    return tmp_path


def _app(top: Path) -> App:
    return app(f"{top}/current", f"{top}/releases/2")


def _found(directory: object, kind: str = "cron", line: str = "", tool: str = "artisan") -> Call:
    line = line or f"* * * * * www-data cd {directory} && php artisan schedule:run"
    return Call(tool, kind, "/etc/cron.d/a:1", "", line, "php artisan schedule:run", "www-data", str(directory), "", "")


def _see(top: Path, *found: Call, nginx: Nginx | Absent = _NO_NGINX) -> list[ReleaseCall]:
    return list(calls_in_releases(Reader(), _app(top), nginx, found))


def test_an_old_release_and_the_one_that_is_served(top):
    """Both are told, the line with the link in their place; what goes through the link is fine."""
    old, now = _see(top, _found(f"{top}/releases/1"), _found(f"{top}/current"), _found(f"{top}/releases/2"))
    assert (old.release, old.served, old.exists) == (f"{top}/releases/1", False, True)
    assert old.replacement == f"* * * * * www-data cd {top}/current && php artisan schedule:run"
    assert (now.release, now.served) == (f"{top}/releases/2", True)


def test_one_that_was_cleaned_up_and_another_link(top):
    """A release that is not there is one all the same; a link of another name may lead to an old one."""
    (top / "stable").symlink_to("releases/1")
    (top / "live").symlink_to("releases/2")
    gone, other = _see(top, _found(f"{top}/releases/0"), _found(f"{top}/stable"), _found(f"{top}/live"))
    assert (gone.release, gone.exists) == (f"{top}/releases/0", False)
    assert other.release == f"{top}/releases/1"
    assert f"cd {top}/current &&" in other.replacement


def test_what_is_not_this_apps(top):
    """Other directories, other tools, deploy scripts, what nginx serves; an app without a link has no releases."""
    (server,) = healthy_nginx().servers[:1]
    other = replace(healthy_nginx(), servers=(replace(server, root=f"{top}/releases/3/public"),))
    lines = (
        _found("/srv/other/releases/1"),
        _found(top),
        _found(f"{top}/releases/1", tool="composer"),
        _found(f"{top}/releases/1", "script"),
        _found(f"{top}/releases/3"),
    )
    assert _see(top, *lines, nginx=other) == []
    plain = app(f"{top}/releases/2")
    assert list(calls_in_releases(Reader(), plain, Absent(""), (_found(f"{top}/releases/1"),))) == []


def test_a_directory_that_the_line_does_not_name(top):
    """It is a setting beside the command; a release whose name begins like another's is not replaced by half."""
    line = "ExecStart=/usr/bin/php artisan queue:work"
    (unit,) = _see(top, _found(f"{top}/releases/1", "systemd", line))
    assert unit.replacement == f"WorkingDirectory={top}/current"
    (program,) = _see(top, _found(f"{top}/releases/1", "supervisor", "command=php artisan queue:work"))
    assert program.replacement == f"directory={top}/current"
    (cron,) = _see(top, _found(f"{top}/releases/1", line=f"@daily cp {top}/releases/10 x && php artisan x"))
    assert cron.replacement == f"cd {top}/current && php artisan schedule:run"


def test_what_the_rule_says(top):
    """Old ones are findings, the served one a notice; what could not be read is unknown beside them."""
    one = _app(top)
    old, now = _see(top, _found(f"{top}/releases/0"), _found(f"{top}/releases/2"))

    def said(*calls: ReleaseCall, unread: tuple[tuple[str, str], ...] = ()) -> list[Answer]:
        return [*rule.check(one, Schedule((), (), unread, in_releases=calls))]

    assert [type(answer) for answer in said()] == [Holds]
    assert [type(answer) for answer in said(unread=(("/etc/cron.d", "denied"),))] == [Holds, Unknown]
    found, notice = findings(said(old, replace(old, source="/etc/cron.d/b:1"), now))
    assert (found.severity, found.more) == (None, 0)
    assert "which is not there" in found.message
    assert notice.severity is Severity.NOTICE
    (many,) = findings(said(*(replace(old, source=f"/etc/cron.d/a:{n}") for n in range(30))))
    assert (len(many.evidence), many.more) == (10, 20)
