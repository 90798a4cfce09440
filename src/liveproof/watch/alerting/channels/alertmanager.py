"""The API of a Prometheus Alertmanager: ``POST /api/v2/alerts`` (github.com/prometheus/alertmanager, openapi.yaml).

Alertmanager holds the state by itself: an alert is the same as long as its labels are. Each message says when the
alert ends if nothing more is heard of it, an hour from now, which takes the place of Alertmanager's own
``resolve_timeout``; the outbox queues what is open every five minutes, so that also one that was restarted knows it.
"""

import json
import time
from base64 import b64encode
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import unquote, urlsplit

from liveproof.model.alerts import Delivery, DeliveryKind
from liveproof.model.settings.alerts import AlertChannel
from liveproof.report.style.escaping import utf8
from liveproof.report.style.times import clock, iso
from liveproof.watch.alerting.channels import NotSent
from liveproof.watch.alerting.message import Message

_KEPT_SECONDS = 3600.0
_SHOWN_SECONDS = 300.0  # how long an alert that is over already fires, or its receivers would never hear of it
_SOCKET_SECONDS = 10.0
_ANSWER = 64 * 1024


def sender(channel: AlertChannel, url: str) -> Callable[[Message], None]:  # noqa: ARG001  (every kind's signature)
    """What sends a message to the Alertmanager below this URL; a user and password in it are sent as HTTP Basic.

    Raises:
        NotSent: it is no such URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https"):
        raise NotSent("the URL of an Alertmanager should be http://host:9093 or https://…")
    path = f"{parts.path.rstrip('/')}/api/v2/alerts"
    headers = {"Content-Type": "application/json", "User-Agent": "liveproof"}
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection

    def send(message: Message) -> None:
        body = json.dumps([posted(each, message.host, time.time()) for each in message.deliveries]).encode()
        connection = kind(host, port, timeout=_SOCKET_SECONDS)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            said = answer.read(_ANSWER).decode(errors="replace")
        except TimeoutError:
            raise NotSent(f"no answer within {_SOCKET_SECONDS:g} s") from None
        except (OSError, HTTPException) as error:
            raise NotSent(f"{getattr(error, 'strerror', None) or error or type(error).__name__}") from None
        finally:
            connection.close()
        if not 200 <= answer.status < 300:  # a redirect would turn the POST into a GET
            raise NotSent(f"HTTP status {answer.status} {answer.reason}: {said[:200]}")

    return send


def posted(delivery: Delivery, host: str, now: float) -> dict[str, object]:
    """An alert as Alertmanager takes it."""
    alert, problem = delivery.alert, delivery.alert.problem
    labels = {
        "alertname": f"Liveproof{problem.code}", "code": problem.code, "severity": problem.severity.value, "host": host,
        "app": utf8(problem.app), "about": utf8(problem.key),
    }  # fmt: skip
    annotations = {
        "summary": utf8(problem.what), "description": utf8(problem.why), "command": utf8(problem.command),
        "consequences": "\n".join(utf8(each) for each in problem.details), "id": alert.id,
    }  # fmt: skip
    ends = now + _KEPT_SECONDS
    if delivery.kind is DeliveryKind.RESOLVED and alert.resolved_at is not None:
        ends = alert.resolved_at
    elif delivery.kind is DeliveryKind.RAISED_AND_RESOLVED and alert.resolved_at is not None:
        ends = now + _SHOWN_SECONDS
        annotations["summary"] += f" (resolved already, at {clock(alert.resolved_at)})"
    return {
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {name: value for name, value in annotations.items() if value},
        "startsAt": iso(alert.since),
        "endsAt": iso(ends),
    }
