"""Whatever apprise sends to: mail, Slack, Telegram, Matrix, webhooks … (appriseit.com has the list)."""

import logging
import re
from collections.abc import Callable
from typing import Any

from liveproof.model.alerts import DeliveryKind
from liveproof.model.settings_alerts import AlertChannel
from liveproof.watch.channels import NotSent
from liveproof.watch.message import Message


def sender(channel: AlertChannel, url: str) -> Callable[[Message], None]:  # noqa: ARG001  (every kind's signature)
    """What sends a message to the URL.

    Raises:
        NotSent: apprise does not know such a URL.
    """
    import apprise  # noqa: PLC0415  (0.3 s, and only where alerts are sent)

    asset = apprise.AppriseAsset(app_id="liveproof", app_desc="liveproof", app_url="", plugin_paths=[])
    target: Any = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if target is None:
        raise NotSent("apprise does not understand the URL; see https://appriseit.com for those that it does")
    if "overflow=" not in url:
        target.overflow_mode = apprise.OverflowMode.SPLIT  # of a long message nothing is cut off
    mail = hasattr(target, "smtp_host")
    if mail and "format=" not in url:
        target.notify_format = apprise.NotifyFormat.TEXT
    capture: Any = apprise.LogCapture
    sending = apprise.Apprise(asset=asset)
    sending.add(target)

    def send(message: Message) -> None:
        if mail:
            _identify(target, message)
        with capture(level=logging.DEBUG, fmt="%(levelname)s %(message)s") as log:
            taken = sending.notify(
                body=message.body,
                title=message.subject,
                notify_type=_type(apprise, message),
                body_format=apprise.NotifyFormat.TEXT,
            )
            said = log.getvalue()
        if not taken:
            raise NotSent(_reason(said))

    return send


def _type(apprise: Any, message: Message) -> Any:
    if message.good:
        return apprise.NotifyType.SUCCESS
    worst = any(delivery.kind is not DeliveryKind.RAISED_AND_RESOLVED for delivery in message.deliveries)
    return apprise.NotifyType.FAILURE if worst else apprise.NotifyType.INFO


def _identify(target: Any, message: Message) -> None:
    """Give a mail the id of its message, so that a receiver can drop a double, and put those of an alert together.

    apprise has no way to say a Message-ID; this runs in a process of its own, so its function may be replaced.
    """
    from apprise.plugins.email import base  # noqa: PLC0415  (only for mail)

    host = re.sub(r"[^A-Za-z0-9.-]", "-", message.host) or "localhost"
    vars(base)["make_msgid"] = lambda *_, **__: f"<{message.id}@{host}>"
    target.headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    if len(message.deliveries) == 1:
        target.headers["References"] = f"<{message.deliveries[0].alert.id}@{host}>"


def _reason(said: str) -> str:
    """Why apprise could not send, from what it logged: the exception it met, else its warning."""
    lines = [line.partition(" ") for line in said.splitlines()]
    met = [text for level, _, text in lines if level == "DEBUG" and "Exception" in text]
    warned = [text for level, _, text in lines if level in ("WARNING", "ERROR", "CRITICAL")]
    return "; ".join([*warned[-1:], *met[-1:]]) or "apprise could not send it and gives no reason"
