"""What was found, for a terminal: each root cause with what was seen, what follows from it, and what to do."""

from collections.abc import Iterable, Iterator

from liveproof.model.findings import Diagnosis, Finding
from liveproof.model.verdicts import Severity
from liveproof.report.content.remedy import BY_HAND, NOT_PLANNED, Remedies
from liveproof.report.style.escaping import shown
from liveproof.report.style.lines import BLANK, Line, field, line

_SHOWN_EVIDENCE = 3


def causes(diagnoses: Iterable[Diagnosis]) -> list[Diagnosis]:
    """The diagnoses that break something."""
    return [diagnosis for diagnosis in diagnoses if diagnosis.breaks]


def unlisted(finding: Finding, told: int) -> str:
    """How much there is besides the first ``told`` entries of evidence, in words; empty when that is all."""
    listed = len(finding.evidence) - told
    count = listed + finding.more
    if count <= 0:
        return ""
    words = f"and {'at least ' if finding.at_least else ''}{count} more"
    if listed <= 0:
        return words
    return f"{words}: `--format json` lists {listed if finding.more or finding.at_least else 'them'}"


class Found:
    """The diagnoses of one app, told in turn: what was told once is only named again.

    Where something was seen below the app is reported without the app's own path, which stands at the head.
    """

    def __init__(self, path: str, fixes: Remedies) -> None:
        self._below = f"{path}/"
        self._fixes = fixes
        self._told: set[Finding] = set()

    def root_causes(self, diagnoses: Iterable[Diagnosis]) -> Iterator[Line]:
        """Those that break something, each in full."""
        found = causes(diagnoses)
        if found:
            yield line((f"{len(found)} root cause{'s' if len(found) > 1 else ''}", "head"))
        for number, diagnosis in enumerate(found, 1):
            yield BLANK
            yield from self.cause(diagnosis, f"{number}.")

    def notices(self, diagnoses: Iterable[Diagnosis]) -> Iterator[Line]:
        """Those that break nothing, in short."""
        found = [diagnosis for diagnosis in diagnoses if not diagnosis.breaks]
        if found:
            yield line(("Worth knowing (breaks nothing)", "head"))
            yield BLANK
        for diagnosis in found:
            yield self._head(diagnosis.root, "-")
            yield from self._remedy(diagnosis)

    def cause(self, diagnosis: Diagnosis, mark: str) -> Iterator[Line]:
        """One root cause in full."""
        yield self._head(diagnosis.root, mark)
        yield from self._evidence(diagnosis.root)
        name = "caused"
        for finding in diagnosis.consequences:
            again = finding in self._told
            self._told.add(finding)
            yield field(name, f"{finding.code}  ", ("as above", "dim") if again else shown(finding.message))
            name = ""
        yield from self._remedy(diagnosis)

    def _short(self, text: str) -> str:
        return shown(text.replace(self._below, ""))

    def _head(self, root: Finding, mark: str) -> Line:
        severity = root.severity or Severity.MEDIUM
        style = "bad" if severity.breaks else "unsure"
        label = (severity.value.upper(), style)
        return line(f"{mark:<3}", label, f" {root.code}  ", (shown(root.message), "head"), hang=3)

    def _evidence(self, finding: Finding) -> Iterator[Line]:
        name = "seen"
        for evidence in finding.evidence[:_SHOWN_EVIDENCE]:
            expected = f", expected {shown(evidence.expected)}" if evidence.expected else ""
            yield field(name, f"{self._short(evidence.source)}: {shown(evidence.saw)}{expected}")
            name = ""
        left = unlisted(finding, _SHOWN_EVIDENCE)
        if left:
            yield field("", (left, "dim"))

    def _remedy(self, diagnosis: Diagnosis) -> Iterator[Line]:
        root = diagnosis.root
        remedy = self._fixes.get(root.code, BY_HAND)
        if remedy.command:
            yield field("do", (remedy.command, "command"), f"  {remedy.effect}")
        if root.advice:
            yield field("and" if remedy.command else "do", shown(root.advice))
        if not remedy.command:
            rest: dict[str, list[str]] = {}
            for finding in diagnosis.consequences:
                command = self._fixes.get(finding.code, BY_HAND).command
                if command and finding.code not in rest.get(command, ()):
                    rest.setdefault(command, []).append(finding.code)
            for command, codes in rest.items():
                verb = "shows what can be done about" if command == NOT_PLANNED.command else "fixes"
                yield field("then", (command, "command"), f"  {verb} {', '.join(codes)}")
