"""report/content/symptoms.py and report/content/advice.py: commands that an administrator will copy."""

import subprocess
from dataclasses import replace

import pytest

from liveproof.report.content.advice import monitoring, prevention, verification
from liveproof.report.content.host_names import NOWHERE, Place, place
from liveproof.report.content.symptoms import SYMPTOMS
from tests.golden import incident

SEEN = place(incident.broken().examination.apps[0])
TCP = replace(SEEN, address="127.0.0.1:9000")
PLAIN = replace(SEEN, laravel=False, log="", fpm_log="", nginx_log="", method="GET", host="")
WILD = Place(
    "/srv/it's $(id)\n`x`",
    user="we b",
    version="8.3",
    php="/opt/p hp",
    fpm="/opt/$fpm",
    unit="a b.service",
    address="unix:/run/it's.sock",
    pool="/etc/a b.conf",
    log="/var/log/\udcff.log",
    fpm_log="/var/log/f pm",
    nginx_log="/var/log/n'ginx",
    host="a.b; id",
    changed=("/srv/x y.php", "/srv/\n.php"),
    method="POST",
    request="/a?b=c&d='e'",
    laravel=True,
)
PLACES = {"seen": SEEN, "tcp": TCP, "plain": PLAIN, "nowhere": NOWHERE, "wild": WILD}


def _commands(where: Place) -> list[str]:
    looks = [command for symptom in SYMPTOMS for look in symptom.looks(where) for command in look.commands]
    given = [*verification(where), *prevention(where)]
    return looks + [command for advice in given if advice.language == "bash" for command in advice.commands]


@pytest.mark.parametrize("name", PLACES)
def test_every_command_is_bash(name: str) -> None:
    """Whatever the host's names hold, each command is one line of valid bash."""
    for command in _commands(PLACES[name]):
        assert command.isprintable()
        ran = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{command}: {ran.stderr}"


@pytest.mark.parametrize("name", PLACES)
def test_no_command_does_harm(name: str) -> None:
    """The app's code runs as the app's user, nothing is restarted, no owner or mode is changed by a look."""
    for command in _commands(PLACES[name]):
        assert "restart" not in command
        assert "sudo " not in command
        if "artisan " in command and "grep" not in command:
            assert "runuser -u " in command
    for symptom in SYMPTOMS:
        for look in symptom.looks(PLACES[name]):
            assert not any(word in command for command in look.commands for word in ("chown", "chmod", "rm ", "reload"))


def test_monitoring_repairs_nothing() -> None:
    """What runs by itself tells; it never restarts."""
    text = "\n".join(command for advice in monitoring(SEEN, 0.85) for command in advice.commands)
    assert "restart" not in text
    assert "php8.3-fpm" in text
    assert "85%" in "".join(advice.note for advice in monitoring(SEEN, 0.85))


def test_what_was_not_seen_has_the_name_of_a_usual_host() -> None:
    """Each command of a rule's page can be run; a name that Markdown could misread stays a placeholder."""
    assert NOWHERE.fill("ls {app} {socket}") == "ls /var/www/example /run/php/php8.3-fpm.sock"
    assert SEEN.fill("ls {app}; systemctl status {unit}") == "ls /var/www/api-gateway; systemctl status php8.3-fpm"
    assert WILD.fill("ls {app}", tame=True) == "ls <app>"
    assert WILD.fill("ls {socket}") == "ls '/run/it'\"'\"'s.sock'"
