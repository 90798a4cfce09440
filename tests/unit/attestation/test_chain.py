"""Statements of a chain: what they hold and hide, and all that none may hold even when a trusted key signed it."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.attestation import summary
from liveproof.attestation.chain import BadChain, Chain, made, parse, payload, subjects
from liveproof.attestation.expectations import Expected, apps, refusals
from liveproof.attestation.release import made as made_release
from liveproof.attestation.release import payload as release_payload
from liveproof.model.examination import AppExamination, Examination, LinkState
from liveproof.model.facts.release import Release
from liveproof.model.findings import Holds, Result
from liveproof.model.verdicts import Link, LinkVerdict
from liveproof.rules import load
from tests.golden import hostile, incident
from tests.golden.contracts import refuse_other
from tests.golden.seed_facts import PATH
from tests.unit.attestation.signing import SHA

LINK_OF = {rule.code: rule.link for rule in load()}
COMMIT = "c0ffee1" + "0" * 33


def released(app: AppExamination, fact: Release, verdict: LinkVerdict = LinkVerdict.PROVEN) -> AppExamination:
    """The app, compared with this release."""
    links = (LinkState(Link.RELEASE, verdict, ""), *app.links[1:])
    return replace(app, links=links, facts={**app.facts, Release: fact})


def git(commit: str = COMMIT) -> Release:
    return Release("git", commit, 4, (), (), (), 0.1, digest=commit)


def chain_of(examination: Examination) -> Chain:
    return made(examination, "0.1.0", LINK_OF)


HEALTHY = chain_of(incident.examination(released(incident.app(), git())))
EXAMINATIONS = {
    "healthy": incident.examination(released(incident.app(), git())),
    "no release": incident.examination(incident.app()),
    "a release directory": incident.examination(
        released(incident.app(), Release("directory", "/srv/1", 0, (), (), (), 0.1))
    ),
    "broken": incident.broken().examination,
    "unproven": incident.unproven().examination,
    "no app": incident.nothing().examination,
    "several": incident.several().examination,
    "hostile": hostile.record().examination,
}


@pytest.mark.parametrize("name", EXAMINATIONS)
def test_what_is_written_is_read(name: str) -> None:
    """The same chain, as its schema says, with the verdict of the examination; and nothing that drives a terminal."""
    examination = EXAMINATIONS[name]
    chain = chain_of(examination)
    signed = payload(chain)
    assert parse(signed) == chain
    assert chain.verdict is examination.verdict
    whole = json.loads(signed)
    refuse_other(whole["predicate"], "liveproof-chain-predicate-1")
    assert whole["subject"]
    assert all(0x20 <= byte < 0x7F for byte in signed)
    for secret in hostile.SECRETS:
        assert secret.encode() not in signed


def test_what_a_rule_looked_at_is_told() -> None:
    """Below its link, with its code."""
    app = incident.app()
    results = tuple(
        replace(one, holds=(Holds("4 workers of pool 8.3/www").what,)) if one.code == "OPC001" else one
        for one in app.results
    )
    chain = chain_of(incident.examination(replace(app, results=results)))
    (memory,) = (link for link in chain.apps[0].links if link.link is Link.MEMORY)
    assert [rule.holds for rule in memory.rules if rule.code == "OPC001"] == [("4 workers of pool 8.3/www",)]
    assert {rule.code[:3] for rule in memory.rules} <= {"OPC", "WRK"}


def test_subjects() -> None:
    """The release that was compared; else what the digest is of is said."""
    assert subjects(HEALTHY) == [{"name": PATH, "digest": {"gitCommit": COMMIT}, "annotations": {"of": "release"}}]
    manifest = Release("manifest", "/srv/r.json", 4, (), (), (), 0.1, id="v1", signed_by=SHA, digest=SHA)
    chain = chain_of(incident.examination(released(incident.app(), manifest, LinkVerdict.BROKEN)))
    assert subjects(chain)[0]["digest"] == {"sha256": SHA}
    assert chain.apps[0].release
    assert chain.apps[0].release.signed_by == SHA
    for name, of in (("no release", PATH), ("a release directory", PATH), ("no app", "host gateway-1")):
        (subject,) = subjects(chain_of(EXAMINATIONS[name]))
        assert (subject["name"], subject["annotations"], list(subject["digest"])) == (
            of,
            {"of": "examination"},
            ["sha256"],
        )
    unproven = chain_of(incident.examination(released(incident.app(), git(), LinkVerdict.UNPROVEN)))
    assert subjects(unproven)[0]["annotations"] == {"of": "examination"}


def test_secrets_stay() -> None:
    """Whatever holds one: a reason, what a rule looked at, the app's path."""
    app = incident.app(unseen={"WIR001": "DB_PASSWORD=hunter2 was refused"})
    results = (*app.results, Result("FPM001", "x", app.results[0].verdict, holds=("env[API_TOKEN]=hunter2",)))
    signed = payload(chain_of(incident.examination(replace(app, results=results))))
    assert b"hunter2" not in signed
    assert b"[hidden]" in signed


