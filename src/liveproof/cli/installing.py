"""What `install` and `uninstall` have alike: who may call them, and how they tell what is done."""

import os
from collections.abc import Iterable, Iterator, Sequence

from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.install import systemctl
from liveproof.install.changes import Change, Kind
from liveproof.model.secrets import hide
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import Line, line

_WORDS = {Kind.NEW: "write", Kind.REPLACED: "replace", Kind.REMOVED: "remove", Kind.KEPT: "keep"}


def refuse_unless_root(command: str) -> None:
    """Refuse to change what is the whole host's.

    Raises:
        UsageError: somebody else than root asks.
    """
    if os.geteuid() != 0:
        raise UsageError(f"{command} changes what is the whole host's: run `sudo liveproof {command}`")


def change_lines(changes: Iterable[Change]) -> Iterator[Line]:
    """A line for each file that is not as it should be, and how many are."""
    same = 0
    for change in changes:
        if change.kind is Kind.SAME:
            same += 1
            continue
        mode = f"{change.write.mode:04o}" if change.write else "    "
        style = "unsure" if change.kind is Kind.KEPT else "head"
        why = f"  {visible(change.why)}" if change.why else ""
        yield line((f"{_WORDS[change.kind]:<9}", style), f"{mode}  ", visible(change.path), (why, "dim"))
    if same:
        yield line((f"{same} {'file is' if same == 1 else 'files are'} there already, as they should be", "dim"))


def run_lines(commands: Sequence[Sequence[str]]) -> Iterator[Line]:
    """A line for each command that is run."""
    for words in commands:
        yield line((f"{'run':<9}", "head"), "      systemctl ", (" ".join(words), "command"))


def systemctl_called(commands: Iterable[Sequence[str]], console: Console) -> bool:
    """Call systemctl; what fails is told, and the rest still done. Whether something failed."""
    failed = False
    for words in commands:
        try:
            systemctl.call(words)
        except systemctl.Refused as error:
            console.message(hide(str(error)))
            failed = True
    return failed
