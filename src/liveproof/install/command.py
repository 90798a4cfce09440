"""A command as completions and man pages see it."""

import argparse

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group with its commands: full name (``liveproof config show``), docstring, and parser."""

    name: str
    docstring: str
    parser: argparse.ArgumentParser
    commands: "tuple[Command, ...]" = ()

    @property
    def word(self) -> str:
        """The last word of its name."""
        return self.name.rpartition(" ")[2]

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return self.docstring.strip().partition("\n")[0]
