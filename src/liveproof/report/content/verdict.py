"""The verdict in words, with no more than what was compared."""

from collections.abc import Iterable, Iterator

from liveproof.model.examination import AppExamination, Examination
from liveproof.model.verdicts import Link, LinkVerdict
from liveproof.report.style.escaping import shown, visible
from liveproof.report.style.lines import Line, line
from liveproof.report.style.times import clock, span

STYLES = {
    LinkVerdict.PROVEN: "good",
    LinkVerdict.BROKEN: "bad",
    LinkVerdict.UNPROVEN: "unsure",
    LinkVerdict.NOT_ASKED: "dim",
}
_MEANINGS = {
    LinkVerdict.PROVEN: "the deployed code is the code that is live",
    LinkVerdict.UNPROVEN: "nothing is known to be wrong, but not everything could be seen",
}
# What a broken link means, those that visitors notice first at the head.
_BROKEN = {
    Link.WIRE: "visitors do not get what was deployed",
    Link.SERVICES: "nginx or PHP-FPM does not run as it should",
    Link.MEMORY: "PHP does not run the code and settings that are on disk",
    Link.CACHES: "caches of Laravel or Composer do not match the code",
    Link.DISK: "files on disk have wrong owners, modes or contents",
    Link.RELEASE: "the files on disk are not the intended release",
}
_NOT_COMPARED = "what lies on disk is what runs; which release was meant was not compared"


def seen_first(link: Link) -> int:
    """A link's place by how soon visitors notice that it is broken; 0 is the first."""
    return tuple(_BROKEN).index(link)


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
    if of.verdict is LinkVerdict.BROKEN:
        apps = of.apps if isinstance(of, Examination) else (of,)
        return _BROKEN[_worst(apps)]
    if of.verdict is not LinkVerdict.PROVEN or of.release_compared:
        return _MEANINGS[of.verdict]
    some = isinstance(of, Examination) and any(app.release_compared for app in of.apps)
    return f"{_NOT_COMPARED} for every app" if some else _NOT_COMPARED


def _worst(apps: Iterable[AppExamination]) -> Link:
    """The broken link that visitors notice first."""
    return min(
        (state.link for app in apps for state in app.links if state.verdict is LinkVerdict.BROKEN), key=seen_first
    )


def head_lines(examination: Examination) -> Iterator[Line]:
    """The verdict with what it claims, the host and the time; of several apps also the verdict of each."""
    label = (headline(examination), STYLES[examination.verdict])
    if not examination.apps:
        yield line(label, f"  no app was examined on {visible(examination.host)}")
        if examination.reason:
            yield line(shown(examination.reason), indent=3)
        return
    hang = (len(label[0]) if examination.nothing_found else len(examination.verdict.value)) + 2
    which = visible(examination.apps[0].app.path) if len(examination.apps) == 1 else f"{len(examination.apps)} apps"
    yield line(label, "  ", (which, "head"), f"  {meaning(examination)}", hang=hang)
    when = f"{visible(examination.host)}, {clock(examination.started)}, {span(examination.seconds)}"
    yield line((when, "dim"), indent=hang)
    if examination.reason:
        yield line(shown(examination.reason), indent=hang)
    if len(examination.apps) > 1:
        width = max(len(headline(app)) for app in examination.apps) + 2
        for app in examination.apps:
            yield line("", (f"{headline(app):<{width}}", STYLES[app.verdict]), visible(app.app.path), indent=3)