def _set(path: str, value: Any) -> bytes:
    whole = json.loads(payload(HEALTHY))
    *way, last = path.split("/")
    at = whole
    for name in way:
        at = at[int(name)] if isinstance(at, list) else at[name]
    at[int(last) if isinstance(at, list) else last] = value
    return json.dumps(whole).encode()


def _told(chain: Chain) -> Any:
    """The app as it is signed."""
    return json.loads(payload(chain))["predicate"]["apps"][0]


APP = "predicate/apps/0"
NONE: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"x", "not complete JSON"),
    "cut off": (payload(HEALTHY)[:-9], "not complete JSON"),
    "a key twice": (payload(HEALTHY).replace(b'"host":', b'"host":"web-9","host":', 1), "'host' stands there twice"),
    "nested": (b"[" * 100_000, "nested too deeply"),
    "another version": (_set("_type", "https://in-toto.io/Statement/v0.1"), "no https://in-toto.io/Statement/v1"),
    "another predicate": (_set("predicateType", "https://slsa.dev/provenance/v1"), "something else than urn:liveproof"),
    "a summary": (summary.payload(HEALTHY, "x"), "something else than urn:liveproof"),
    "a release manifest": (release_payload(made_release([("a", "file", 0o644, 1, SHA)], "v1", ())), "release manifest"),
    "no predicate": (_set("predicate", None), "not shaped"),
    "another shape": (_set("predicate/apps", {}), "not shaped"),
    "another verdict": (_set("predicate/verdict", "fine"), "not shaped"),
    "a field that nobody knows": (_set("predicate/x", 1), "a newer liveproof"),
    "a field beside": (_set("x", 1), "a newer liveproof"),
    "no time": (_set("predicate/started", "yesterday"), "out of range"),
    "another form of time": (_set("predicate/started", "2025-1-1T0:0:0Z"), "a newer liveproof"),
    "infinite": (_set("predicate/seconds", 0).replace(b'"seconds": 0', b'"seconds": 1e999'), "no duration"),
    "negative": (_set("predicate/seconds", -1.0), "no duration"),
    "a huge number": (_set("predicate/seconds", 10**400), "out of range"),
    "a stray surrogate": (_set("predicate/host", "\ud800"), "not Unicode"),
    "no app": (_set("predicate/apps", []), "not that of its apps"),
    "a better verdict": (_set(f"{APP}/links/3/verdict", "broken"), "not that of its links"),
    "a link left out": (_set(f"{APP}/links/3", _told(HEALTHY)["links"][2]), "links of"),
    "no release compared": (_set(f"{APP}/release_compared", False), "not that of its links"),
    "another release": (_set(f"{APP}/release/digest", {"gitCommit": "a" * 40}), "subjects are not"),
    "no digest": (_set(f"{APP}/release/digest", {"gitCommit": "x"}), "is none"),
    "another digest": (_set(f"{APP}/release/digest", {"md5": "a" * 32}), "is none"),
    "another subject": (_set("subject/0/name", "/srv/x"), "subjects are not"),
    "no subject": (_set("subject", []), "subjects are not"),
    "a finding": (
        _set(f"{APP}/findings", _told(chain_of(EXAMINATIONS["broken"]))["findings"]),
        "proven and has findings that break it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NONE)
def test_statements_that_are_none(name: str) -> None:
    """Each with its reason."""
    content, says = NONE[name]
    with pytest.raises(BadChain) as caught:
        parse(content)
    assert says in str(caught.value)


@given(st.integers(0, len(payload(HEALTHY)) - 1), st.integers(0, 255))
def test_no_byte_ends_it_otherwise(at: int, byte: int) -> None:
    """Read or refused, whatever stands there."""
    content = bytearray(payload(HEALTHY))
    content[at] = byte
    try:
        parse(bytes(content))
    except BadChain as error:
        assert str(error)  # noqa: PT017  (most are refused)


NOW = HEALTHY.began + 600
OTHERS: dict[str, tuple[Expected, float, str]] = {
    "too old": (Expected(max_age=599), NOW, "too old: made 10m ago"),
    "yet to come": (Expected(), HEALTHY.began - 301, "yet to come"),
    "another host": (Expected(host="web-9"), NOW, "of host gateway-1, not of web-9"),
    "another app": (Expected(app="/srv/x"), NOW, f"does not hold /srv/x, but {PATH}"),
    "another commit": (Expected(release="d" * 40), NOW, "not with ddd"),
    "too few digits": (Expected(release=COMMIT[:6]), NOW, "not with"),
    "no text": (Expected(release="HEAD"), NOW, "not with HEAD"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_not_what_was_expected(name: str) -> None:
    """Each with its reason."""
    expected, now, says = OTHERS[name]
    (refusal,) = refusals(HEALTHY, expected, now)
    assert says in refusal


def test_what_was_expected() -> None:
    """By full commit or its first digits, by path with or without a slash; by digest and id of a manifest."""
    for release in (COMMIT, COMMIT[:7]):
        expected = Expected(600, "gateway-1", f"{PATH}/", release)
        assert not list(refusals(HEALTHY, expected, NOW))
        assert apps(HEALTHY, expected) == HEALTHY.apps
    manifest = Release("manifest", "/srv/r.json", 4, (), (), (), 0.1, id="v1", signed_by=SHA, digest=SHA)
    chain = chain_of(incident.examination(released(incident.app(), manifest)))
    for release in ("v1", SHA, f"sha256:{SHA}"):
        assert not list(refusals(chain, Expected(release=release), NOW))
    assert list(refusals(chain, Expected(release=SHA[:20]), NOW))
    for name in ("no release", "a release directory", "no app"):
        assert list(refusals(chain_of(EXAMINATIONS[name]), Expected(release=COMMIT), NOW))
    assert list(refusals(chain, Expected(release="sha256:"), NOW))


@pytest.mark.parametrize("name", EXAMINATIONS)
def test_summary(name: str) -> None:
    """SLSA's form; it passes only what is proven and has a release, and names the statement that it sums up."""
    chain = chain_of(EXAMINATIONS[name])
    whole = json.loads(summary.payload(chain, "envelope"))
    jsonschema.validate(whole, VSA)
    predicate = whole["predicate"]
    passed = name == "healthy"
    assert predicate["verificationResult"] == ("PASSED" if passed else "FAILED")
    assert predicate["verifiedLevels"] == (
        ["SLSA_BUILD_LEVEL_UNEVALUATED", "LIVEPROOF_CHAIN_PROVEN"] if passed else ["FAILED"]
    )
    assert whole["subject"] == subjects(chain)
    assert predicate["resourceUri"].isprintable()
    assert " " not in predicate["resourceUri"]


# What https://slsa.dev/spec/v1.0/verification_summary requires.
VSA = {
    "type": "object",
    "required": ["_type", "subject", "predicateType", "predicate"],
    "properties": {
        "_type": {"const": "https://in-toto.io/Statement/v1"},
        "predicateType": {"const": "https://slsa.dev/verification_summary/v1"},
        "predicate": {
            "required": [
                "verifier", "timeVerified", "resourceUri", "policy", "verificationResult", "verifiedLevels",
            ],
            "properties": {
                "verifier": {"required": ["id"]},
                "policy": {"required": ["uri"]},
                "verificationResult": {"enum": ["PASSED", "FAILED"]},
                "inputAttestations": {"items": {"required": ["uri", "digest"]}},
            },
        },
    },
}  # fmt: skip
