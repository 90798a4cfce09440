"""Changes to the text of a php-fpm pool file, as a careful person would make them. Pure."""

from collections.abc import Mapping


def with_settings(text: str, pool: str, settings: Mapping[str, str]) -> str | None:
    """The text with settings of one pool's section set; everything else stays byte for byte.

    A setting that stands there is changed where it stands (the last one, which is in force), one that does not comes
    behind the section's ``listen``. None when the section or its ``listen`` is not in this file.
    """
    lines = text.split("\n")
    inside = _section(lines, pool)
    places = {_name(lines[at]): at for at in inside}
    if "listen" not in places:
        return None
    new: list[str] = []
    for name, value in settings.items():
        if name in places:
            lines[places[name]] = _changed(lines[places[name]], value)
        else:
            new.append(f"{name} = {value}")
    after = places["listen"] + 1
    ending = "\r" if lines[after - 1].endswith("\r") else ""
    return "\n".join([*lines[:after], *(f"{line}{ending}" for line in new), *lines[after:]])


def _section(lines: list[str], pool: str) -> list[int]:
    """The lines that belong to a pool; a section may be opened more than once."""
    found: list[int] = []
    inside = False
    for at, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("["):
            name = stripped[1:].partition("]")[0].strip().strip("\"'")
            inside = name.lower() == pool.lower()
        elif inside:
            found.append(at)
    return found


def _name(line: str) -> str:
    name, equals, _ = line.partition("=")
    name = name.strip().lower()
    return name if equals and name[:1] not in (";", "#") else ""


def _changed(line: str, value: str) -> str:
    name, _, rest = line.partition("=")
    blank = rest[: len(rest) - len(rest.lstrip(" \t"))]
    ending = "\r" if line.endswith("\r") else ""
    return f"{name}={blank}{value}{ending}"
