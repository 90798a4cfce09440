"""What the app's user cannot write and must: the finding, and the steps that let it, or why a person should. Pure."""

from collections.abc import Callable, Iterable, Sequence

from liveproof.analysis.files.ownership import ownership, ruled
from liveproof.analysis.files.permissions import READ, SEARCH, WRITE, permits
from liveproof.fixes import ownership as giving
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files
from liveproof.model.findings import Evidence, Finding, Ref, Unknown
from liveproof.model.plan import Step
from liveproof.model.settings import Policy
from liveproof.model.verdicts import Severity
from liveproof.steps.make_directory import MakeDirectory

_SHOWN = 10
_Writer = Callable[[str], tuple[int, int]]
_MADE_UNDO = "the directory is removed again while it is empty"


@dataclass(frozen=True, slots=True)
class Tree:
    """An app's tree: what lies there, what the app's user may do with it, and whose it should be."""

    app: App
    access: Access
    files: Files
    policy: Policy

    def writers(self) -> _Writer:
        """Tells who should own a path that the app writes. Where that cannot be told it is the app's user itself."""
        app, files = self.app, self.files
        owned = ownership(self.policy, files, app)
        usual = (app.uid, app.gid) if isinstance(owned, Unknown) else (owned.writer_uid, owned.writer_gid)

        def writer(path: str) -> tuple[int, int]:
            uid, gid = usual
            rule = ruled(self.policy, path) if self.policy.name == "own" else None
            if rule:
                uid = next((number for number, name in files.users if rule.owner in (name, str(number))), uid)
                gid = next((number for number, name in files.groups if rule.group in (name, str(number))), gid)
            return uid, gid

        return writer

    def welcome(self) -> frozenset[int]:
        """The users whose files among those that the app writes are no fault: who deploys, and who runs the app."""
        owned = ownership(self.policy, self.files, self.app)
        if isinstance(owned, Unknown):
            return frozenset((self.app.uid,))
        return owned.accepted | {owned.uid, owned.writer_uid, self.app.uid}

    def caches(self) -> dict[str, FileClass]:
        """The files of bootstrap/cache, by path."""
        return {
            path: kind
            for kind in self.files.classes
            if kind.section == "cache" and kind.kind == "f"
            for path in kind.paths()
            if path.endswith(".php")
        }

    def foreign_caches(self) -> list[giving.Given]:
        """The files of bootstrap/cache whose users neither deploy nor run the app, as they should be."""
        welcome, writer = self.welcome(), self.writers()
        wanted = [giving.Given(path, kind, *writer(path), kind.mode) for path, kind in self.caches().items()]
        return [entry for entry in wanted if entry.now.uid not in welcome and entry.now.uid != entry.uid]

    def denied(
        self,
        message: str,
        paths: Sequence[str],
        why: str,
        *,
        wanted: str,
        habit: str,
        severity: Severity | None = None,
        more: int = 0,
        at_least: bool = False,
    ) -> Finding:
        """The finding on paths that the app's user cannot write, and on ``more`` that are not named.

        Its advice is why a person should change them, else the ``habit`` that keeps them right.
        """
        app, shown = self.app, paths[:_SHOWN]
        kinds, steps = giving.classes_of(self.files, shown), self.steps(paths, why, more=more)
        return Finding(
            message,
            (Ref("app", app.path), *(Ref("file", app.below(path)) for path in shown)),
            tuple(Evidence(f"access {app.below(path)}", self.saw(path, kinds.get(path)), wanted) for path in shown),
            advice=steps if isinstance(steps, str) else habit,
            severity=severity,
            more=len(paths) - len(shown) + more,
            at_least=at_least,
        )

    def opening(self, paths: Iterable[str], why: str, *, more: int = 0) -> tuple[Step, ...]:
        """The steps of ``steps``, none where a person should see to it."""
        steps = self.steps(paths, why, more=more)
        return () if isinstance(steps, str) else steps

    def saw(self, path: str, now: FileClass | None) -> str:
        """What was seen of a path that the app's user cannot write."""
        if path in self.access.missing:
            return f"missing as {self.access.view} sees it"
        owner = f"{self.files.owner(now.uid, now.gid)} {now.mode:04o}, " if now else ""
        if path in self.access.read_only:
            why = "mounted read-only"
        else:
            why = self.fixed(path).partition(";")[0] or f"{self.app.user} may not write"
        return f"{owner}{why} as {self.access.view} sees it"

    def fixed(self, path: str) -> str:
        """Why root itself cannot change a path (``is immutable; …``), empty where nothing of the kind is known."""
        return dict(self.access.fixed).get(self.files.real(path), "")

    def steps(self, paths: Iterable[str], why: str, *, more: int = 0) -> tuple[Step, ...] | str:
        """Steps after which the app's user can write these paths; a text when a person should see to it.

        What exists gets the owner of the policy and the bits that the app's user lacks; what is missing is made as a
        directory, its parents first. ``more`` are those that were too many to be listed.
        """
        paths, writer = tuple(paths), self.writers()
        if more:
            return f"change it by hand: {giving.too_many(len(paths) + more)}"
        kinds = giving.classes_of(self.files, (part for path in paths for part in _above(path)))
        entries: list[giving.Given] = []
        made: list[Step] = []
        for path in paths:
            if path in self.access.missing and not path.startswith("/"):
                made += self._made(path, kinds, made, why, writer)
                continue
            entry = self._opened(path, kinds.get(path), writer)
            if isinstance(entry, str):
                return entry
            entries.append(entry)
        refused = giving.refusal(self.app, self.files, entries)
        return f"change it by hand: {refused}" if refused else (*made, *giving.steps(self.files, entries, why))

    def _opened(self, path: str, now: FileClass | None, writer: _Writer) -> giving.Given | str:
        where, user = self.app.below(path), self.app.user
        if path.startswith("/"):
            return f"let {user} write {where}, which lies outside of the app"
        if path in self.access.read_only:
            return f"{where} is on a mount that {self.access.view} cannot write (findmnt -T {where})"
        if self.fixed(path):
            return f"by hand: {where} {self.fixed(path)}"
        if now is None:
            return f"{where} was not found in the tree; if it is a link, let {user} write what it leads to"
        needed = READ | WRITE | (SEARCH if now.kind == "d" else 0)
        if permits(now.mode, now.uid, now.gid, self.app, needed):
            return (
                f"the mode of {where} allows it: look at its ACL (getfacl) and the directories above (namei -l {where})"
            )
        return giving.opened(giving.Given(path, now, *writer(path), now.mode), self.app, needed)

    def _made(self, path: str, kinds: dict[str, FileClass], made: list[Step], why: str, writer: _Writer) -> list[Step]:
        """A missing directory, and those of its parents that are missing too."""
        done = {step.act.path for step in made if isinstance(step.act, MakeDirectory)}
        new: list[Step] = []
        for part in _above(path):
            root, below = self.files.place(part)
            if part not in kinds and below not in done:
                uid, gid = writer(part)
                mode = 0o755 if uid == self.app.uid else 0o775
                new.append(Step(MakeDirectory(root, below, uid, gid, mode), why, _MADE_UNDO))
        return new


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:at]) for at in range(1, len(parts) + 1)]
