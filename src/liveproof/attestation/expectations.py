"""What a verified statement of a chain must be for whoever asks: fresh, of this host and app, of this release."""

import re
from collections.abc import Iterator

from liveproof.attestation.chain import AppSaid, Chain
from liveproof.model.dataclass import dataclass
from liveproof.model.durations import words

_SKEW = 300.0  # s by which clocks may differ
_PREFIX = re.compile("[0-9a-f]{7,63}")


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected; empty, and 0 for ``max_age`` (seconds), stand for whatever it is.

    ``release`` is a commit or at least seven digits of it, a SHA-256 digest, or the id of a signed manifest.
    """

    max_age: float = 0.0
    host: str = ""
    app: str = ""
    release: str = ""


def apps(chain: Chain, expected: Expected) -> tuple[AppSaid, ...]:
    """The apps of the statement that are asked about."""
    wanted = expected.app.rstrip("/") or expected.app
    return tuple(app for app in chain.apps if not wanted or wanted in (app.path, app.real))


def refusals(chain: Chain, expected: Expected, now: float) -> Iterator[str]:
    """Each reason why the statement, whatever its verdict, is not what was expected."""
    age = now - chain.began
    if age < -_SKEW:
        yield f"it was made at {chain.started}, which is yet to come by this machine's clock"
    if expected.max_age and age > expected.max_age:
        yield f"it is too old: made {words(age)} ago ({chain.started}), {words(expected.max_age)} are allowed"
    if expected.host and chain.host != expected.host:
        yield f"it is of host {chain.host}, not of {expected.host}"
    chosen = apps(chain, expected)
    if expected.app and not chosen:
        yield f"it does not hold {expected.app}, but {', '.join(app.path for app in chain.apps) or 'no app'}"
    if expected.release:
        yield from (why for app in chosen if (why := _other(app, expected.release)))
        if not chosen and not expected.app:
            yield f"it holds no app, and so none with release {expected.release}"


def _other(app: AppSaid, wanted: str) -> str:
    release = app.compared
    if not release:
        return f"{app.path} was compared with no release that a digest names, so not with {wanted}"
    commit, digest = release.digest.get("gitCommit", ""), release.digest.get("sha256", "")
    if wanted in (commit, digest, f"sha256:{digest}" if digest else "", release.id):
        return ""
    if commit and _PREFIX.fullmatch(wanted) and commit.startswith(wanted):
        return ""
    return f"{app.path} was compared with {release.name}, not with {wanted}"
