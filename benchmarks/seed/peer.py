"""The seed's ten commands and its script, run on a host as its author runs them."""

from pathlib import Path

from tests.lab import Host

_HERE = Path(__file__).parent
COMMANDS = (_HERE / "commands.sh").read_text()
SCRIPT = (_HERE / "fix.sh").read_text()


def complaints(host: Host) -> set[str]:
    """The names of the commands whose outcome is not what the seed expects.

    Raises:
        RuntimeError: not all ten told their outcome.
    """
    said = host.sh(COMMANDS, check=False, timeout=90).splitlines()
    told = [line.split() for line in said if line.startswith(("ok ", "bad "))]
    if len(told) != 10:
        raise RuntimeError(f"only {len(told)} of the seed's ten commands told their outcome:\n" + "\n".join(said))
    return {name for verdict, name in told if verdict == "bad"}


def mend(host: Host) -> bool:
    """Run the seed's script as root; whether it came to its end."""
    return "Deployment verification complete!" in host.sh(SCRIPT, check=False, timeout=180)
