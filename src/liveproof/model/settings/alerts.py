"""The table ``[alerts]`` of ``liveproof.toml``: where alerts are sent, how often, how many."""

import re
from dataclasses import field, replace
from typing import Annotated, Literal

from liveproof.model.dataclass import dataclass
from liveproof.model.durations import seconds
from liveproof.model.secrets import HIDDEN, hide_in_arguments
from liveproof.model.settings.keys import NAME, Absolute, Check, Unset, key

_NOT_GIVEN = Unset("not given")


def _never_or_duration(value: str) -> None:
    if value != "never" and seconds(value) < 60:
        raise ValueError("should be never, or a minute or more")


def _has_scheme(value: str) -> None:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", value) or any(char.isspace() for char in value):
        raise ValueError("should be a URL such as mailto://… or https://…")


def _codes(value: tuple[str, ...]) -> None:
    for code in value:
        if not re.fullmatch(r"[A-Z]{3}(\d{3})?", code, re.ASCII):
            raise ValueError(f"{code!r} is neither a code such as FIL003 nor a family such as FIL")


@dataclass(frozen=True, slots=True)
class AlertChannel:
    """Where alerts are sent."""

    name: str = field(
        metadata={
            "description": "Its name in messages, logs and metrics; its URL is never shown.",
            "pattern": r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$",
            "examples": ["ops-mail"],
        }
    )
    kind: Literal["url", "alertmanager", "command"] = field(
        metadata={
            "description": "url: what apprise sends to (mail, Slack, Telegram, webhooks …); alertmanager: the API of a "
            "Prometheus Alertmanager; command: a program of yours.",
            "examples": ["url"],
        }
    )
    url: Annotated[str, Check(_has_scheme), _NOT_GIVEN] = key(
        "", "The URL. It holds secrets: url_file keeps them out.", examples=["mailtos://…"]
    )
    url_file: Annotated[Absolute, _NOT_GIVEN] = key(
        "",
        "A file that holds the URL, which only its owner may read (mode 0600).",
        examples=["/etc/liveproof/mail.url"],
    )
    command: tuple[str, ...] = key(
        (),
        "The program, by its absolute path, and its arguments; no shell reads them.",
        examples=[["/usr/local/bin/page", "ops"]],
    )
    user: Annotated[str, Unset("who runs liveproof")] = key(
        "", "The user that the command runs as.", pattern=NAME, examples=["nobody"]
    )
    severity: Literal["critical", "high", "medium", "notice"] = key("medium", "The least severity that is sent.")
    codes: Annotated[tuple[str, ...], Check(_codes)] = key(
        (), "Codes or families, such as FIL003 or OPC, that are sent; by default all.", examples=[["FPM", "FIL003"]]
    )

    def __post_init__(self) -> None:
        if self.kind == "command":
            if not self.command or not self.command[0].startswith("/") or any("\0" in word for word in self.command):
                raise ValueError('a command needs command = ["/path/to/program", …]')
            if self.url or self.url_file:
                raise ValueError("a command has no url")
        elif self.command or self.user:
            raise ValueError(f'command and user are used by kind = "command", not by {self.kind}')
        elif bool(self.url) == bool(self.url_file):
            raise ValueError("either url or url_file says where to send")

    def without_secrets(self) -> "AlertChannel":
        """The channel as it may be kept and shown."""
        return replace(self, url=self.url and f"{HIDDEN}://{HIDDEN}", command=hide_in_arguments(self.command))


@dataclass(frozen=True, slots=True)
class AlertsTable:
    """What `liveproof watch` tells, and whom."""

    repeat_every: Annotated[str, Check(_never_or_duration)] = key(
        "4h", "How often an alert that is still open is sent again, such as 30m, 4h or 1d; or never."
    )
    per_hour: int = key(
        20, "The most messages that a channel gets in an hour; what is beyond is joined into one.", ge=1, le=3600
    )
    channel: tuple[AlertChannel, ...] = key((), "Where alerts are sent.")

    def __post_init__(self) -> None:
        names = [channel.name for channel in self.channel]
        if len(names) != len(set(names)):
            raise ValueError("two channels have the same name")
