"""How systemd would start the processes of PHP's units again."""

from collections.abc import Mapping

from liveproof.host.errors import CannotSee
from liveproof.host.numbers import whole
from liveproof.host.php.command_line import is_php
from liveproof.host.reader import Reader
from liveproof.host.services.systemd import show
from liveproof.model.dataclass import dataclass

_AGAIN = ("always", "on-success")  # systemd.service(5): after an end without an error, as artisan's signals bring it
_FRANKENPHP = "frankenphp"


@dataclass(frozen=True, slots=True)
class PhpUnit:
    """``directory`` is where it starts (links resolved, empty where systemd does not tell), ``main`` its main process.

    ``again``: systemd starts it again once its main process has ended without an error.
    """

    directory: str
    main: int
    again: bool


def php_units(reader: Reader) -> Mapping[str, PhpUnit]:
    """Every unit that runs a process of PHP now, by name; asked once. Empty where systemd does not answer."""
    return reader.once("units of PHP", lambda: _asked(reader))


def _asked(reader: Reader) -> Mapping[str, PhpUnit]:
    running = (one for one in reader.processes() if one.unit and (is_php(one.kind) or one.kind == _FRANKENPHP))
    units = sorted({one.unit for one in running})
    if not units:
        return {}
    try:
        found = show(units, ("Id", "WorkingDirectory", "MainPID", "Restart"))
    except (CannotSee, OSError):
        return {}
    result = {}
    for block in found:
        told = {name: values[-1] for name, values in block.items()}
        directory = told.get("WorkingDirectory", "").lstrip("!-")
        result[told.get("Id", "")] = PhpUnit(
            reader.resolve(directory) if directory.startswith("/") else "",
            whole(told.get("MainPID", "")) or 0,
            told.get("Restart") in _AGAIN,
        )
    return result
