"""What a rule's fault may ask of a test host.

The implementation lives in ``tests/lab`` and is not shipped; rules know only this protocol, so that a fault stands in
the same file as the rule that finds it.
"""

from typing import NamedTuple, Protocol


class Answer(NamedTuple):
    """An HTTP answer of the test host: status code (0 when no connection was had) and body as text."""

    status: int
    body: str


class Lab(Protocol):
    """A disposable host with real systemd, nginx, PHP-FPM and the api-gateway on it."""

    @property
    def suite(self) -> str:
        """Debian's code name, e.g. ``bookworm``."""

    @property
    def php(self) -> str:
        """PHP's minor version as Debian names it, e.g. ``8.2``."""

    @property
    def app(self) -> str:
        """Path of the app as nginx serves it (``…/current`` in the release layout), without a trailing slash."""

    @property
    def user(self) -> str:
        """The pool's user."""

    def sh(self, script: str, *, user: str = "root", check: bool = True, timeout: float = 60.0) -> str:
        """Run a bash script (``set -eu``, working directory: the app) on the host and return its output, stripped.

        Standard error is folded into the output. The environment holds ``APP`` (the app), ``CACHE``
        (``bootstrap/cache``), ``HANDLER`` (RetellFunctionCallHandler.php), ``PHP`` (``8.2``), ``FPM``
        (``php8.2-fpm``), ``SOCK`` (the pool's socket), ``POOL`` (its configuration file) and ``WWW`` (the pool's user).

        Raises:
            RuntimeError: the script failed and ``check`` is set; the message holds its output.
        """

    def get(self, path: str = "/api/status") -> Answer:
        """``GET path`` through nginx."""

    def post(
        self, path: str = "/api/retell/function", body: str = '{"name":"current_time","call":{"call_id":"lab"}}'
    ) -> Answer:
        """``POST path`` through nginx with a JSON body."""

    def ini(self, *lines: str) -> None:
        """Replace the lab's PHP ini file for FPM (``99-lab.ini``) by these lines, restart FPM, wait for its socket."""

    def warm(self) -> None:
        """Send enough requests that every worker has served the status and the handler route once."""
