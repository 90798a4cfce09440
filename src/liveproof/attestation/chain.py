"""What one examination of a host said of the chain, as it is signed. An in-toto predicate of our own.

``schema/liveproof-chain-predicate-1.schema.json`` describes it for others. All texts are hidden as reports hide them.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from liveproof.attestation import release as releases
from liveproof.attestation.envelope import STATEMENT_TYPE, BadEnvelope, statement
from liveproof.model.codec import Misshapen, from_json, to_json
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import AppExamination, Examination, weakest
from liveproof.model.facts.release import Release
from liveproof.model.findings import Evidence, Ref
from liveproof.model.hashing import sha256
from liveproof.model.secrets import hide_all
from liveproof.model.verdicts import Link, LinkVerdict, RuleVerdict, Severity

PREDICATE_TYPE = "urn:liveproof:predicate:chain:1"
MOST_BYTES = 64 * 1024 * 1024
_MOST_EVIDENCE = 50
_COMPARED = (LinkVerdict.PROVEN, LinkVerdict.BROKEN)
_FIELDS = {"_type", "subject", "predicateType", "predicate"}
_DIGESTS = {"gitCommit": re.compile("[0-9a-f]{40}|[0-9a-f]{64}"), "sha256": re.compile("[0-9a-f]{64}")}


class BadChain(ValueError):
    """A statement that is none of a chain, or contradicts itself; the message says what."""


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """What one rule answered; ``holds`` is what it looked at and found right."""

    code: str
    rule: str
    verdict: RuleVerdict
    reason: str
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkSaid:
    """One link with the rules that judge it; ``unjudged`` is what no rule looks at in it."""

    link: Link
    verdict: LinkVerdict
    reason: str
    unjudged: tuple[str, ...]
    rules: tuple[RuleSaid, ...]


@dataclass(frozen=True, slots=True)
class FindingSaid:
    """A fault that was seen; ``more`` counts what it is about besides the evidence."""

    code: str
    severity: Severity
    message: str
    about: tuple[Ref, ...]
    evidence: tuple[Evidence, ...]
    more: int
    at_least: bool


@dataclass(frozen=True, slots=True)
class ReleaseSaid:
    """The release that the disk was to be: ``kind``, ``name`` and ``id`` as in the fact.

    ``digest`` has the commit as ``gitCommit``, a manifest's digest as ``sha256``, and nothing for a directory;
    ``signed_by`` is the id of the key that signed the manifest.
    """

    kind: str
    name: str
    id: str
    digest: dict[str, str]
    signed_by: str


@dataclass(frozen=True, slots=True)
class AppSaid:
    """One app with its chain; ``release`` is None where none is known."""

    path: str
    real: str
    verdict: LinkVerdict
    release_compared: bool
    release: ReleaseSaid | None
    links: tuple[LinkSaid, ...]
    findings: tuple[FindingSaid, ...]

    @property
    def compared(self) -> ReleaseSaid | None:
        """The release that its files were compared with, if it has a digest."""
        return self.release if self.release_compared and self.release and self.release.digest else None


@dataclass(frozen=True, slots=True)
class Chain:
    """The predicate. ``started`` is when the examination began (RFC 3339, UTC), ``seconds`` how long it took."""

    liveproof: str
    host: str
    started: str
    seconds: float
    verdict: LinkVerdict
    reason: str
    apps: tuple[AppSaid, ...]

    @property
    def began(self) -> float:
        """When the examination began, in epoch seconds."""
        return datetime.strptime(self.started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


def made(examination: Examination, version: str, link_of: Mapping[str, Link]) -> Chain:
    """What an examination by this version of liveproof said; ``link_of`` is the link of each rule's code."""
    chain = Chain(
        version, examination.host, releases.written(examination.started), round(examination.seconds, 3),
        examination.verdict, examination.reason, tuple(_app(app, link_of) for app in examination.apps),
    )  # fmt: skip
    told = _utf8(hide_all(to_json(chain)))
    for app, said in zip(chain.apps, told["apps"], strict=True):
        if app.release:  # digests are no secrets, and not always known by their name
            said["release"] |= {"digest": app.release.digest, "signed_by": app.release.signed_by}
    return from_json(Chain, told)


def subjects(chain: Chain) -> list[dict[str, Any]]:
    """What the statement is about: of each app the release that it was compared with, else its examination."""
    if not chain.apps:
        return [_subject(f"host {chain.host}", "examination", {"sha256": _digest(chain)})]
    return [
        _subject(app.path, "release", app.compared.digest)
        if app.compared
        else _subject(app.path, "examination", {"sha256": _digest(app)})
        for app in chain.apps
    ]


def payload(chain: Chain) -> bytes:
    """The statement to sign."""
    whole = {
        "_type": STATEMENT_TYPE,
        "subject": subjects(chain),
        "predicateType": PREDICATE_TYPE,
        "predicate": to_json(chain),
    }
    return json.dumps(whole, separators=(",", ":")).encode()


