"""Let the app's own artisan build its caches, as the app's user, into a private directory, leaving no trace."""

from collections.abc import Mapping, Sequence

from liveproof.host.deadline import left
from liveproof.host.errors import CannotSee
from liveproof.host.isolation.run_isolated import TooMuch, run_apart
from liveproof.host.process.command import Identity, Ran
from liveproof.model.dataclass import dataclass
from liveproof.model.secrets import gist

TIMEOUT = 20.0
# The part of the time that is left for one run of PHP: what else is to be looked at needs some as well.
_SHARE = 0.6
# Errors go to standard error, not to whatever log php.ini names.
_QUIET = ("-d", "display_errors=stderr", "-d", "log_errors=0")

_IDLE = ("Deprecated", "PHP Deprecated")
_TRACE = ("Stack trace:", "Exception trace:", "#0 ")


@dataclass(frozen=True, slots=True)
class ArtisanRunner:
    """Whose PHP runs where: ``app`` is the resolved directory, ``trees`` what the app may want to write to.

    ``reads`` are files that must be readable: Laravel takes a ``.env`` that it cannot read for one that is not there.
    ``environment`` is that of the app, ``redirected`` what sends every cache that Laravel writes to ``{out}``.
    """

    php: str
    app: str
    identity: Identity
    trees: tuple[str, ...]
    reads: tuple[str, ...]
    environment: Mapping[str, str]
    redirected: Mapping[str, str]

    def config(self) -> Mapping[str, bytes]:
        """``config.php``, ``packages.php`` and ``services.php`` as the sources give them now.

        Raises:
            CannotSee: artisan failed; the reason is its first words.
            OSError: it cannot be started.
        """
        return self._artisan("config:cache", {}, "config.php")

    def routes(self, given: Mapping[str, bytes]) -> bytes:
        """The route cache; ``given`` holds the caches that artisan finds in place.

        Raises:
            CannotSee: artisan failed; the reason is its first words.
            OSError: it cannot be started.
        """
        return self._artisan("route:cache", given, "routes.php")["routes.php"]

    def events(self, given: Mapping[str, bytes]) -> bytes:
        """The event cache; ``given`` holds the caches that artisan finds in place.

        Raises:
            CannotSee: artisan failed; the reason is its first words.
            OSError: it cannot be started.
        """
        return self._artisan("event:cache", given, "events.php")["events.php"]

    def script(
        self, what: str, code: str, *arguments: str, given: Mapping[str, bytes] | None = None, in_place: bool = False
    ) -> tuple[Ran, Mapping[str, bytes]]:
        """What came of a PHP script that starts the app, and the files that it left in ``{out}``.

        ``given`` are files that it finds there; ``in_place``: with the app's own caches. ``what`` names it in an error.

        Raises:
            CannotSee: the app does not start; the reason is its first words.
            OSError: PHP cannot be started.
        """
        argv = (self.php, *_QUIET, "-r", code, *(("--", *arguments) if arguments else ()))
        ran, files = self._run(argv, given or {}, in_place=in_place)
        if ran.status:
            raise CannotSee(failure(what, ran))
        return ran, files

    def caches_views(self, given: Mapping[str, bytes]) -> bool:
        """Whether ``artisan view:cache`` works for this app: it stops at the first view that does not compile.

        It empties the view cache before, so it is only tried where nothing that it does can stay.
        """
        argv = (self.php, *_QUIET, "artisan", "view:cache", "--no-interaction", "--no-ansi")
        try:
            ran, _ = self._run(argv, given, alone=True)
        except (OSError, CannotSee):
            return False
        return ran.status == 0

    def _artisan(self, command: str, given: Mapping[str, bytes], wanted: str) -> Mapping[str, bytes]:
        argv = (self.php, *_QUIET, "artisan", command, "--no-interaction", "--no-ansi")
        ran, files = self._run(argv, given)
        if ran.status or wanted not in files:
            raise CannotSee(failure(f"artisan {command}", ran))
        return files

    def _run(
        self,
        argv: Sequence[str],
        given: Mapping[str, bytes],
        *,
        alone: bool = False,
        in_place: bool = False,
    ) -> tuple[Ran, Mapping[str, bytes]]:
        try:
            done = run_apart(
                argv,
                identity=self.identity,
                env={**self.environment, "COLUMNS": "1000", **({} if in_place else self.redirected)},
                cwd=self.app,
                trees=self.trees,
                reads=self.reads,
                given=given,
                timeout=min(TIMEOUT, left() * _SHARE),
                alone=alone,
            )
        except TooMuch as error:
            raise CannotSee(f"what the app's code gives cannot be taken: {error}") from None
        return done.ran, done.files


def failure(what: str, ran: Ran) -> str:
    """Why a run of PHP gave nothing; ``what`` it was to do begins the sentence."""
    if ran.timed_out:
        return f"{what} did not end in time as the app's user (it has {TIMEOUT:.0f} s at most)"
    words = first_words(ran.errors) or first_words(ran.text)
    return f"{what} fails as the app's user: {words or f'it ends with {ran.status} and says nothing'}"


def first_words(output: str) -> str:
    """What an error output says first, on one line, in known words only (the message may hold anything).

    Symfony's console writes ``In File.php line 9:`` and the message in a frame of blanks below it; PHP just a line.
    """
    lines = [line.strip(" \t│┌└─") for line in output.splitlines()[:200]]
    traced = next((number for number, line in enumerate(lines) if line.startswith(_TRACE)), len(lines))
    lines = [line for line in lines[:traced] if not line.startswith(_IDLE)]
    start = next((number for number, line in enumerate(lines) if line), len(lines))
    words = lines[start : start + 1]
    if words and words[0].startswith("In ") and words[0].endswith(":"):
        start = next((number for number, line in enumerate(lines) if number > start and line), len(lines))
        end = next((number for number, line in enumerate(lines) if number > start and not line), len(lines))
        words += lines[start:end]  # a long message is wrapped
    return gist(" ".join(words))
