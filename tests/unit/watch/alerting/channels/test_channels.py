"""Each kind of channel against real servers and programs: taken, refused, hanging, gone."""

import json
import os
import time
from email import message_from_string
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest

from liveproof.model.alerts import Claim, Delivery, DeliveryKind
from liveproof.model.settings.alerts import AlertChannel
from liveproof.watch.alerting.channels import NotSent
from liveproof.watch.alerting.channels.apprise import QUICK
from liveproof.watch.alerting.message import Message, message
from liveproof.watch.alerting.sending import send
from tests.unit.alerting import NOON, alert
from tests.unit.watch.alerting.receivers import http, smtp

# apprise asks for it on old Pythons
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
SECRET = "hunter2hunter2"
DELIVERY = Delivery(alert(), DeliveryKind.RAISED)


def told(*deliveries: Delivery) -> Message:
    return message(Claim("20270115-080000-0a1b2c3d.0.raised", "x", deliveries or (DELIVERY,)), "web1", NOON + 60)


def url(where: str, **more: object) -> AlertChannel:
    return AlertChannel("x", "url", where, **more)  # type: ignore[arg-type]


def mail(port: int) -> AlertChannel:
    return url(f"mailto://127.0.0.1:{port}/?from=liveproof@example.com&to=ops@example.com")


def program(tmp_path: Path, script: str) -> Path:
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A directory that only we can write: /tmp is trusted for its sticky bit."""
    tmp_path.chmod(0o700)
    return tmp_path


def test_a_mail_arrives() -> None:
    """Plain text, with the id of the message as Message-ID and that of the alert to put them together."""
    with smtp() as server:
        send(mail(server.port), told())
    (got,) = server.got
    parsed = message_from_string(got)
    assert parsed["Message-ID"] == "<20270115-080000-0a1b2c3d.0.raised@web1>"
    assert parsed["References"] == "<20270115-080000-0a1b2c3d@web1>"
    assert str(make_header(decode_header(parsed["Subject"]))).startswith("[liveproof web1] HIGH FIL003")
    body = parsed.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().replace("\r\n", "\n").strip() == told().body.strip()


def test_a_webhook_arrives() -> None:
    """apprise's json:// as one of many."""
    with http() as server:
        send(url(f"json://bob:{SECRET}@127.0.0.1:{server.port}/hook"), told())
    ((path, headers, body),) = server.got
    assert (path, headers["Authorization"][:6]) == ("/hook", "Basic ")
    assert json.loads(body)["title"] == told().subject


@pytest.mark.parametrize("refuse", ["550 mailbox unavailable", "451 try later"])
def test_a_mail_server_refuses(refuse: str) -> None:
    """Said with its reason."""
    with smtp(refuse) as server, pytest.raises(NotSent, match=r"[Ee]-?mail"):
        send(mail(server.port), told())


def test_a_webhook_refuses() -> None:
    """Said with the status, without the token."""
    with http(403, "go away") as server, pytest.raises(NotSent, match="403") as failed:
        send(url(f"json://bob:{SECRET}@127.0.0.1:{server.port}/{SECRET}"), told())
    assert SECRET not in str(failed.value)


@pytest.mark.parametrize(
    "channel",
    [
        url(f"json://bob:{SECRET}@127.0.0.1:1/{SECRET}"),
        url(f"mailto://bob:{SECRET}@127.0.0.1:1/?from=a@example.com&to=ops@example.com"),
        AlertChannel("x", "alertmanager", f"http://bob:{SECRET}@127.0.0.1:1/{SECRET}"),
    ],
)
def test_a_server_is_gone(channel: AlertChannel) -> None:
    """Nobody listens: said, without the URL."""
    with pytest.raises(NotSent, match="refused") as failed:
        send(channel, told())
    assert SECRET not in str(failed.value)


@pytest.mark.parametrize("kind", ["mail", "json", "alertmanager", "drip", "command"])
def test_what_hangs_is_ended(kind: str, private: Path) -> None:
    """Within the time limit, also where a byte comes from time to time."""
    began = time.monotonic()
    with smtp(hang=True) as post, http(hang=True) as web, http(drip=True) as drip:
        sleeping = str(program(private, "sleep 60 & sleep 60"))
        channels = {
            "mail": mail(post.port),
            "json": url(f"json://127.0.0.1:{web.port}/"),
            "alertmanager": AlertChannel("x", "alertmanager", f"http://127.0.0.1:{web.port}"),
            "drip": AlertChannel("x", "alertmanager", f"http://127.0.0.1:{drip.port}"),
            "command": AlertChannel("x", "command", command=(sleeping,)),
        }
        with pytest.raises(NotSent, match=r"within|[Tt]ime"):
            send(channels[kind], told(), 1.2)
    assert time.monotonic() - began < 6


