"""What only looks: check, report and explain, from the words asked for to the exit status."""

import os
import time
from collections.abc import Iterable
from dataclasses import replace

from liveproof import __version__, config, rules
from liveproof.cli.console import Console
from liveproof.cli.options import Asked
from liveproof.cli.output import refuse_unwritable, write_file
from liveproof.examine import examine
from liveproof.host.reader import Reader
from liveproof.model.examination import Examination
from liveproof.model.plan import OutcomeKind
from liveproof.model.run_record import Record, Repair
from liveproof.model.settings import Settings
from liveproof.model.verdicts import LinkVerdict
from liveproof.report.content.rule_pages import Pages
from liveproof.report.style.lines import BLANK, Line, plain
from liveproof.steps import load as load_steps
from liveproof.store.cache import Cache, open_cache
from liveproof.store.history import History, NoSuchRun, StoreFailed, new_id

REFUSED = 4
STATUS = {LinkVerdict.PROVEN: 0, LinkVerdict.BROKEN: 1, LinkVerdict.UNPROVEN: 3}
# The outcomes of a fix that stands.
STANDING = (OutcomeKind.FIXED, OutcomeKind.PARTLY)
_STORY = 24 * 3600.0


class Wrong(Exception):
    """What was asked for cannot be: told as one message, exit status 2."""


def check(asked: Asked, console: Console) -> int:
    """Examine, keep the run, tell it; the exit status says the verdict."""
    clock = time.perf_counter()
    settings, cache = settle(asked)
    told = time.perf_counter()
    examination = look(settings, cache, console)
    record = Record(new_id(examination.started), "check", __version__, examination)
    if any(app.findings for app in examination.apps):
        record = replace(record, repairs=_plans(examination))
    examined = time.perf_counter()
    record = keep(record, console)
    kept = time.perf_counter()
    timings: tuple[tuple[str, float], ...] = ()
    if asked.timings:
        steps = (("configuration", told - clock), *examination.timings, ("history", kept - examined))
        rest = kept - clock - sum(seconds for _, seconds in steps)
        timings = (("start", _since_start() - (time.perf_counter() - clock)), *steps, ("everything else", rest))
    tell(record, asked, console, settings, timings=timings)
    return STATUS[examination.verdict]


def settle(asked: Asked) -> tuple[Settings, Cache]:
    """The effective settings and the memory of this host.

    Raises:
        Wrong: the path names no directory.
        output.CannotWrite: the file to write to must not be replaced.
        config.ConfigError: the configuration is wrong.
    """
    refuse_unwritable(asked.output)
    cache = open_cache()
    settings = config.load(asked.config, rules.codes, overrides=asked.overrides, cache=cache)
    path = settings.app.path.rstrip("/") or settings.app.path
    # A link that leads nowhere is a broken deploy, not a wrong question: it is examined.
    if path and not os.path.isdir(path) and not os.path.islink(path):
        raise Wrong(f"{path} is no directory" if os.path.lexists(path) else f"there is no {path}")
    return settings, cache


# Why nothing can be looked at: an earlier look hung and was ended. Empty while nothing hangs.
hung = ""


def look(settings: Settings, cache: Cache, console: Console) -> Examination:
    """Examine what the settings name.

    Raises:
        Wrong: what they name cannot be examined, such as a directory that is no app.
    """
    if hung:
        return Examination(os.uname().nodename, time.time(), settings.seconds, (), hung, ())
    examination = examine(Reader(), settings, cache, console.progress)
    if examination.refused:
        raise Wrong(examination.refused)
    return examination


def keep(record: Record, console: Console) -> Record:
    """Keep the run; where that fails the record has no id, and standard error says why."""
    try:
        History().save(record)
    except StoreFailed as error:
        console.tell(f"this run is not kept: {error}")
        return replace(record, id="")
    return record


def pages() -> Pages:
    """The pages of all rules."""
    from liveproof.report.content.rule_pages import pages_of  # noqa: PLC0415

    return pages_of(rules.load())


def tell(
    record: Record,
    asked: Asked,
    console: Console,
    settings: Settings,
    *,
    before: Record | None = None,
    timings: tuple[tuple[str, float], ...] = (),
    lead: Iterable[Line] = (),
) -> None:
    """Tell a run in the format asked for, where it was asked for.

    Raises:
        console.CannotWrite: it cannot be written there.
    """
    if asked.format == "text":
        lines = (*lead, *_text(record, before, chain=not record.before), *_timings(timings))
        if asked.output:
            write_file(asked.output, plain(lines))
        else:
            console.lines(lines)
        return
    text = _document(record, asked.format, settings, before, timings)
    if asked.output:
        write_file(asked.output, text)
    else:
        console.text(text)


