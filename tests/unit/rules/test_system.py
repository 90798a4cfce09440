"""The rules on the machine around the app, from facts to findings."""

from dataclasses import replace

import pytest

from liveproof.model.facts.fpm import Fpm
from liveproof.model.findings import Absent, Finding, Unknown
from liveproof.model.loaded import Difference, Loaded
from liveproof.rules.system import unit_changed_since_start
from tests.unit.answers import faults
from tests.unit.rules.test_fpm import APP, MASTER, NGINX, UNIT, stopped

NO_NGINX = Absent("there is no nginx on this host")
AS_IT_IS = Loaded(100.0, "the start of its main process")
EDITED = replace(AS_IT_IS, differing=(Difference("/etc/systemd/system/x.service.d/umask.conf", "added", 200.0),))
UNSURE = replace(AS_IT_IS, unsure=(Difference("/lib/systemd/system/x.service", "changed", 200.0),))


def _fpm(settings: Loaded | None, *, unread: bool = False) -> Fpm:
    unit = replace(UNIT, settings=settings, need_daemon_reload=unread)
    return Fpm((replace(MASTER, unit=unit),))


@pytest.mark.parametrize("unread", [True, False])
def test_settings_that_only_a_restart_applies(unread: bool) -> None:
    """The file is named, whether or not systemd says that it has not read it: of a new directory it does not."""
    (finding,) = faults(unit_changed_since_start.check(APP, _fpm(EDITED, unread=unread), NO_NGINX))
    assert isinstance(finding, Finding)
    assert "umask.conf (added)" in finding.message
    assert "systemctl daemon-reload && systemctl restart php8.2-fpm.service" in finding.advice


def test_what_systemd_has_not_read_is_found_without_a_known_file() -> None:
    """It says so itself."""
    (finding,) = faults(unit_changed_since_start.check(APP, _fpm(AS_IT_IS, unread=True), NO_NGINX))
    assert isinstance(finding, Finding)
    assert finding.evidence[0].saw == "NeedDaemonReload=yes"


def test_a_reload_does_not_settle_what_nobody_knows() -> None:
    """Only another start gives a process its unit's settings."""
    (said,) = faults(unit_changed_since_start.check(APP, _fpm(UNSURE), NO_NGINX))
    assert isinstance(said, Unknown)
    assert said.reason.endswith("only a restart settles it")


def test_settings_in_force_hold() -> None:
    """Both services are judged; what no unit runs has no unit's settings."""
    nginx = replace(NGINX, unit_files=AS_IT_IS)
    answers = list(unit_changed_since_start.check(APP, _fpm(AS_IT_IS), nginx))
    assert faults(answers) == []
    assert len(answers) == 2
    (said,) = faults(unit_changed_since_start.check(APP, _fpm(AS_IT_IS), replace(nginx, unit_files=EDITED)))
    assert isinstance(said, Finding)
    assert "nginx.service" in said.message
    no_unit = Fpm((replace(MASTER, unit=Unknown("no systemd unit runs this PHP-FPM")),))
    assert faults(unit_changed_since_start.check(APP, no_unit, NO_NGINX)) == []


def test_a_main_process_that_is_another_is_unknown() -> None:
    """What it was started with nobody knows; a pool that does not run is told as such."""
    (said,) = faults(unit_changed_since_start.check(APP, _fpm(None), NO_NGINX))
    assert isinstance(said, Unknown)
    (down,) = faults(unit_changed_since_start.check(APP, stopped(), NO_NGINX))
    assert isinstance(down, Unknown)
    assert "does not run" in down.reason