def test_alertmanager_gets_labels_and_times() -> None:
    """What v2 of its API asks for; the login is no part of the path."""
    resolved = Delivery(alert(600), DeliveryKind.RESOLVED)
    missed = Delivery(alert(600), DeliveryKind.RAISED_AND_RESOLVED)
    with http() as server:
        channel = AlertChannel("x", "alertmanager", f"http://bob:{SECRET}@127.0.0.1:{server.port}/am/")
        send(channel, told(DELIVERY, resolved, missed))
    ((path, headers, body),) = server.got
    assert (path, headers["Authorization"][:6]) == ("/am/api/v2/alerts", "Basic ")
    open_one, over, short = json.loads(body)
    assert open_one["labels"] == over["labels"] == short["labels"]
    assert open_one["labels"] == {
        "alertname": "LiveproofFIL003", "code": "FIL003", "severity": "high", "host": "web1",
        "app": DELIVERY.alert.problem.app, "about": DELIVERY.alert.problem.key,
    }  # fmt: skip
    assert open_one["startsAt"] == over["startsAt"] == "2027-01-15T08:00:00Z"
    assert over["endsAt"] == "2027-01-15T08:10:00Z"
    assert "resolved already" in short["annotations"]["summary"]


@pytest.mark.parametrize("status", [301, 400, 500])
def test_alertmanager_refuses(status: int) -> None:
    """Any status but 2xx is a failure; a redirect is not followed."""
    with http(status, f"bad {SECRET}") as server, pytest.raises(NotSent, match=str(status)) as failed:
        send(AlertChannel("x", "alertmanager", f"http://bob:{SECRET}@127.0.0.1:{server.port}"), told())
    assert len(server.got) == 1
    assert SECRET not in str(failed.value)


def test_a_command_gets_everything(private: Path) -> None:
    """JSON on standard input, variables, nothing of our own environment."""
    path = program(private, 'cat > "$1"; env > "$1.env"')
    out = private / "out $(id)"
    send(AlertChannel("x", "command", command=(str(path), str(out))), told())
    given = json.loads(out.read_text())
    assert given["alerts"][0]["command"] == DELIVERY.alert.problem.command
    variables = dict(line.split("=", 1) for line in (private / "out $(id).env").read_text().splitlines() if "=" in line)
    assert variables["LIVEPROOF_ALERT_ID"] == given["id"] == told().id
    assert variables["LIVEPROOF_ALERT_KIND"] == "raised"
    assert "PYTEST_CURRENT_TEST" not in variables


@pytest.mark.parametrize(
    ("script", "why"),
    [("echo no pager >&2; exit 3", "exit status 3: no pager"), ("kill -9 $$", "signal 9"), ("exit 1", "exit status 1")],
)
def test_a_command_fails(private: Path, script: str, why: str) -> None:
    """How it ended, and the first line of what it said."""
    with pytest.raises(NotSent, match=why):
        send(AlertChannel("x", "command", command=(str(program(private, script)),)), told())


def test_a_command_that_is_not_there(private: Path) -> None:
    with pytest.raises(NotSent, match="No such file"):
        send(AlertChannel("x", "command", command=(str(private / "none"),)), told())


def test_a_command_that_others_could_write(private: Path) -> None:
    """Refused, and not run."""
    path = program(private, f"touch {private}/ran")
    path.chmod(0o777)
    with pytest.raises(NotSent, match="everyone may write"):
        send(AlertChannel("x", "command", command=(str(path),)), told())
    assert not (private / "ran").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_command_runs_as_its_user(tmp_path: Path) -> None:
    """And one that does not exist is said."""
    with pytest.raises(NotSent, match="exit status 7: 65534"):
        send(AlertChannel("x", "command", command=("/bin/sh", "-c", "id -u >&2; exit 7"), user="nobody"), told())
    with pytest.raises(NotSent, match="no user who-is-that"):
        send(AlertChannel("x", "command", command=("/bin/true",), user="who-is-that"), told())


def test_a_url_from_a_file(private: Path) -> None:
    """Comments are left out; a file that others may read is refused."""
    path = private / "url"
    with http() as server:
        path.write_text(f"# the hook\njson://127.0.0.1:{server.port}/{SECRET}\n")
        path.chmod(0o600)
        send(AlertChannel("x", "url", url_file=str(path)), told())
        assert server.got
        path.chmod(0o644)
        with pytest.raises(NotSent, match="chmod 600"):
            send(AlertChannel("x", "url", url_file=str(path)), told())
    path.chmod(0o600)
    path.write_text("two://a\ntwo://b\n")
    with pytest.raises(NotSent, match="one URL"):
        send(AlertChannel("x", "url", url_file=str(path)), told())
    with pytest.raises(NotSent, match="No such file"):
        send(AlertChannel("x", "url", url_file=str(private / "none")), told())


@pytest.mark.parametrize("where", [f"nothing://{SECRET}", f"tgram://{SECRET}", "slack://x", "http://[::1"])
def test_a_url_that_nobody_understands(where: str) -> None:
    """Said without it."""
    for channel in (url(where), AlertChannel("x", "alertmanager", where)):
        with pytest.raises(NotSent) as failed:
            send(channel, told())
        assert SECRET not in str(failed.value)


def test_quick_schemes_are_those_of_apprise() -> None:
    """What is imported by name is what apprise itself finds."""
    from apprise.manager_plugins import NotificationManager  # noqa: PLC0415  (loads every plugin)

    known: Any = NotificationManager  # untyped
    known = known()
    assert {scheme: known[scheme].__name__ for scheme in QUICK} == {scheme: name for scheme, (_, name) in QUICK.items()}
