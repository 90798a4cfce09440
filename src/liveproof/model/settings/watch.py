"""The tables of ``liveproof.toml`` that `liveproof watch` reads."""

import re
from typing import Annotated

from liveproof.model.dataclass import dataclass
from liveproof.model.durations import seconds
from liveproof.model.schedules import parse
from liveproof.model.settings.keys import Check, key


def _duration(value: str) -> None:
    seconds(value)


def _schedule(value: str) -> None:
    parse(value)


def _rules(value: tuple[str, ...]) -> None:
    for name in value:
        if not re.fullmatch("[A-Z]{3}([0-9]{3})?", name):
            raise ValueError(f"{name!r} should be the code of a rule or a family, such as FPM001 or FPM")


Schedule = Annotated[str, Check(_schedule)]


@dataclass(frozen=True, slots=True)
class MonitorsTable:
    """When each monitor looks: a duration (15m), a cron expression (0 3 * * *), or off."""

    ownership: Schedule = key("0 3 * * *", "Whether the app's files belong to the right user.")
    writability: Schedule = key("0 * * * *", "Whether the app can write its caches, its storage and its log.")
    fpm: Schedule = key("5m", "Whether PHP-FPM, its sockets and nginx work.")
    opcache: Schedule = key("15m", "Old code in OPcache, its hit ratio and settings.")
    logs: Schedule = key("15m", "Errors in the logs, besides what is seen as it is written.")
    chain: Schedule = key("15m", "The whole chain, from the release to the answer.")


@dataclass(frozen=True, slots=True)
class WatchTable:
    """How `liveproof watch` works."""

    quiet: Annotated[str, Check(_duration)] = key(
        "10s", "For how long nothing must change until a deploy that nobody announced counts as over."
    )
    heal: Annotated[tuple[str, ...], Check(_rules)] = key(
        (),
        "Codes or families that `liveproof watch --heal` fixes without asking, as far as that is safe.",
        examples=[["FPM001"]],
    )
    heal_per_hour: int = key(3, "The most fixes in an hour.", ge=1, le=60)
    monitors: MonitorsTable = key(MonitorsTable(), "When each monitor looks.")
