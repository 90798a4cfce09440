"""Which liveproof runs right now: the words that start it from anywhere, and who could have written it."""

import os
import sys
from collections.abc import Iterator
from errno import EINVAL
from pathlib import Path

import liveproof
from liveproof.host.files import trusted
from liveproof.host.process.command import run

_PATIENCE = 20.0


class NotUsable(Exception):
    """This liveproof cannot be run by a service; the message says why and what to do."""


def program() -> tuple[str, ...]:
    """The words that start this very liveproof, whatever the working directory and the environment.

    Raises:
        NotUsable: another user could replace it, or it does not start.
    """
    called = os.path.realpath(sys.argv[0])
    by_name = os.path.basename(called) == "liveproof" and os.path.isfile(called) and os.access(called, os.X_OK)
    words = (called,) if by_name else (sys.executable, "-I", "-m", "liveproof")
    for path in _loaded(words[0]):
        _refuse_untrusted(path)
    ran = run([*words, "version"], timeout=_PATIENCE)
    if ran.status or liveproof.__version__ not in ran.text:
        said = (ran.errors.strip() or ran.text.strip()).partition("\n")[0]
        raise NotUsable(f"{' '.join(words)} does not start outside of this shell{f': {said}' if said else ''}")
    return words


def _loaded(program: str) -> Iterator[str]:
    """What is run as root once the program is started: itself, Python, all that liveproof is, where libraries lie."""
    yield program
    yield sys.executable
    package = Path(liveproof.__file__).parent
    yield from sorted(str(path) for path in package.rglob("*") if path.suffix in (".py", ".pyc", ".php", ".conf"))
    added = os.environ.get("PYTHONPATH", "").split(":")
    yield from (path for path in sys.path if path and path not in added and os.path.exists(path))


def _refuse_untrusted(path: str) -> None:
    try:
        trusted.read(path, limit=0)
    except trusted.Untrusted as error:
        raise NotUsable(
            f"a service of root's must not start what another user can replace: {error}\n"
            "install liveproof where only root can write: python3 -m venv /opt/liveproof"
        ) from None
    except OSError as error:
        if error.errno != EINVAL:  # a directory, all of whose parts were found good
            raise NotUsable(f"{path} cannot be read: {error.strerror}") from None
