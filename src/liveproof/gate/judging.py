"""What a look means for the one who waits: done, worth waiting, or only a person or a fix can change it. Pure."""

import os
from collections.abc import Collection

from liveproof.model.examination import Examination
from liveproof.model.findings import Diagnosis
from liveproof.model.verdicts import LinkVerdict, RuleVerdict
from liveproof.report.content.unseen import NEEDS_ROOT

# What two looks have in common that saw the same: each app's verdict, its causes and what could not be seen.
Seen = tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]


def seen(examination: Examination) -> Seen:
    """What a look saw, as far as it matters whether another one saw the same."""
    return tuple(
        (
            app.app.path,
            app.verdict.value,
            tuple(sorted({cause.root.code for cause in app.diagnoses if cause.breaks})),
            tuple(sorted(result.code for result in app.results if result.verdict is RuleVerdict.UNKNOWN)),
        )
        for app in examination.apps
    )


def told(examination: Examination) -> str:
    """The verdict in a few words, for a line of progress: ``BROKEN: memory (OPC002), caches (LAR001)``."""
    if not examination.apps:
        return f"UNPROVEN: no app was examined ({examination.reason})" if examination.reason else "UNPROVEN"
    apps = []
    for app in examination.apps:
        where = f" {app.app.path}" if len(examination.apps) > 1 else ""
        causes = ", ".join(dict.fromkeys(cause.root.code for cause in app.diagnoses if cause.breaks))
        links = ", ".join(state.link.value for state in app.links if state.verdict is app.verdict)
        why = f" ({causes})" if causes else ""
        proven = app.verdict is LinkVerdict.PROVEN
        apps.append(f"{app.verdict.value.upper()}{where}" + ("" if proven else f": {links}{why}"))
    return "; ".join(apps)


def helpless(examination: Examination, passing: Collection[str]) -> bool:
    """Whether waiting cannot help any more: a cause stays until a person or a fix changes it.

    ``passing`` are the codes of faults that may be over by themselves.
    """
    causes = [cause for app in examination.apps for cause in app.diagnoses if cause.breaks]
    if any(not _may_pass(cause, passing) for cause in causes):
        return True
    return not causes and os.geteuid() != 0 and any(_blind(examination))


def _may_pass(cause: Diagnosis, passing: Collection[str]) -> bool:
    return cause.root.code in passing


def _blind(examination: Examination) -> list[str]:
    """What could not be seen because we are not root."""
    reasons = [result.reason for app in examination.apps for result in app.results]
    return [reason for reason in reasons if any(word in reason for word in NEEDS_ROOT)]
