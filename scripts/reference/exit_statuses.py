"""The page of exit statuses: what they mean everywhere, and what each command says of its own."""

from liveproof.cli import exit_status
from liveproof.cli.command_tree import command_tree
from scripts.reference.commands import every_command, verbatim

_MEANT = {
    exit_status.OK: "done; `check` and `gate`: proven; `fix`: fixed and proven",
    exit_status.BROKEN: "broken; `fix`: not or not wholly fixed, or declined",
    exit_status.USAGE: "usage or configuration error, no such app, nothing was looked at",
    exit_status.UNPROVEN: "unproven: something was not seen; the reason is given",
    exit_status.REFUSED: "refused: another run holds the lock, or a saved plan is not what would be planned now",
    exit_status.BUG: "a bug of liveproof; please report it with what it printed",
    exit_status.INTERRUPTED: "ended by SIGINT (Ctrl-C); 128 and the number of any other signal that ended it",
}


def page() -> str:
    """The page."""
    lines = ["# Exit statuses", "", "Made from the commands' own help by `make docs`.", ""]
    lines += ["| status | meaning |", "|---|---|", *(f"| {status} | {meant} |" for status, meant in _MEANT.items()), ""]
    lines += ["What single commands say of theirs:", ""]
    for command in every_command(command_tree()):
        if said := verbatim(command, "Exit status:"):
            lines += [f"## {command.name}", "", "```text", *said, "```", ""]
    return "\n".join(lines)
