"""The suites that packages are built for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suite:
    """A release of Debian: its number, and the minor version of its Python 3."""

    name: str
    number: int
    minor: int

    @property
    def python(self) -> str:
        """The version of its Python."""
        return f"3.{self.minor}"


SUITES = {suite.name: suite for suite in (Suite("bookworm", 12, 11), Suite("trixie", 13, 13), Suite("forky", 14, 14))}
