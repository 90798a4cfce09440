"""The units of systemd, and the line for cron where there is none, for the liveproof that runs right now."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from liveproof.analysis.shell_words import quoted
from liveproof.install.file import File

WATCHER, CHECK, TIMER = "liveproof-watch.service", "liveproof-check.service", "liveproof-check.timer"
UNITS = "/etc/systemd/system"
HEAL = f"{UNITS}/{WATCHER}.d/heal.conf"
CRON = "/etc/cron.d/liveproof"
_TEMPLATES = Path(__file__).parent / "units"


def unit_files(program: Sequence[str], environment: Mapping[str, str], *, heal: bool) -> tuple[File, ...]:
    """The units; ``program`` are the words that start this liveproof, ``environment`` what else it needs."""
    words = {
        "program": " ".join(map(unit_word, program)),
        "environment": "\n".join(f"Environment={unit_word(f'{name}={value}')}" for name, value in environment.items()),
        "hardening": _template("hardening.conf"),
    }
    found = [
        File(f"{UNITS}/{WATCHER}", _filled(WATCHER, words), "the watcher, as a service"),
        File(f"{UNITS}/{CHECK}", _filled(CHECK, words), "the same without a process that stays: what is due"),
        File(f"{UNITS}/{TIMER}", _filled(TIMER, words), "and when it is started"),
    ]
    if heal:
        found.append(File(HEAL, _filled("heal.conf", words), "lets the watcher fix what [watch] heal names"))
    return tuple(found)


def cron_file(program: Sequence[str], environment: Mapping[str, str], *, heal: bool) -> File:
    """The table for cron(8)."""
    words = (*program, "watch", "--once", *(("--heal",) if heal else ()))
    filled = {
        # A percent sign is a line's end to cron (crontab(5)).
        "command": " ".join(map(quoted, words)).replace("%", "\\%"),
        "environment": "\n".join(f'{name}="{value}"' for name, value in environment.items()),
    }
    return File(CRON, _filled("cron", filled), "starts what is due, every minute")


def unit_word(word: str) -> str:
    """A word as systemd reads it in a command line or an assignment (systemd.service(5), systemd.unit(5)).

    Raises:
        ValueError: it holds a character that a unit cannot carry.
    """
    if not word.isprintable():
        raise ValueError(f"{word!r} holds a character that a unit of systemd cannot name")
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    if "=" not in word:
        escaped = escaped.replace("$", "$$")  # variables are filled in in command lines only
    return f'"{escaped}"' if set(word) & set(" \t'\"\\;") or not word else escaped


def _filled(name: str, words: Mapping[str, str]) -> bytes:
    text = _template(name)
    for word, value in words.items():
        place = f"@{word}@"
        text = text.replace(f"{place}\n", f"{value}\n" if value else "").replace(place, value)
    return text.encode()


def _template(name: str) -> str:
    text = (_TEMPLATES / name).read_text(encoding="utf-8")
    return text.removesuffix("\n") if name.endswith("hardening.conf") else text
