"""Of each root cause: what was seen, why it breaks a deploy, which files it touches, what was done about it."""

from collections.abc import Iterator

from liveproof.model.examination import AppExamination
from liveproof.model.facts.opcache import PoolOpcache
from liveproof.model.findings import Diagnosis, Finding
from liveproof.model.plan import allow_option
from liveproof.model.run_record import Repair
from liveproof.model.secrets import hide
from liveproof.report.content.findings import unlisted
from liveproof.report.content.host_names import Place, caches
from liveproof.report.content.remedy import BY_HAND, Remedies, Remedy
from liveproof.report.content.rule_pages import Pages
from liveproof.report.plan import SAFETY, details, what
from liveproof.report.script import script
from liveproof.report.style.escaping import block, code, prose, shown, visible

_SETTINGS = (
    "opcache.enable", "opcache.enable_cli", "opcache.validate_timestamps", "opcache.revalidate_freq",
    "opcache.file_cache", "opcache.memory_consumption", "opcache.interned_strings_buffer",
    "opcache.max_accelerated_files", "opcache.preload", "opcache.jit", "opcache.jit_buffer_size",
    "opcache.restrict_api", "realpath_cache_size", "realpath_cache_ttl",
)  # fmt: skip
_FILES = 20
_SCRIPT_LINES = 400


def severity(finding: Finding) -> str:
    """A finding's severity as the document writes it."""
    return finding.severity.value.upper() if finding.severity else "MEDIUM"


def analysis(diagnoses: tuple[Diagnosis, ...], place: Place, pages: Pages, fixes: Remedies) -> Iterator[str]:
    """One part per root cause."""
    yield from ("", "## Technical analysis")
    if not diagnoses:
        yield from ("", "Nothing was found to analyse.")
    for number, diagnosis in enumerate(diagnoses, 1):
        root = diagnosis.root
        page = pages.get(root.code)
        yield from ("", f"### Issue {number}: {prose(page.title if page else root.code)} ({root.code})", "")
        yield prose(shown(root.message))
        if page:
            yield from _page_part("Why this breaks deployment", page.section("Why"), place)
        yield from ("", "**Evidence:**", "")
        yield from _evidence(root)
        yield from _consequences(diagnosis)
        yield from _affected(diagnosis)
        if page:
            yield from _page_part("Verify by hand", page.section("Verify by hand"), place)
        yield from _remedy(root, fixes.get(root.code, BY_HAND))


def _page_part(title: str, text: str, place: Place) -> Iterator[str]:
    if text:
        yield from ("", f"**{title}:**", "", place.fill(text, tame=True))


def _evidence(finding: Finding) -> Iterator[str]:
    for evidence in finding.evidence:
        expected = f", expected {code(shown(evidence.expected))}" if evidence.expected else ""
        yield f"- {code(shown(evidence.source))}: saw {code(shown(evidence.saw))}{expected}"
    left = unlisted(finding, len(finding.evidence))
    if left:
        yield f"- {left}"


def _consequences(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.consequences:
        yield from ("", "**What followed from it:**", "")
        for finding in diagnosis.consequences:
            yield f"- {finding.code} ({severity(finding)}): {prose(shown(finding.message))}"
            yield from (f"    {each}" for each in _evidence(finding))
        if diagnosis.why:
            yield from ("", f"How one led to the other: {prose(shown(diagnosis.why))}.")


def _affected(diagnosis: Diagnosis) -> Iterator[str]:
    refs = [ref for finding in diagnosis.findings for ref in finding.about if ref.kind == "file"]
    paths = list(dict.fromkeys(ref.id for ref in refs))
    if paths:
        yield from ("", "**Files affected:**", "")
        yield from (f"- {code(shown(path))}" for path in paths[:_FILES])
        if len(paths) > _FILES:
            yield f"- and {len(paths) - _FILES} more"


def _remedy(root: Finding, remedy: Remedy) -> Iterator[str]:
    if remedy.command:
        yield from ("", f"**Fix:** {code(remedy.command)} {remedy.effect}.")
    if root.advice:
        yield from ("", f"**{'And' if remedy.command else 'Fix, by hand'}:** {prose(shown(root.advice))}")


def settings(app: AppExamination) -> Iterator[str]:
    """The effective settings of each pool, as its own PHP tells them."""
    yield from ("", "## OPcache settings (effective, as each pool's own PHP shows them)")
    pools = caches(app)
    if not pools:
        yield from ("", "No pool was asked.")
    for pool, cache in pools:
        if isinstance(cache, PoolOpcache):
            known = dict(cache.settings)
            message = [f"{name}={known[name]}" for name in _SETTINGS if name in known]
            jit = f"; JIT is {'on' if cache.jit_on else 'off'}, buffer {cache.jit_buffer} bytes"
            yield from ("", block("\n".join((f"; pool {pool}, worker {cache.pid}{jit}", *message)), "ini"))
        else:
            yield from ("", f"Pool {code(pool)} could not be asked: {prose(shown(cache.reason))}")


def applied(repair: Repair | None) -> Iterator[str]:
    """The steps of the plan and what came of them."""
    yield from ("", "## Fix applied", "")
    if repair is None:
        yield "None in this run."
        return
    outcome = repair.outcome
    if outcome is None:
        yield (
            "None yet. `liveproof fix` shows this plan and asks:"
            if repair.plan.steps
            else "None: no step fixes what was found."
        )
    else:
        why = f": {prose(shown(outcome.reason))}" if outcome.reason else ""
        yield f"**{outcome.kind.value.upper()}**{why}"
        if outcome.run:
            yield from ("", f"To undo: `liveproof rollback {visible(outcome.run)}`.")
    yield ""
    for number, step in enumerate(repair.plan.steps, 1):
        yield f"{number}. {prose(what(step))} ({SAFETY[step.safety]})"
        yield from (f"    - {code(entry)}" for entry in details(step))
        yield f"    - Why: {prose(shown(step.why))}"
        yield f"    - Undo: {prose(shown(step.undo)) or 'cannot be undone'}"
    if repair.plan.held_back:
        yield from ("", f"Skipped (needs `{allow_option(repair.plan.held_back)}`):", "")
        for step in repair.plan.held_back:
            cost = f"; {shown(step.cost)}" if step.cost else ""
            yield f"- {prose(what(step))} ({SAFETY[step.safety]}): {prose(shown(step.why) + cost)}"
    if repair.plan.manual:
        yield from ("", "Manual:", "")
        yield from (f"- {found}: {prose(shown(text))}" for found, text in repair.plan.manual)


def quick_reference(repair: Repair | None) -> Iterator[str]:
    """The fix to copy and paste: each step of the plan as a comment, and the line that applies it."""
    yield from ("", "## Quick reference (copy and paste)", "")
    if repair is None or not repair.plan.steps:
        yield "Nothing to run: no step fixes what is left. `liveproof check` looks again."
        return
    text = script((repair.plan,))
    if text.count("\n") > _SCRIPT_LINES:
        yield "It is too long for a report: `liveproof fix --dry-run` shows it."
        return
    done = repair.outcome is not None
    yield (
        "What the fix above did, and the line that does it again where it is needed:"
        if done
        else "What `liveproof fix` will do, and the line that does it:"
    )
    yield from ("", block(hide(text)))
