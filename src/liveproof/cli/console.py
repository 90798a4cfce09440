"""The person's side: standard output, standard error, progress on a terminal, crash notes.

Output is never the reason for anything else to fail: a reader that went away (``| head``) is told no more, and a fix
that is under way goes on.
"""

import os
import sys
from collections.abc import Iterable

from liveproof.cli.output import CannotWrite
from liveproof.report.style.escaping import visible
from liveproof.report.style.lines import Line, plain


class Console:
    """Standard output and error of one run; ``progressing``: a progress line may still stand there."""

    def __init__(self, *, progressing: bool = False) -> None:
        self._gone = sys.stdout is None
        self._progressing = progressing and sys.stderr is not None and sys.stderr.isatty()
        for stream in (sys.stdout, sys.stderr):
            # A locale that lacks a character gets its number, not a traceback.
            if stream is not None and hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")

    @property
    def colours(self) -> bool:
        """Whether a person looks at standard output."""
        return not self._gone and sys.stdout.isatty()

    @property
    def asks(self) -> bool:
        """Whether a person is there to be asked."""
        return self.colours and sys.stdin is not None and sys.stdin.isatty()

    def lines(self, lines: Iterable[Line]) -> None:
        """Show lines: with colours to a person, plain to a pipe.

        Raises:
            CannotWrite: standard output takes no more (a full disk).
        """
        self.clear()
        if not self.colours:
            self.text(plain(lines))
            return
        from liveproof.report.style.terminal import show  # noqa: PLC0415  (imports rich)

        self._guard(lambda out: show(lines, out))

    def text(self, text: str) -> None:
        """Write a text as it is.

        Raises:
            CannotWrite: standard output takes no more.
        """
        self.clear()
        self._guard(lambda out: out.write(text))

    def _guard(self, write: "object") -> None:
        if self._gone:
            return
        try:
            write(sys.stdout)  # type: ignore[operator]
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

    def tell(self, message: str) -> None:
        """A message on standard error, one paragraph."""
        self.clear()
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

    def clear(self) -> None:
        """Take the progress line away."""
        if self._progressing:
            self._progressing = False
            _write_error("\r\x1b[K")

    def confirmed(self, question: str) -> bool:
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


def crash_note(error: BaseException, arguments: Iterable[str]) -> str:
    """Write down a bug of ours in the state directory; the file's path, or empty where it cannot be written."""
    import platform  # noqa: PLC0415
    import time  # noqa: PLC0415
    import traceback  # noqa: PLC0415

    from liveproof import __version__  # noqa: PLC0415
    from liveproof.model.secrets import hide, hide_in_arguments  # noqa: PLC0415
    from liveproof.store import directory as state  # noqa: PLC0415

    told = [
        f"liveproof {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"arguments: {list(hide_in_arguments(tuple(arguments)))!r}",
        "",
        *map(hide, traceback.format_exception(error)),
    ]
    try:
        directory = state.ensure(f"{state.ensure(state.directory())}/crashes")
        path = f"{directory}/{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}.txt"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(told))
    except (OSError, state.UnsafeState):
        return ""
    return path
