"""Notes on bugs of liveproof itself, in the state directory: what a person sends with a bug report."""

import os
import platform
import time
import traceback
from collections.abc import Iterable

from liveproof import __version__
from liveproof.model.secrets import hide, hide_in_arguments
from liveproof.store import directory as state


def write_crash_note(error: BaseException, arguments: Iterable[str]) -> str:
    """Write down a bug; the file's path, or empty where it cannot be written. Secrets in it are hidden."""
    note = [
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
            file.write("\n".join(note))
    except (OSError, state.UnsafeState):
        return ""
    return path
