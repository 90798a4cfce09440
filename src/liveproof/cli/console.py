"""The person's side: standard output, standard error, progress on a terminal.

Output is never the reason for anything else to fail: a reader that went away (``| head``) gets no more, and a fix
that is under way goes on.
"""

import os
import sys
from collections.abc import Callable, Iterable
from typing import TextIO

from liveproof.cli.output import CannotWrite
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import Line, plain


class Console:
    """Standard output and error of one run; ``progressing``: a progress line may still stand there.

    Attributes:
        color: ``always`` and ``never`` decide whether there is colour; ``auto``: as NO_COLOR, FORCE_COLOR and the
            terminal say.
    """

    def __init__(self, *, progressing: bool = False) -> None:
        self.color = "auto"
        self._gone = sys.stdout is None
        self._progressing = progressing and sys.stderr is not None and sys.stderr.isatty()
        for stream in (sys.stdout, sys.stderr):
            # A locale that lacks a character gets its number, not a traceback.
            if stream is not None and hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")

    @property
    def looked_at(self) -> bool:
        """Whether a person looks at standard output."""
        return not self._gone and sys.stdout.isatty()

    @property
    def _colored(self) -> bool:
        """Whether what is written to standard output has colour (no-color.org, force-color.org)."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or (self.looked_at and os.environ.get("TERM") != "dumb")

    @property
    def gone(self) -> bool:
        """Whether nobody reads standard output any more."""
        return self._gone

    @property
    def interactive(self) -> bool:
        """Whether a person is there to be asked."""
        return self.looked_at and sys.stdin is not None and sys.stdin.isatty()

    def lines(self, lines: Iterable[Line]) -> None:
        """Show lines: with colours to a person, plain to a pipe.

        Raises:
            CannotWrite: standard output takes no more (a full disk).
        """
        self.clear_progress()
        if not self.looked_at and not self._colored:
            self.text(plain(lines))
            return
        from liveproof.report.style.terminal import show  # noqa: PLC0415  (rich: 100 ms, and a pipe needs none)

        self._guard(lambda out: show(lines, out, color=self._colored, wrap=self.looked_at))

    def text(self, text: str) -> None:
        """Write a text as it is.

        Raises:
            CannotWrite: standard output takes no more.
        """
        self.clear_progress()
        self._guard(lambda out: out.write(text))

    def _guard(self, write: Callable[[TextIO], object]) -> None:
        if self._gone:
            return
        try:
            write(sys.stdout)
            sys.stdout.flush()
        except BrokenPipeError:
            self._forget()
        except OSError as error:
            self._forget()
            raise CannotWrite(f"cannot write to standard output: {error.strerror or error}") from None

    def _forget(self) -> None:
        """Nobody reads any more: what is left in the buffer goes nowhere, also at the interpreter's end."""
        self._gone = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)

    def error_text(self, text: str) -> None:
        """Write a text of liveproof's own to standard error as it is."""
        self.clear_progress()
        _write_error(text)

    def message(self, message: str) -> None:
        """A message on standard error, one paragraph."""
        self.clear_progress()
        _write_error(
            "".join(
                f"liveproof: {visible(each)}\n" if not number else f"  {visible(each)}\n"
                for number, each in enumerate(message.split("\n"))
            )
        )

    def progress(self, what: str) -> None:
        """What is being done right now: one line that the next one replaces, only where a person looks."""
        if sys.stderr is not None and sys.stderr.isatty():
            self._progressing = True
            _write_error(f"\r\x1b[K{visible(what)[:70]} ...")

    def clear_progress(self) -> None:
        """Take the progress line away."""
        if self._progressing:
            self._progressing = False
            _write_error("\r\x1b[K")

    def confirm(self, question: str) -> bool:
        """Ask; only ``y`` and ``yes`` mean yes."""
        self.text(f"{question} [y/N] ")
        answer = sys.stdin.readline()
        return answer.strip().lower() in ("y", "yes")


def _write_error(text: str) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        return
