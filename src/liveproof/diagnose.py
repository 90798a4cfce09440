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
    found = sorted(findings, key=lambda f: (f.severity.rank if f.severity else 9, f.code))
    causes = {id(f): [c for c in found if c is not f and by_code[f.code].explained_by(f, c)] for f in found}
    return tuple(_diagnosis(root, found, causes) for root in found if not causes[id(root)])


def _diagnosis(root: Finding, found: list[Finding], causes: Mapping[int, list[Finding]]) -> Diagnosis:
    reached = {id(root)}
    edges: list[str] = []
    grew = True
    while grew:
        grew = False
        for finding in found:
            by = next((cause for cause in causes[id(finding)] if id(cause) in reached), None)
            if by is not None and id(finding) not in reached:
                reached.add(id(finding))
                shared = min(set(by.about) & set(finding.about))
                edges.append(f"{by.code} led to {finding.code} ({shared.kind} {shared.id})")
                grew = True
    consequences = tuple(finding for finding in found if id(finding) in reached and finding is not root)
    return Diagnosis(root, consequences, "; ".join(edges))
