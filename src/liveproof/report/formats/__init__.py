"""One file, one format of a run's report, found by walking this folder.

A format's module has ``render(record, context)``: a text, or lines where a terminal may colour them. Where
it has ``FILE_MODE``, that is the mode of a new file that ``--output`` makes: by default only its owner may read it.
"""

import os
from collections.abc import Iterable
from enum import Enum
from importlib import import_module
from typing import Protocol, cast

from liveproof.model.dataclass import dataclass
from liveproof.model.run_record import Record
from liveproof.report.content.rule_pages import Pages
from liveproof.report.style.lines import Line


class Detail(Enum):
    """How much of a run a person is shown."""

    FULL = "full"
    FIRST_SCREEN = "first screen"
    CAUSES = "causes"


@dataclass(frozen=True, slots=True)
class Context:
    """What a report may need beside the run.

    Attributes:
        pages: the rules' pages, for why a fault breaks a deploy.
        before: an earlier run to compare with.
        timings: what the time went to, in seconds by name; empty where that was not asked for.
        detail: how much a person is shown.
        root: liveproof runs as root, so that the commands that are shown need no sudo.
        hit_ratio: the configured threshold of OPcache, for the monitoring advice.
    """

    pages: Pages
    before: Record | None = None
    timings: tuple[tuple[str, float], ...] = ()
    hit_ratio: float = 0.85
    detail: Detail = Detail.FULL
    root: bool = True


class Format(Protocol):
    """A format's module."""

    def render(self, record: Record, context: Context) -> str | Iterable[Line]:
        """The report of one run."""


def names() -> tuple[str, ...]:
    """Every format by name."""
    modules = (entry.name for folder in __path__ for entry in os.scandir(folder))
    return tuple(
        sorted(name[:-3].replace("_", "-") for name in modules if name.endswith(".py") and not name.startswith("_"))
    )


def file_mode(form: Format) -> int:
    """The mode of a new file in this format."""
    return int(getattr(form, "FILE_MODE", 0o600))


def load(name: str) -> Format:
    """The format of this name; only its own module is imported."""
    return cast("Format", import_module(f"{__name__}.{name.replace('-', '_')}"))
