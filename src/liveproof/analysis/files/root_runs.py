"""What root executes of an app's tree by itself, and what must stay root's for that reason. Pure."""

from liveproof.model.dataclass import dataclass
from liveproof.model.facts.files import Files
from liveproof.model.facts.schedule import Schedule
from liveproof.model.findings import Unknown

LAYOUT = (
    "what root runs belongs to root and lies where only root can write, such as /usr/local/sbin: move it out of the "
    "app, and change the job"
)


@dataclass(frozen=True, slots=True)
class RootsOwn:
    """Entries of a tree that root executes, and the directories that lead to them.

    ``files`` and ``above`` map absolute paths to what executes them, or something below them.
    """

    tree: Files
    files: dict[str, str]
    above: dict[str, str]

    def why(self, path: str) -> str:
        """Why an entry must not be given to another user than root, and goes on after its path; empty where it may."""
        real = self.tree.real(path)
        if source := self.files.get(real):
            return f"is run by root ({source})"
        if source := self.above.get(real):
            return f"leads to what root runs ({source})"
        below = next((source for file, source in self.files.items() if real.startswith(f"{file}/")), "")
        return f"lies in what root runs ({below})" if below else ""


def roots_own(schedule: Schedule | Unknown, files: Files) -> RootsOwn:
    """What of a tree root runs; nothing where that is not known.

    Artisan and Composer are not among it: they are the app's, and root should not run them.
    """
    tops = (files.root, *(target for _, target in files.followed))
    executed = {} if isinstance(schedule, Unknown) else {one.path: one.source for one in schedule.by_root}
    found = {path: source for path, source in executed.items() if path.startswith(tuple(f"{top}/" for top in tops))}
    above: dict[str, str] = {}
    for path, source in found.items():
        folder = path.rpartition("/")[0]
        while folder not in tops and folder:
            above.setdefault(folder, source)
            folder = folder.rpartition("/")[0]
    return RootsOwn(files, found, above)
