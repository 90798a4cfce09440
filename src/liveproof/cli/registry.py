"""The commands, found by walking the folder ``commands``: a module is a command, a folder a group of commands.

Only the modules on the way to the command that was called are imported.
"""

import os
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from liveproof.model.dataclass import dataclass

PROGRAM = "liveproof"
_PACKAGE = "liveproof.cli.commands"


@dataclass(frozen=True, slots=True)
class Called:
    """What a command line calls: a command's module or a group's package, its full name, and the words after it."""

    module: ModuleType
    name: str
    words: tuple[str, ...]

    @property
    def changes_host(self) -> bool:
        """Whether the command says of itself that it may change the host."""
        return getattr(self.module, "CHANGES_HOST", False)


def find(words: Sequence[str]) -> Called:
    """The command or group that the first words name; without such a word the top-level group."""
    module, used = import_module(_PACKAGE), 0
    while used < len(words) and is_group(module) and words[used] in command_names(module):
        module = import_module(f"{module.__name__}.{_module_name(words[used])}")
        used += 1
    return Called(module, " ".join((PROGRAM, *words[:used])), tuple(words[used:]))


def is_group(module: ModuleType) -> bool:
    """Whether a module is a folder of commands."""
    return hasattr(module, "__path__")


def command_names(group: ModuleType) -> tuple[str, ...]:
    """The commands of a group by name."""
    found = [
        entry.name.removesuffix(".py").replace("_", "-")
        for folder in group.__path__
        for entry in os.scandir(folder)
        if not entry.name.startswith("_")
        and (entry.name.endswith(".py") or os.path.exists(f"{entry.path}/__init__.py"))
    ]
    return tuple(sorted(found))


def commands(group: ModuleType) -> dict[str, ModuleType]:
    """All commands of a group in the order of its help: by their ``HELP_ORDER`` where they have one, then by name."""
    found = {name: import_module(f"{group.__name__}.{_module_name(name)}") for name in command_names(group)}
    return dict(sorted(found.items(), key=lambda item: getattr(item[1], "HELP_ORDER", float("inf"))))


def _module_name(command: str) -> str:
    return command.replace("-", "_")
