"""Findings to diagnoses: which finding is a root, and what follows from it. Pure."""

from collections.abc import Iterable, Mapping

from liveproof.model.findings import Diagnosis, Finding
from liveproof.model.rule import Rule


def diagnose(rules: Iterable[Rule], findings: Iterable[Finding]) -> tuple[Diagnosis, ...]:
    """Every root finding with the findings that follow from it, the worst root first.

    An edge from cause to effect holds only when both were found and share a Ref. An effect of several roots stands
    under each of them. A finding that nothing found explains is its own root.
    """
    by_code = {rule.code: rule for rule in rules}
    found = sorted(dict.fromkeys(findings), key=lambda f: (f.severity.rank if f.severity else 9, f.code))
    causes = {f: [c for c in found if c != f and by_code[f.code].explained_by(f, c)] for f in found}
    return tuple(_diagnosis(root, found, causes) for root in found if not causes[root])


def _diagnosis(root: Finding, found: list[Finding], causes: Mapping[Finding, list[Finding]]) -> Diagnosis:
    reached = {root}
    edges: list[str] = []
    grew = True
    while grew:
        grew = False
        for finding in found:
            by = next((cause for cause in causes[finding] if cause in reached), None)
            if by is not None and finding not in reached:
                reached.add(finding)
                shared = min(set(by.about) & set(finding.about))
                edges.append(f"{by.code} led to {finding.code} ({shared.kind} {shared.id})")
                grew = True
    consequences = tuple(finding for finding in found if finding in reached and finding != root)
    return Diagnosis(root, consequences, "; ".join(edges))
