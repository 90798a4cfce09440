"""Whatever apprise sends to: mail, Slack, Telegram, Matrix, webhooks … (appriseit.com has the list)."""

import logging
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import apprise

from liveproof.model.alerts import DeliveryKind
from liveproof.model.settings.alerts import AlertChannel
from liveproof.watch.alerting.channels import NotSent
from liveproof.watch.alerting.message import Message

# What people mostly use, by module and class: to find a class by its scheme, apprise imports all of its 130 plugins,
# which takes a second and a half, and an alert should not take longer than the fault. Others are found in that way.
QUICK = {
    "discord": ("discord", "NotifyDiscord"),
    "form": ("custom_form", "NotifyForm"),
    "forms": ("custom_form", "NotifyForm"),
    "gotify": ("gotify", "NotifyGotify"),
    "gotifys": ("gotify", "NotifyGotify"),
    "json": ("custom_json", "NotifyJSON"),
    "jsons": ("custom_json", "NotifyJSON"),
    "mailto": ("email", "NotifyEmail"),
    "mailtos": ("email", "NotifyEmail"),
    "matrix": ("matrix", "NotifyMatrix"),
    "matrixs": ("matrix", "NotifyMatrix"),
    "mmost": ("mattermost", "NotifyMattermost"),
    "mmosts": ("mattermost", "NotifyMattermost"),
    "ntfy": ("ntfy", "NotifyNtfy"),
    "ntfys": ("ntfy", "NotifyNtfy"),
    "opsgenie": ("opsgenie", "NotifyOpsgenie"),
    "pagerduty": ("pagerduty", "NotifyPagerDuty"),
    "rocket": ("rocketchat", "NotifyRocketChat"),
    "rockets": ("rocketchat", "NotifyRocketChat"),
    "slack": ("slack", "NotifySlack"),
    "tgram": ("telegram", "NotifyTelegram"),
    "workflow": ("workflows", "NotifyWorkflows"),
    "workflows": ("workflows", "NotifyWorkflows"),
}


def sender(channel: AlertChannel, url: str) -> Callable[[Message], None]:  # noqa: ARG001  (every kind's signature)
    """What sends a message to the URL.

    Raises:
        NotSent: apprise does not know such a URL.
    """
    asset = apprise.AppriseAsset(app_id="liveproof", app_desc="liveproof", app_url="", plugin_paths=[])
    capture: Any = apprise.LogCapture
    with capture(level=logging.WARNING, fmt="%(levelname)s %(message)s") as log:
        target = _target(apprise, asset, url)
        said = log.getvalue()
    if target is None:
        why = f": {_reason(said)}" if said else "; see https://appriseit.com for those that it does"
        raise NotSent(f"apprise does not understand the URL{why}")
    if "overflow=" not in url:
        target.overflow_mode = apprise.OverflowMode.SPLIT  # of a long message nothing is cut off
    mail = hasattr(target, "smtp_host")
    if mail and "format=" not in url:
        target.notify_format = apprise.NotifyFormat.TEXT
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


def _target(apprise: Any, asset: Any, url: str) -> Any:
    """What apprise makes of a URL; None where it does not understand it."""
    scheme = url.partition("://")[0].lower()
    if scheme not in QUICK:
        return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    module, name = QUICK[scheme]
    kind = getattr(import_module(f"apprise.plugins.{module}"), name)
    try:
        parsed = kind.parse_url(url)
        return kind(**{**parsed, "schema": scheme, "asset": asset}) if parsed else None
    except (TypeError, ValueError):  # how it says that something in the URL is wrong, besides its log
        return None


def _type(apprise: Any, message: Message) -> Any:
    if message.good:
        return apprise.NotifyType.SUCCESS
    worst = any(delivery.kind is not DeliveryKind.RAISED_AND_RESOLVED for delivery in message.deliveries)
    return apprise.NotifyType.FAILURE if worst else apprise.NotifyType.INFO


def _identify(target: Any, message: Message) -> None:
    """Give a mail the id of its message, so that a receiver can drop a double, and put those of an alert together.

    apprise has no way to say a Message-ID; this runs in a process of its own, so its function may be replaced.
    """
    from apprise.plugins.email import base  # noqa: PLC0415  (only for mail; it warns of a module that Python 3.13 lacks)

    host = re.sub(r"[^A-Za-z0-9.-]", "-", message.host) or "localhost"
    vars(base)["make_msgid"] = lambda *_, **__: f"<{message.id}@{host}>"
    target.headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    if len(message.deliveries) == 1:
        target.headers["References"] = f"<{message.deliveries[0].alert.id}@{host}>"


def _reason(said: str) -> str:
    """Why apprise could not send, from what it logged: the exception it met, else its warning."""
    lines = [line.partition(" ") for line in said.splitlines()]
    warned = [text.rstrip(".") for level, _, text in lines if level in ("WARNING", "ERROR", "CRITICAL")]
    met = [text for level, _, text in lines if level == "DEBUG" and "Exception" in text]
    system = re.findall(r"\[Errno -?\d+\] ([A-Za-z][A-Za-z ]+)", "\n".join(met))
    return ": ".join([*warned[-1:], *(system or met)[-1:]]) or "apprise could not send it and gives no reason"
