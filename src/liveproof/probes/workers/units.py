"""Where systemd would start the process of a unit."""

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.host.services.systemd import show


def directories(reader: Reader, units: set[str]) -> dict[str, str]:
    """Where systemd would start each of these units again, links resolved; none where it does not tell."""
    if not units:
        return {}
    try:
        found = show(sorted(units), ("Id", "WorkingDirectory"))
    except (CannotSee, OSError):
        return {}
    told = {block["Id"][-1]: block.get("WorkingDirectory", [""])[-1].lstrip("!-") for block in found if "Id" in block}
    return {unit: reader.resolve(path) for unit, path in told.items() if path.startswith("/")}