def _text(record: Record, before: Record | None, *, chain: bool) -> tuple[Line, ...]:
    from liveproof.report.formats.text import record_lines  # noqa: PLC0415

    lines = tuple(record_lines(record, pages(), chain=chain))
    if before:
        from liveproof.report.comparison import comparison_lines  # noqa: PLC0415

        lines += (BLANK, *comparison_lines(before.examination, record.examination, pages()))
    return lines


def _timings(timings: tuple[tuple[str, float], ...]) -> tuple[Line, ...]:
    if not timings:
        return ()
    from liveproof.report.formats.text import timing_lines  # noqa: PLC0415

    return (BLANK, *timing_lines(timings))


def _document(
    record: Record, form: str, settings: Settings, before: Record | None, timings: tuple[tuple[str, float], ...]
) -> str:
    if form == "json":
        from liveproof.report.formats.json import document, dumps  # noqa: PLC0415

        told = document(record)
        if timings:
            told["timings"] = {name: round(seconds, 6) for name, seconds in timings}
        return dumps(told)
    from liveproof.report.formats.markdown import markdown  # noqa: PLC0415

    return markdown(record, pages(), before=before, hit_ratio=settings.thresholds.hit_ratio)


def _plans(examination: Examination) -> tuple[Repair, ...]:
    """What `fix` would do, kept for the report."""
    from liveproof.planning.plan import SAFE_ONLY, make_plan  # noqa: PLC0415

    try:
        return tuple(Repair(make_plan(app, rules.load(), allow=SAFE_ONLY)) for app in examination.apps)
    except Exception:  # noqa: BLE001  (whatever keeps us from planning, the verdict is told; `fix` tells why)
        return ()


def _since_start() -> float:
    """Seconds since this process was started, to the kernel's hundredth of a second (proc_pid_stat(5))."""
    with open("/proc/self/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def report(run: str, before: str, asked: Asked, console: Console) -> int:
    """Tell a kept run again; without a name the newest one together with the fix that led to it."""
    load_steps()
    history = History()
    settings = config.load(asked.config, rules.codes)
    try:
        record, earlier = _story(history, run)
        if before:
            earlier = history.load(before)
    except (NoSuchRun, StoreFailed) as error:
        raise Wrong(str(error)) from None
    if earlier is None and record.before:
        earlier = replace(record, examination=record.before, before=None)
    tell(record, asked, console, settings, before=earlier)
    return 0


def _story(history: History, run: str) -> tuple[Record, Record | None]:
    if run:
        return history.load(run), None
    runs = history.runs()
    if not runs:
        raise NoSuchRun("no run is kept yet; `liveproof check` makes one")
    newest = runs[0]
    record = history.load(newest.id)
    if newest.kind != "check":
        return record, None
    for earlier in runs[1:]:
        if earlier.kind == "rollback" and earlier.apps == newest.apps:
            break
        if earlier.kind == "fix" and earlier.apps == newest.apps and newest.started - earlier.started < _STORY:
            fix = history.load(earlier.id)
            mended = any(repair.outcome and repair.outcome.kind in STANDING for repair in fix.repairs)
            if fix.before and mended:
                return replace(record, repairs=fix.repairs), replace(fix, examination=fix.before, before=None)
    return record, None


def explain(what: str, asked: Asked, console: Console) -> int:
    """A rule or a symptom, on this very host."""
    from liveproof.report import explain  # noqa: PLC0415
    from liveproof.report.content.symptoms import SYMPTOMS, symptom_of  # noqa: PLC0415

    known = pages()
    page = explain.page_of(what, known)
    symptom = None if page else symptom_of(what)
    if page is None and symptom is None:
        near = ", ".join(explain.near(what, known))
        symptoms = ", ".join(f'"{symptom.title}"' for symptom in SYMPTOMS)
        raise Wrong(
            f"nothing is known of {what!r}{f'; did you mean {near}?' if near else ''}\n"
            f"explain a code (`liveproof rules` lists them) or a symptom: {symptoms}"
        )
    settings, cache = settle(asked)
    examination = look(settings, cache, console)
    console.lines(
        explain.page_lines(page, examination) if page else explain.symptom_lines(symptom, examination, known)  # type: ignore[arg-type]
    )
    return 0
