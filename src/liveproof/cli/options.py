"""Arguments that several commands have alike, and what they say as a value."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import fields
from typing import get_args

from liveproof.analysis.shell_words import quoted
from liveproof.model.dataclass import dataclass
from liveproof.model.settings import PolicyName
from liveproof.report import formats

_SHORTEST, _LONGEST = 0.2, 3600.0  # s from one look to the next
POLICIES: tuple[str, ...] = get_args(PolicyName)


@dataclass(frozen=True, slots=True)
class Options:
    """What to examine and how to report it. ``path`` empty: every app of the host; ``output`` empty: standard output.

    ``config`` None: the default configuration file. ``verbose``: everything in full; else the first screen. ``quiet``:
    nothing where all is proven, else a line for each cause.
    """

    path: str = ""
    format: str = "text"
    config: str | None = None
    output: str = ""
    timings: bool = False
    verbose: bool = True
    quiet: bool = False
    policy: str | None = None
    user: str | None = None
    release: str | None = None
    release_key: str | None = None
    release_id: str | None = None

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> "Options":
        """The options of a command that has all or some of them."""
        given = vars(arguments)
        return cls(**{field.name: given[field.name] for field in fields(cls) if field.name in given})

    @property
    def overrides(self) -> dict[str, str | None]:
        """What the command line says over the configuration file."""
        return {
            "app.path": self.path or None,
            "policy.name": self.policy,
            "app.user": self.user,
            "app.release": self.release,
            "app.release_key": self.release_key and os.path.abspath(self.release_key),
            "app.release_id": self.release_id,
        }

    @property
    def detail(self) -> formats.Detail:
        """How much a person is shown."""
        if self.verbose:
            return formats.Detail.FULL
        return formats.Detail.CAUSES if self.quiet else formats.Detail.FIRST_SCREEN

    @property
    def made_with(self) -> dict[str, str]:
        """What a plan of these options depends on, to be made again from another directory."""
        files = (self.path, self.config, self.release_key)
        path, config, key = (os.path.abspath(name) if name else "" for name in files)
        given = {"path": path, "config": config, "policy": self.policy, "user": self.user, "release": self.release}
        given |= {"release-key": key, "release-id": self.release_id}
        return {name: value for name, value in given.items() if value}

    @property
    def unsaved(self) -> dict[str, str]:
        """What of ``made_with`` says how a host is examined, which no plan file decides: all but the path."""
        return {name: value for name, value in self.made_with.items() if name != "path"}


def apply_command(plan_file: str, unsaved: Mapping[str, str]) -> str:
    """The command that applies a saved plan, with the options (``unsaved``) that it was made with."""
    words = (f"--{name}={value}" for name, value in unsaved.items())
    return " ".join(("liveproof apply", *map(quoted, (plan_file, *words))))


def add_app_arguments(parser: argparse.ArgumentParser) -> None:
    """PATH, and the options that say how its app is examined."""
    parser.add_argument(
        "path", metavar="PATH", nargs="?", default="", help="the app's directory (default: every app that nginx serves)"
    )
    add_examination_arguments(parser)


def add_examination_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say how apps are examined."""
    add_config_argument(parser)
    parser.add_argument("--policy", choices=POLICIES, help="how owners and modes are judged")
    parser.add_argument("--user", metavar="NAME", help="the app's user, instead of the pool's")
    parser.add_argument(
        "--release", metavar="REVISION|FILE|DIRECTORY", help="the intended commit, manifest or release directory"
    )
    parser.add_argument("--release-key", metavar="FILE", help="public keys, one of which must have signed the manifest")
    parser.add_argument("--release-id", metavar="ID", help="the id that the signed manifest must have")


def add_config_argument(parser: argparse.ArgumentParser) -> None:
    """``--config``."""
    parser.add_argument("--config", metavar="FILE", help="configuration file instead of the default one")


def add_report_arguments(parser: argparse.ArgumentParser, default: str = "text") -> None:
    """``--format`` with every format that a run is reported in, and ``--output``."""
    _add_format(parser, formats.names(), default)
    add_output_argument(parser)


def add_output_argument(parser: argparse.ArgumentParser) -> None:
    """``--output``."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=_output,
        default="",
        help="write the report to FILE (- is standard output)",
    )


def add_verbose_argument(parser: argparse._ActionsContainer) -> None:
    """``--verbose``."""
    parser.add_argument("-v", "--verbose", action="store_true", help="show everything that was found, in full")


def add_text_or_json_argument(parser: argparse.ArgumentParser) -> None:
    """``--format`` of a command that reports no run."""
    _add_format(parser, ("json", "text"), "text")


def add_select_argument(parser: argparse.ArgumentParser, meaning: str) -> None:
    """``--select``."""
    parser.add_argument(
        "--select", metavar="CODE|FAMILY", action="append", default=[], help=f"{meaning} (FIL003, OPC; may be repeated)"
    )


def add_ignore_argument(parser: argparse.ArgumentParser, meaning: str) -> None:
    """``--ignore``."""
    parser.add_argument(
        "--ignore", metavar="CODE|FAMILY", action="append", default=[], help=f"{meaning} (may be repeated)"
    )


def add_yes_argument(parser: argparse.ArgumentParser) -> None:
    """``--yes``."""
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def add_every_argument(parser: argparse.ArgumentParser) -> None:
    """``--every``."""
    parser.add_argument(
        "--every", metavar="SECONDS", type=_every, default=1.0, help="seconds from one look to the next (default: 1)"
    )


def _add_format(parser: argparse.ArgumentParser, choices: tuple[str, ...], default: str) -> None:
    parser.add_argument(
        "--format", choices=choices, default=default, help="the format of the output (default: %(default)s)"
    )


def _output(value: str) -> str:
    """``-`` is standard output, as everywhere."""
    return "" if value == "-" else value


def _every(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not _SHORTEST <= found <= _LONGEST:
        raise argparse.ArgumentTypeError(f"from {_SHORTEST:g} to {_LONGEST:g} seconds are possible, not {text}")
    return found
