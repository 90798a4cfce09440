"""The screen: it shows what a child samples and what is kept, and starts liveproof's own commands as children."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from liveproof.model.examination import weakest
from liveproof.model.sample import Sample
from liveproof.store import directory
from liveproof.tui import kept
from liveproof.tui.feed import Feed
from liveproof.tui.page import Page, reflowed
from liveproof.tui.panel import Panel
from liveproof.tui.rows import VERDICTS, safe
from liveproof.tui.sections import WIDE, panes
from liveproof.tui.shown import SORTS, Shown
from liveproof.watch.child import run

_KEYS = "q quit  e explain  f plan  r check now  / filter  s sort  p pause  ? help"
_KEPT_EVERY = 2.0  # s; only looked into where its files changed
_LATE = 3.0  # ticks without a sample until that is said
_COMMAND_SECONDS = 120.0
HELP = """\
liveproof top shows what is live. It changes nothing: what it shows comes from `liveproof sample`, which it starts, and
from what liveproof keeps of checks and alerts.

  up, down, k, j   move                    PgUp, PgDn, Home, End
  Tab              next section            Shift+Tab: the first one
  e, Enter         explain the finding or alert under the cursor, on this host
  f                the plan: what `liveproof fix` would do (--dry-run; nothing is applied)
  r                check everything now (`liveproof check`)
  /                show only rows with a text; Esc shows all again
  s                sort workers by time, memory or pool
  p                pause and go on
  ?, h             this help
  q, Ctrl+C        quit

