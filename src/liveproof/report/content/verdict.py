"""The verdict in words, with no more than what was compared."""

from liveproof.model.examination import AppExamination, Examination
from liveproof.model.verdicts import LinkVerdict

STYLES = {
    LinkVerdict.PROVEN: "good",
    LinkVerdict.BROKEN: "bad",
    LinkVerdict.UNPROVEN: "unsure",
    LinkVerdict.NOT_ASKED: "dim",
}
_MEANINGS = {
    LinkVerdict.PROVEN: "the deployed code is the code that is live",
    LinkVerdict.BROKEN: "the deployed code is not, or will not stay, the code that is live",
    LinkVerdict.UNPROVEN: "nothing is known to be wrong, but not everything could be seen",
}
_NOT_COMPARED = "what lies on disk is what runs; which release was meant was not compared"


def word(verdict: LinkVerdict) -> tuple[str, str]:
    """A verdict as a styled word: loud when something is to be done."""
    loud = verdict in (LinkVerdict.BROKEN, LinkVerdict.UNPROVEN)
    return (verdict.value.upper() if loud else verdict.value), STYLES[verdict]


def headline(of: Examination | AppExamination) -> str:
    """The verdict as a loud word; a proof without a release says so (``PROVEN (no release compared)``)."""
    if of.nothing_found:
        return "NOTHING FOUND"
    result = of.verdict.value.upper()
    if of.verdict is not LinkVerdict.PROVEN or of.release_compared:
        return result
    apps = of.apps if isinstance(of, Examination) else (of,)
    compared = sum(app.release_compared for app in apps)
    return f"{result} ({f'release compared for {compared} of {len(apps)} apps' if compared else 'no release compared'})"


def meaning(of: Examination | AppExamination) -> str:
    """What the verdict claims, as a clause."""
    if of.nothing_found:
        return f"only {', '.join(of.selected)} asked; this proves no link of the chain"
    if of.verdict is not LinkVerdict.PROVEN or of.release_compared:
        return _MEANINGS[of.verdict]
    some = isinstance(of, Examination) and any(app.release_compared for app in of.apps)
    return f"{_NOT_COMPARED} for every app" if some else _NOT_COMPARED
