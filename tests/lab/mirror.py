"""The Debian mirror this machine itself uses. The repository names none."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SUITES: Final = ("bullseye", "bookworm", "trixie", "forky", "sid", "stable", "testing", "unstable", "oldstable")
_SUITE: Final = re.compile(rf"(?:{'|'.join(_SUITES)})(?P<archive>-updates|-security|/updates|-backports)?/?")
_ONE_LINE: Final = re.compile(r"deb\s+(?:\[(?P<options>[^]]*)]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)")


@dataclass(frozen=True, slots=True)
class Source:
    """One address, suite and options of an apt source."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str


@dataclass(frozen=True, slots=True)
class Mirror:
    """Where packages and where security updates come from."""

    archive: str
    security: str | None

    def sources(self, suite: str, archives: tuple[str, ...]) -> tuple[str, ...]:
        """The one-line sources for ``suite`` with those of ``archives`` that the mirror is known to have."""
        lines = [f"deb {self.archive} {suite} main"]
        if "updates" in archives:
            lines.append(f"deb {self.archive} {suite}-updates main")
        if "security" in archives and self.security:
            lines.append(f"deb {self.security} {suite}-security main")
        return tuple(lines)


def find(apt: Path = Path("/etc/apt")) -> Mirror | None:
    """The mirror from ``LIVEPROOF_LAB_MIRROR``, else from apt's sources; None when they name no Debian mirror.

    ``LIVEPROOF_LAB_MIRROR`` is one address, or two with a space between: the archive and its security updates.
    """
    if chosen := os.environ.get("LIVEPROOF_LAB_MIRROR", "").split():
        return Mirror(chosen[0].rstrip("/"), chosen[1].rstrip("/") if len(chosen) > 1 else None)
    return choose(list(read(apt)))


def choose(sources: list[Source]) -> Mirror | None:
    """The best archive and security address among ``sources``."""
    archive: list[tuple[int, str]] = []
    security: list[tuple[int, str]] = []
    for source in sources:
        known = _SUITE.fullmatch(source.suite)
        # Others borrow Debian's suite names, but call their component otherwise or sign by a key of their own.
        if not known or "main" not in source.components or not (trust := _trust(source)):
            continue
        kind = known["archive"]
        uri = source.uri.rstrip("/")
        if kind in ("-security", "/updates"):
            security.append((trust, uri))
        elif kind is None:
            archive.append((trust, uri))
    if not archive:
        return None
    return Mirror(max(archive, key=_first)[1], max(security, key=_first)[1] if security else None)


def read(apt: Path) -> Iterator[Source]:
    """Every enabled binary source of an ``/etc/apt``, in both of apt's styles."""
    parts = apt / "sources.list.d"
    for path in [apt / "sources.list", *sorted(parts.glob("*.list"))]:
        yield from one_line(_text(path))
    for path in sorted(parts.glob("*.sources")):
        yield from deb822(_text(path))


def one_line(text: str) -> Iterator[Source]:
    """Sources written ``deb [options] uri suite component…``."""
    for line in text.splitlines():
        if found := _ONE_LINE.fullmatch(line.split("#", 1)[0].strip()):
            options = dict(part.split("=", 1) for part in (found["options"] or "").split() if "=" in part)
            for uri in _addresses(found["uri"]):
                yield Source(uri, found["suite"], tuple(found["components"].split()), options.get("signed-by", ""))


def deb822(text: str) -> Iterator[Source]:
    """Sources written as stanzas of fields."""
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and name:
                fields[name] += " " + line.strip()
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if (
            fields.get("enabled", "yes").lower() in ("no", "false", "0", "off")
            or "deb" not in fields.get("types", "").split()
        ):
            continue
        for given in fields.get("uris", "").split():
            for uri in _addresses(given):
                for suite in fields.get("suites", "").split():
                    yield Source(uri, suite, tuple(fields.get("components", "").split()), fields.get("signed-by", ""))


def _addresses(uri: str) -> list[str]:
    """The address itself, or the first one of the list file that cloud images refer to with ``mirror+file:``."""
    if not uri.startswith("mirror+file:"):
        return [uri]
    lines = _text(Path(uri.removeprefix("mirror+file:"))).splitlines()
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")][:1]


def _trust(source: Source) -> int:
    signed = "debian-archive" in source.signed_by
    named = re.search(r"/debian(-security)?/?$", source.uri) is not None
    if source.signed_by and not signed and source.signed_by.startswith("/"):
        return 0
    return 2 * signed + named


def _first(pair: tuple[int, str]) -> int:
    return pair[0]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