CHAIN is what the last whole check found, with its root causes. ALERTS are those of `liveproof watch`. POOLS and
WORKERS are PHP-FPM's status pages, asked over the pools' sockets; the time of an idle worker is that of its last
request, and memory is its resident set. OPCACHE is asked every 5 s; "lately" is the hit ratio of the look-ups in
between. QUEUE WORKERS that run an OLD release keep code that is no longer current: `php artisan queue:restart`. LOG
ERRORS are reported by class, place and fingerprint; what messages say otherwise may be secret and stays in the log.
"""


class Top(App[None]):
    """`liveproof top`.

    Args:
        words: the command that samples.
        path: the app, or empty for all.
        options: options for the commands that keys start, such as ``--config=FILE``.
        every: seconds between samples.
        feed: where samples come from, by default that command.
        clock: tells the time in epoch seconds.
    """

    CSS = """
    Screen { background: ansi_default; color: ansi_default; }
    #head, #foot { height: 1; text-style: reverse; background: ansi_default; color: ansi_default; }
    #filter { display: none; height: 1; border: none; padding: 0; background: ansi_default; color: ansi_default; }
    #filter.asked { display: block; }
    #panes { height: 1fr; }
    #right { display: none; }
    #right.wide { display: block; border-left: none; margin-left: 1; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "quit"),
        Binding("ctrl+c", "quit", show=False, priority=True),
        Binding("e,enter", "explain", "explain"),
        Binding("f", "plan", "plan"),
        Binding("r", "check", "check now"),
        Binding("slash", "filter", "filter"),
        Binding("escape", "all", show=False),
        Binding("s", "sort", "sort"),
        Binding("p", "pause", "pause"),
        Binding("tab", "next", show=False, priority=True),
        Binding("shift+tab", "first", show=False, priority=True),
        Binding("question_mark,h", "help", "help"),
    ]

    def __init__(
        self,
        words: Sequence[str],
        path: str = "",
        options: Sequence[str] = (),
        every: float = 1.0,
        *,
        feed: Feed | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.animation_level = "none"
        self.shown = Shown()
        self.paused = False
        self.feed = feed or Feed(words)
        self._clock = clock
        self._path, self._options, self._every = path, tuple(options), every
        self._mark: object = None
        self._said, self._said_until = "", 0.0
        self._bars: dict[str, str] = {}
        self._checking = ""

    def compose(self) -> ComposeResult:
        """The bars, the panes, and the line for a filter."""
        yield Static(id="head")
        with Horizontal(id="panes"):
            yield Panel("left")
            yield Panel("right")
        yield Input(placeholder="show only rows with this text; Esc shows all", id="filter", compact=True)
        yield Static(id="foot")

    def on_mount(self) -> None:
        """Begin."""
        self.query_one("#left", Panel).focus()
        self.draw()
        self.run_worker(self._sample(), name="sample")
        self.set_interval(_KEPT_EVERY, self._look)
        self.run_worker(self._read_kept(), name="kept")

    def on_resize(self) -> None:
        """One pane or two, once the screen has its new size."""
        self.call_after_refresh(self.draw)

    def _fatal_error(self) -> None:
        """End without the framework's traceback, which shows the values of variables; see ``failure``."""
        self._close_messages_no_wait()

    @property
    def failure(self) -> Exception | None:
        """The bug that ended the screen."""
        return self._exception

    async def on_unmount(self) -> None:
        """Nothing stays behind."""
        await self.feed.end()

    # ------------------------------------------------------------------------------------------------ what is shown
    async def _sample(self) -> None:
        async for sample in self.feed.samples():
            self.take(sample)

    def take(self, sample: Sample) -> None:
        """Show a sample, unless the person looks at an earlier one."""
        if not self.paused:
            self.shown.take(sample)
            self.draw()

    async def _look(self) -> None:
        """What is kept, where it changed; and that no sample comes, where none does."""
        if not self.paused:
            await self._read_kept()
            self.draw()

    async def _read_kept(self) -> None:
        mark = directory.mark(*kept.FILES)
        if mark != self._mark:
            self._mark = mark
            self.shown.kept = await asyncio.to_thread(kept.read, self._path)
            self.draw()

    def draw(self) -> None:
        """Bring the screen up to date; what did not change is not sent."""
        if not self.query("#left"):
            return
        self.shown.now = self._clock()
        width = self.size.width
        found = panes(self.shown, width)
        right = self.query_one("#right", Panel)
        right.set_class(len(found) > 1, "wide")
        if len(found) == 1 and right.has_focus:
            self.query_one("#left", Panel).focus()
        for panel, rows in zip((self.query_one("#left", Panel), right), found, strict=False):
            panel.show(rows)
        self._bar("head", self._head(), width)
        self._bar("foot", self._foot(), width)

    def _bar(self, name: str, text: str, width: int) -> None:
        told = f"{text[:width]:<{width}}"
        if self._bars.get(name) != told:
            self._bars[name] = told
            self.query_one(f"#{name}", Static).update(Text(told, no_wrap=True))

    def _head(self) -> str:
        sample, chains = self.shown.sample, self.shown.kept.chains
        host = safe(sample.host if sample else os.uname().nodename)
        verdict = VERDICTS[weakest(chain.app.verdict for chain in chains)][0] if chains else "not checked"
        parts = [f"liveproof top  {host}  {verdict}"]
        if self.paused:
            parts.append("PAUSED (p goes on)")
        if not self.paused and time.monotonic() - self.feed.at > max(_LATE, _LATE * self._every):
            parts.append(f"NO SAMPLE: {safe(self.feed.why) or 'the host does not answer'}")
        elif sample and not sample.root:
            parts.append("NOT ROOT: not all is seen; run it as root")
        elif sample and sample.reason:
            parts.append(safe(sample.reason))
        if self.shown.needle:
            parts.append(f"only rows with '{safe(self.shown.needle)}'")
        return "  ".join(parts)

    def _foot(self) -> str:
        if self._checking:
            return self._checking
        return self._said if time.monotonic() < self._said_until else _KEYS

    def say(self, text: str) -> None:
        """Say something at the bottom for a few seconds."""
        self._said, self._said_until = text, time.monotonic() + 5.0
        self.draw()

    @property
    def panel(self) -> Panel:
        """The pane that the keys go to."""
        right = self.query_one("#right", Panel)
        return right if right.has_focus else self.query_one("#left", Panel)

    # ----------------------------------------------------------------------------------------------------- the keys
    def action_explain(self) -> None:
        """Explain the rule of the row under the cursor."""
        row = self.panel.row
        if row is None or not row.code:
            self.say("this row has no rule: move to a finding or an alert to have it explained")
            return
        words = ["explain", row.code, *self._options, *((f"--app={row.app}",) if os.path.lexists(row.app) else ())]
        self._open(f"explain {row.code}", words)

    def action_plan(self) -> None:
        """Show what `fix` would do; it cannot be applied here."""
        row = self.panel.row
        path = (row.app if row else "") or self._path
        words = ["fix", "--dry-run", *self._options, *(("--", path) if path else ())]
        self._open(f"plan{f' for {safe(path)}' if path else ''}: nothing is changed", words)

    def _open(self, title: str, words: Sequence[str]) -> None:
        page = Page(title, "looking at the host ...")
        self.push_screen(page)
        self.run_worker(self._fill(page, words), name="page")

    async def _fill(self, page: Page, words: Sequence[str]) -> None:
        ended = await run(words, _COMMAND_SECONDS)
        text = reflowed(safe(line) for line in ended.output.decode(errors="replace").splitlines())
        problem = ended.why or (ended.error if ended.status not in (0, 1, 3) or not text else "")
        page.say("\n\n".join(filter(None, (safe(problem), text))) or "it said nothing")

    def action_check(self) -> None:
        """Check everything, in a child; the result is read from what is kept."""
        if self._checking:
            self.say("a check is running")
            return
        self._checking = "a check is running ..."
        self.draw()
        self.run_worker(self._check(), name="check")

    async def _check(self) -> None:
        words = ["check", "--format", "json", *self._options, *(("--", self._path) if self._path else ())]
        ended = await run(words, _COMMAND_SECONDS)
        self._checking = ""
        if ended.why or ended.status not in (0, 1, 3):
            self.say(f"the check gave no result: {safe(ended.why or ended.error)}")
            return
        await self._read_kept()
        self.say(f"checked in {ended.seconds:.1f} s")

    def action_filter(self) -> None:
        """Ask for a text."""
        line = self.query_one("#filter", Input)
        line.add_class("asked")
        line.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Rows follow the text as it is written."""
        self.shown.needle = event.value.strip()
        self.draw()

    def on_input_submitted(self, _: Input.Submitted) -> None:
        """The filter stays; keys go to the rows again."""
        self._leave_filter()

    def action_all(self) -> None:
        """No filter."""
        self.query_one("#filter", Input).value = ""
        self.shown.needle = ""
        self._leave_filter()
        self.draw()

    def _leave_filter(self) -> None:
        self.query_one("#filter", Input).remove_class("asked")
        self.query_one("#left", Panel).focus()

    def action_sort(self) -> None:
        """The next order of workers."""
        self.shown.sort = SORTS[(SORTS.index(self.shown.sort) + 1) % len(SORTS)]
        self.say(f"workers are sorted by {self.shown.sort}")

    def action_pause(self) -> None:
        """Stop, or go on."""
        self.paused = not self.paused
        self.draw()

    def action_next(self) -> None:
        """The next section, in the next pane where this one has no more."""
        if self.panel.next_section():
            return
        panels = [self.query_one("#left", Panel), self.query_one("#right", Panel)]
        other = panels[1] if self.panel is panels[0] and self.size.width >= WIDE else panels[0]
        other.focus()
        other.move_to(0)

    def action_first(self) -> None:
        """The beginning."""
        left = self.query_one("#left", Panel)
        left.focus()
        left.move_to(0)

    def action_help(self) -> None:
        """What the keys do."""
        self.push_screen(Page("liveproof top: keys and words", reflowed(HELP.splitlines())))
