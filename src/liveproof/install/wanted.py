"""What is installed: services or a table for cron, completions, man pages, and the configuration."""

from collections.abc import Mapping, Sequence

from liveproof.install.command import Command
from liveproof.install.completions import completions
from liveproof.install.config_file import config_file
from liveproof.install.file import File
from liveproof.install.manual import manual
from liveproof.install.services import cron_file, unit_files


def wanted(
    program: Sequence[str],
    environment: Mapping[str, str],
    root: Command,
    codes: Sequence[str],
    *,
    cron: bool,
    heal: bool,
) -> tuple[File, ...]:
    """Every file; ``program`` are the words that start liveproof, ``root`` all of its commands, ``codes`` its rules.

    Raises:
        ValueError: a unit cannot carry the program's path.
    """
    started = (cron_file(program, environment, heal=heal),) if cron else unit_files(program, environment, heal=heal)
    # Man pages first: what completions need is added to the parsers.
    pages = manual(root)
    return (*started, config_file(), *completions(root, codes), *pages)
