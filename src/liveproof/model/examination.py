"""What one examination of a host says: for each app the links, results, findings and diagnoses."""

from collections.abc import Iterable, Mapping

from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.findings import Diagnosis, Finding, Result
from liveproof.model.verdicts import Link, LinkVerdict, RuleVerdict

# The weakest first; a link that nobody asked for does not weaken the verdict.
_WEAKEST = (LinkVerdict.BROKEN, LinkVerdict.UNPROVEN, LinkVerdict.PROVEN)


@dataclass(frozen=True, slots=True)
class LinkState:
    """One link of an app's chain with its verdict and, unless proven, the reason."""

    link: Link
    verdict: LinkVerdict
    reason: str


@dataclass(frozen=True, slots=True)
class AppExamination:
    """Everything that was seen and concluded of one app.

    ``facts`` maps fact types to a value, Unknown or Absent; it does not go into the JSON contract. ``unjudged`` tells
    what no rule judges and what keeps a link from being proven all the same, such as paths that the configuration
    ignores. ``selected`` are the codes and families of the rules that were asked, empty where all were.
    """

    app: App
    links: tuple[LinkState, ...]
    results: tuple[Result, ...]
    diagnoses: tuple[Diagnosis, ...]
    facts: Mapping[type, object]
    unjudged: tuple[tuple[Link, str], ...] = ()
    selected: tuple[str, ...] = ()

    @property
    def nothing_found(self) -> bool:
        """Whether only some rules were asked, and each could see and found nothing that breaks: no proof of a link."""
        return bool(self.selected and self.results) and all(
            state.verdict is LinkVerdict.NOT_ASKED for state in self.links
        )

    @property
    def verdict(self) -> LinkVerdict:
        """The weakest link."""
        return weakest(state.verdict for state in self.links)

    @property
    def release_compared(self) -> bool:
        """Whether the files were compared with a release; else it is not known which code was meant to be here."""
        compared = (LinkVerdict.PROVEN, LinkVerdict.BROKEN)
        return any(state.link is Link.RELEASE and state.verdict in compared for state in self.links)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, worst first."""
        found = [f for result in self.results if result.verdict is RuleVerdict.FOUND for f in result.findings]
        return tuple(sorted(found, key=lambda f: (f.severity.rank if f.severity else 9, f.code)))


@dataclass(frozen=True, slots=True)
class Examination:
    """One examination of a host. ``reason`` tells why no app was found; times are epoch seconds.

    ``refused`` tells why what was asked for cannot be examined: a usage error, exit status 2.

    ``timings`` are seconds per probe and phase, in the order they ran.
    """

    host: str
    started: float
    seconds: float
    apps: tuple[AppExamination, ...]
    reason: str
    timings: tuple[tuple[str, float], ...]
    refused: str = ""

    @property
    def verdict(self) -> LinkVerdict:
        """The weakest app; unproven where there is none."""
        return weakest(app.verdict for app in self.apps)

    @property
    def selected(self) -> tuple[str, ...]:
        """The codes and families of the rules that were asked; empty where all were."""
        return self.apps[0].selected if self.apps else ()

    @property
    def nothing_found(self) -> bool:
        """Whether that holds for every app."""
        return bool(self.apps) and all(app.nothing_found for app in self.apps)

    @property
    def release_compared(self) -> bool:
        """Whether every app was compared with a release."""
        return bool(self.apps) and all(app.release_compared for app in self.apps)


def weakest(verdicts: Iterable[LinkVerdict]) -> LinkVerdict:
    """The weakest of some verdicts; unproven when none was asked."""
    found = set(verdicts)
    return next((verdict for verdict in _WEAKEST if verdict in found), LinkVerdict.UNPROVEN)
