"""What keeps a link from being proven although nothing is known to be wrong."""

from liveproof.model.examination import AppExamination
from liveproof.model.findings import disabled
from liveproof.model.verdicts import RuleVerdict

# What a reason says that a look as root takes away.
NEEDS_ROOT = ("as root", "only root", "root only")


def unseen(app: AppExamination) -> dict[str, list[str]]:
    """Each reason why something could not be seen, with the codes of the rules that needed it."""
    reasons: dict[str, list[str]] = {}
    for result in app.results:
        if result.verdict is RuleVerdict.UNKNOWN or (result.verdict is RuleVerdict.FOUND and result.reason):
            reasons.setdefault(result.reason, []).append(result.code)
    return reasons


def left_out(app: AppExamination) -> tuple[str, ...]:
    """What was not judged: rules that are disabled, paths that are ignored, processes that no rule looks at."""
    return (*disabled(app.results), *dict.fromkeys(why for _, why in app.unjudged))
