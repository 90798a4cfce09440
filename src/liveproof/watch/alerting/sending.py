"""Send a message through a channel. What sends runs in a forked process, which is ended when it takes too long.

So no hanging name server, mail server or library can hold anything up, and what one leaves in memory goes with it.
"""

import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import unquote

from liveproof.host.child_process import Lost, OutOfTime, forked
from liveproof.host.files import trusted
from liveproof.model.secrets import HIDDEN, one_line
from liveproof.model.settings.alerts import AlertChannel
from liveproof.watch.alerting.channels import NotSent, alertmanager, command
from liveproof.watch.alerting.message import Message

SECONDS = 20.0
_URL_LIMIT = 16 * 1024
_COMMON = frozenset(
    {"http", "https", "smtp", "mail", "mailto", "mailtos", "json", "user", "pass", "name", "from", "port"}
)


def send(channel: AlertChannel, message: Message, seconds: float = SECONDS) -> None:
    """Send a message through a channel.

    Raises:
        NotSent: it was not taken, or not in time.
    """
    url = _url(channel)
    try:
        transmit = _sender(channel, url, seconds)

        def work() -> str:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(int(seconds) + 5)  # also when nobody is left who would end us
            try:
                transmit(message)
            except NotSent as failed:
                return str(failed) or "not sent"
            except Exception as error:  # noqa: BLE001  (a library's own bug is a reason like another)
                return f"{type(error).__name__}: {error}"
            return ""

        reason = forked(work, seconds)
    except OutOfTime:
        reason = f"no answer within {seconds:g} s; it was ended"
    except (Lost, OSError, NotSent) as error:
        reason = str(error) or type(error).__name__
    except Exception as error:  # noqa: BLE001  (a library that cannot be loaded, or trips over a URL)
        reason = f"{type(error).__name__}: {error}"
    if reason:
        raise NotSent(_without(reason, url))


def _sender(channel: AlertChannel, url: str, seconds: float) -> Callable[[Message], None]:
    match channel.kind:
        case "url":
            from liveproof.watch.alerting.channels import apprise as kind  # noqa: PLC0415  (0.3 s, and only where it is used)

            return kind.sender(channel, url)
        case "alertmanager":
            return alertmanager.sender(channel, url)
        case "command":
            return command.sender(channel, seconds)


def _url(channel: AlertChannel) -> str:
    """The URL, from its file where that is named.

    Raises:
        NotSent: the file cannot be read, or could have been read or written by others.
    """
    if not channel.url_file:
        return channel.url
    try:
        content, status = trusted.read(channel.url_file, limit=_URL_LIMIT, owner=os.geteuid())
    except trusted.Untrusted as error:
        raise NotSent(f"url_file is refused: {error}") from None
    except OSError as error:
        raise NotSent(f"url_file {channel.url_file} cannot be read: {error.strerror or error}") from None
    if status.st_mode & 0o077:
        raise NotSent(f"url_file {channel.url_file} holds a secret that others may read: chmod 600 {channel.url_file}")
    lines = [line.strip() for line in content.decode(errors="replace").splitlines() if line.strip()]
    found = [line for line in lines if not line.startswith("#")]
    if len(found) != 1 or "://" not in found[0]:
        raise NotSent(f"url_file {channel.url_file} should hold one URL on a line of its own")
    return found[0]


def _without(reason: str, url: str) -> str:
    """A reason without any part of the URL: every part of it may be a token."""
    text = reason.replace(url, HIDDEN) if url else reason
    words = {part for whole in (url, unquote(url)) for part in re.split(r"[/:@?&=#+%,;\s]+", whole)}
    with suppress(re.error):
        for word in sorted((word for word in words if len(word) >= 4 and word.lower() not in _COMMON), key=len)[::-1]:
            text = re.sub(re.escape(word), HIDDEN, text, flags=re.IGNORECASE)
    return one_line(text)
