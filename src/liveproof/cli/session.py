"""What the commands that examine a host share: settings, the examination, keeping a run and showing it."""

import os
import time
from collections.abc import Iterable
from dataclasses import replace

from liveproof import config, rules
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, BY_VERDICT, OK
from liveproof.cli.options import Options
from liveproof.cli.output import refuse_unwritable, write_file
from liveproof.examine import examine
from liveproof.host.php.probe import in_place
from liveproof.host.reader import Reader
from liveproof.model.examination import Examination
from liveproof.model.run_record import Record, Repair
from liveproof.model.settings import Settings
from liveproof.model.verdicts import LinkVerdict, Severity
from liveproof.report import formats
from liveproof.report.content.rule_pages import Pages, pages_of
from liveproof.report.style.lines import Line, plain
from liveproof.report.style.times import clock
from liveproof.steps import load as load_steps
from liveproof.store.cache import Cache, open_cache
from liveproof.store.history import History
from liveproof.store.runs import pending
from liveproof.store.sqlite import StoreFailed

# Why nothing can be examined: an earlier examination hung and was ended. Empty while nothing hangs.
hang_reason = ""


def prepare(options: Options) -> tuple[Settings, Cache]:
    """The effective settings, and what is remembered of this host.

    Raises:
        UsageError: the configuration is wrong, the path names no directory, or the output file must not be replaced.
    """
    refuse_unwritable(options.output)
    cache = open_cache()
    settings = load_settings(options, cache)
    path = settings.app.path.rstrip("/") or settings.app.path
    # A link that leads nowhere is a broken deploy, not a wrong question: it is examined.
    if path and not os.path.isdir(path) and not os.path.islink(path):
        raise UsageError(f"{path} is not a directory" if os.path.lexists(path) else f"there is no {path}")
    return settings, cache


def load_settings(options: Options, cache: Cache | None = None) -> Settings:
    """The effective settings, whether or not the app that they name exists.

    Raises:
        UsageError: the configuration is wrong.
    """
    try:
        return config.load(options.config, rules.codes, overrides=options.overrides, cache=cache)
    except config.ConfigError as error:
        raise UsageError(str(error)) from None


def warn_of_interrupted(console: Console) -> None:
    """Say that a fix was cut off and what it had begun is still half done."""
    for run in pending():
        console.message(
            f"a fix of {run.app} was interrupted on {clock(run.started)} and is half done ({len(run.steps)} "
            f"{'step' if len(run.steps) == 1 else 'steps'} begun): `liveproof rollback` rolls it back, and so does the "
            "next `fix`"
        )


def examine_host(settings: Settings, cache: Cache, console: Console) -> Examination:
    """Examine what the settings name.

    Raises:
        UsageError: what they name cannot be examined, such as a directory that is no app.
    """
    if hang_reason:
        return Examination(os.uname().nodename, time.time(), settings.seconds, (), hang_reason, ())
    ready_probe()
    examination = examine(Reader(), settings, cache, console.progress)
    if examination.refused:
        raise UsageError(examination.refused)
    return examination


def ready_probe() -> None:
    """See to it that the user of every pool can read the PHP probe that it is asked to run."""
    if not in_place():
        from liveproof.host.write.php_probe import put_in_place  # noqa: PLC0415  (once a boot or upgrade)

        put_in_place()


def planned_repairs(examination: Examination) -> tuple[Repair, ...]:
    """What `fix` would do, kept for the report; nothing where nothing was found."""
    if not any(app.findings or any(result.settled_by for result in app.results) for app in examination.apps):
        return ()
    from liveproof.planning.plan import make_plan  # noqa: PLC0415  (6 ms; healthy hosts need none)

    try:
        return tuple(Repair(make_plan(app, rules.load())) for app in examination.apps)
    except Exception:  # noqa: BLE001  (whatever keeps us from planning, the verdict is shown; `fix` says why)
        return ()


def exit_status(examination: Examination, fail_on: Severity) -> int:
    """What the verdict is as an exit status; findings less severe than ``fail_on`` do not count as broken."""
    found = [finding for app in examination.apps for finding in app.findings]
    if any((finding.severity or Severity.MEDIUM).rank <= fail_on.rank for finding in found):
        return BROKEN
    if examination.nothing_found:
        return OK
    verdict = examination.verdict
    if verdict is LinkVerdict.BROKEN:  # by findings that do not count
        states = {state.verdict for app in examination.apps for state in app.links}
        verdict = LinkVerdict.UNPROVEN if LinkVerdict.UNPROVEN in states else LinkVerdict.PROVEN
    return BY_VERDICT[verdict]


def keep_record(record: Record, console: Console, settings: Settings) -> Record:
    """Keep the run; where that fails the record has no id, and standard error says why."""
    try:
        History().save(record, settings.history)
    except StoreFailed as error:
        console.message(f"this run is not kept: {error}")
        return replace(record, id="")
    return record


def open_history() -> History:
    """The kept runs, with every kind of step known that their plans may hold."""
    load_steps()
    return History()


def rule_pages() -> Pages:
    """The pages of all rules."""
    return pages_of(rules.load())


def show_record(
    record: Record,
    options: Options,
    console: Console,
    settings: Settings,
    *,
    before: Record | None = None,
    timings: tuple[tuple[str, float], ...] = (),
    lead: Iterable[Line] = (),
) -> None:
    """Show a run in the format that was asked for, where it was asked for; ``lead`` goes before lines of text.

    Raises:
        CannotWrite: it cannot be written there.
    """
    context = formats.Context(
        rule_pages(), before, timings, settings.thresholds.hit_ratio, options.detail, root=os.geteuid() == 0
    )
    form = formats.load(options.format)
    report = form.render(record, context)
    if isinstance(report, str):
        if options.output:
            write_file(options.output, report, mode=formats.file_mode(form))
        else:
            console.text(report)
        return
    lines = (*lead, *report)
    if options.output:
        write_file(options.output, plain(lines))
    else:
        console.lines(lines)
