"""Verify a signed statement of what held on a host; offline, on any machine.

The signature, by one of the keys given, then what was signed: its shape, that it does not contradict itself, its age
(--max-age), and that it is of the host, app and release that were meant. Then its verdict: only PROVEN is success.

Examples:
  liveproof attest verify shop.attest.json --key attest.pub --max-age 1h
  liveproof attest verify shop.attest.json --key attest.pub --host web-1 --app /var/www/shop --release "$COMMIT"

Exit status:
  0 proven   1 broken, or refused with the reasons   2 usage error, a file or key that cannot be read   3 unproven
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence

from liveproof.attestation.chain import MOST_BYTES, AppSaid, BadChain, Chain, parse
from liveproof.attestation.envelope import BadEnvelope, verify
from liveproof.attestation.expectations import Expected, apps, refusals
from liveproof.attestation.keys import PublicKey
from liveproof.cli.console import Console
from liveproof.cli.errors import UsageError
from liveproof.cli.exit_status import BROKEN, BY_VERDICT
from liveproof.cli.options import add_text_or_json_argument
from liveproof.cli.signing import content_of, refusal_lines, trusted_keys
from liveproof.model.dataclass import dataclass
from liveproof.model.durations import seconds, words
from liveproof.model.examination import weakest
from liveproof.model.verdicts import LinkVerdict
from liveproof.report.content.verdict import STYLES
from liveproof.report.style.escaping import shown, visible
from liveproof.report.style.lines import Line, line

HELP_ORDER = 2
SCHEMA = "liveproof-attest/1"
_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``attest verify``."""
    parser.add_argument("statement", metavar="FILE", help="what `liveproof attest sign` wrote")
    parser.add_argument(
        "--key", metavar="FILE", required=True, help="public keys in PEM, one of which must have signed the statement"
    )
    parser.add_argument("--max-age", metavar="DURATION", default="", help="how old it may be: 1h (default: any age)")
    parser.add_argument("--host", metavar="NAME", default="", help="the host that it must be of")
    parser.add_argument("--app", metavar="PATH", default="", help="the app that is asked about (default: all of it)")
    parser.add_argument(
        "--release",
        metavar="COMMIT|DIGEST|ID",
        default="",
        help="the release that its apps must have been compared with",
    )
    add_text_or_json_argument(parser)


@dataclass(frozen=True, slots=True)
class _Verified:
    chain: Chain | None = None
    key: PublicKey | None = None
    apps: tuple[AppSaid, ...] = ()
    refusals: tuple[str, ...] = ()
    age: float = 0.0

    @property
    def verdict(self) -> LinkVerdict:
        return weakest(app.verdict for app in self.apps)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Verify, and say what was stated or why it does not count.

    Raises:
        UsageError: what is named cannot be read, or is no key.
    """
    try:
        max_age = seconds(arguments.max_age) if arguments.max_age else 0.0
    except ValueError as error:
        raise UsageError(f"--max-age: {error}") from None
    if arguments.max_age and not max_age:
        raise UsageError("--max-age: nothing is that young; write 15m or 1h")
    keys = trusted_keys(arguments.key, "--key")
    expected = Expected(max_age, arguments.host, arguments.app, arguments.release)
    found = _verified(content_of(arguments.statement, MOST_BYTES), keys, expected)
    if arguments.format == "json":
        whole = json.dumps(_document(found), indent=2)
        console.text(whole.encode(errors="backslashreplace").decode() + "\n")
    elif found.refusals:
        each = [("", reason) for reason in found.refusals]
        console.lines(refusal_lines(f"{arguments.statement} does not count", each))
    else:
        console.lines(_lines(found))
    return BROKEN if found.refusals else BY_VERDICT[found.verdict]


def _verified(content: bytes, keys: Sequence[PublicKey], expected: Expected) -> _Verified:
    """Nothing of a statement is used before its signature is verified."""
    try:
        signed, key = verify(content, keys)
        chain = parse(signed)
    except (BadEnvelope, BadChain) as error:
        return _Verified(refusals=(str(error),))
    now = time.time()
    refused = tuple(refusals(chain, expected, now))
    return _Verified(chain, key, apps(chain, expected), refused, max(0.0, now - chain.began))


def _lines(found: _Verified) -> Iterator[Line]:
    chain, key = found.chain, found.key
    assert chain
    assert key
    compared = bool(found.apps) and all(app.release_compared for app in found.apps)
    bare = " (no release compared)" if found.verdict is LinkVerdict.PROVEN and not compared else ""
    yield line(
        (found.verdict.value.upper(), STYLES[found.verdict]),
        f"{bare}  {shown(chain.host)} at {chain.started}, {words(found.age)} ago, liveproof {shown(chain.liveproof)}",
    )
    if chain.reason:
        yield line(shown(chain.reason), indent=3)
    for app in found.apps:
        release = f", {shown(app.release.name)}" if app.release and app.release_compared else ""
        yield line(f"{shown(app.path)}: {app.verdict.value}{release}", indent=3)
        for link in app.links:
            if link.verdict not in (LinkVerdict.PROVEN, LinkVerdict.NOT_ASKED):
                why = f": {shown(link.reason)}" if link.reason else ""
                yield line(f"{link.link.value} {link.verdict.value}{why}", indent=6, hang=3)
        for finding in app.findings[:_SHOWN]:
            yield line(f"{visible(finding.code)} {finding.severity.value}: {shown(finding.message)}", indent=6, hang=3)
        if len(app.findings) > _SHOWN:
            yield line(f"and {len(app.findings) - _SHOWN:,} more findings", indent=6)
    yield line(f"key  {key.id}", indent=3)


def _document(found: _Verified) -> dict[str, object]:
    told: dict[str, object] = {
        "schema": SCHEMA,
        "kind": "verify",
        "verdict": "refused" if found.refusals else found.verdict.value,
        "refusals": list(found.refusals),
    }
    if found.chain and found.key:
        told |= {"host": found.chain.host, "started": found.chain.started, "age": round(found.age)}
        told["liveproof"] = found.chain.liveproof
        told["key"] = found.key.id
        told["apps"] = [
            {
                "path": app.path,
                "verdict": app.verdict.value,
                "release_compared": app.release_compared,
                "release": app.release.digest if app.release and app.release_compared else {},
            }
            for app in found.apps
        ]
    return told