def parse(content: bytes) -> Chain:
    """The chain of a statement whose signature was verified.

    Raises:
        BadChain: it is no statement of a chain, holds what this version does not know, or contradicts itself.
    """
    try:
        found = statement(content)
    except BadEnvelope as error:
        raise BadChain(str(error)) from None
    kind = found.get("predicateType")
    if kind == releases.PREDICATE_TYPE:
        raise BadChain("it is a signed release manifest, which says nothing of a host (`liveproof release verify`)")
    if kind != PREDICATE_TYPE:
        raise BadChain(f"the statement is of something else than {PREDICATE_TYPE}: {kind!r:.120}")
    try:
        json.dumps(found, ensure_ascii=False).encode()
        chain = from_json(Chain, found["predicate"])
        began = chain.began
    except UnicodeEncodeError:
        raise BadChain("the statement holds text that is not Unicode") from None
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        why = str(error)[:160] if isinstance(error, Misshapen) else "a value is missing or out of range"
        raise BadChain(f"the statement is not shaped as one of a chain: {why}") from None
    if set(found) != _FIELDS or to_json(chain) != found["predicate"] or releases.written(began) != chain.started:
        raise BadChain("the statement holds what one of a chain does not: a newer liveproof may have signed it")
    _refuse_contradictions(chain)
    if found["subject"] != subjects(chain):
        raise BadChain("its subjects are not those of its apps: it was put together by hand")
    return chain


def _app(app: AppExamination, link_of: Mapping[str, Link]) -> AppSaid:
    rules: dict[Link, list[RuleSaid]] = {link: [] for link in Link}
    for one in app.results:
        if one.code in link_of:
            rules[link_of[one.code]].append(RuleSaid(one.code, one.rule, one.verdict, one.reason, one.holds))
    unjudged: dict[Link, list[str]] = {link: [] for link in Link}
    for link, why in app.unjudged:
        unjudged[link].append(why)
    links = tuple(
        LinkSaid(one.link, one.verdict, one.reason, tuple(unjudged[one.link]), tuple(rules[one.link]))
        for one in app.links
    )
    findings = tuple(
        FindingSaid(
            one.code, one.severity or Severity.MEDIUM, one.message, one.about, one.evidence[:_MOST_EVIDENCE],
            one.more + len(one.evidence[_MOST_EVIDENCE:]), one.at_least,
        )
        for one in app.findings
    )  # fmt: skip
    real = app.app.real
    return AppSaid(app.app.path, real, app.verdict, app.release_compared, _release(app), links, findings)


def _release(app: AppExamination) -> ReleaseSaid | None:
    fact = app.facts.get(Release)
    if not isinstance(fact, Release):
        return None
    digest = {"gitCommit" if fact.kind == "git" else "sha256": fact.digest} if fact.digest else {}
    return ReleaseSaid(fact.kind, fact.name, fact.id, digest, fact.signed_by)


def _refuse_contradictions(chain: Chain) -> None:
    if not math.isfinite(chain.seconds) or chain.seconds < 0:
        raise BadChain("its seconds are no duration")
    if len({app.path for app in chain.apps}) != len(chain.apps):
        raise BadChain("it holds an app twice")
    if chain.verdict is not weakest(app.verdict for app in chain.apps):
        raise BadChain("its verdict is not that of its apps")
    for app in chain.apps:
        if [said.link for said in app.links] != list(Link):
            raise BadChain(f"the links of {app.path:.200} are not those of a chain")
        verdicts = {said.link: said.verdict for said in app.links}
        compared = verdicts[Link.RELEASE] in _COMPARED
        if app.verdict is not weakest(verdicts.values()) or app.release_compared is not compared:
            raise BadChain(f"the verdict of {app.path:.200} is not that of its links")
        if app.verdict is LinkVerdict.PROVEN and any(finding.severity.breaks for finding in app.findings):
            raise BadChain(f"it calls {app.path:.200} proven and has findings that break it")
        if app.release and not _fits(app.release):
            raise BadChain(f"the digest of the release of {app.path:.200} is none")


def _fits(release: ReleaseSaid) -> bool:
    digests = all(name in _DIGESTS and _DIGESTS[name].fullmatch(value) for name, value in release.digest.items())
    key = not release.signed_by or bool(_DIGESTS["sha256"].fullmatch(release.signed_by))
    return digests and len(release.digest) < 2 and key


def _subject(name: str, of: str, digest: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "digest": digest, "annotations": {"of": of}}


def _digest(said: AppSaid | Chain) -> str:
    """SHA-256 of what was said as JSON: ASCII, keys sorted, no blanks."""
    return sha256(json.dumps(to_json(said), sort_keys=True, separators=(",", ":")).encode())


def _utf8(value: Any) -> Any:
    """The value with names that are not UTF-8 spelled with escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {key: _utf8(part) for key, part in value.items()}
    return [_utf8(part) for part in value] if isinstance(value, list) else value
