"""Sign and verify as a user does: what the paper says is the exit status, and what was tampered with is refused."""

import builtins
import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from liveproof.attestation import release as releases
from liveproof.attestation.chain import MOST_BYTES
from liveproof.cli import main, session
from liveproof.model.examination import Examination
from tests.golden import hostile, incident
from tests.golden.contracts import refuse_other
from tests.golden.seed_facts import PATH
from tests.unit.attestation.signing import SHA, new_key, payload_of, signed
from tests.unit.attestation.test_chain import COMMIT, EXAMINATIONS


class Bench:
    """Keys, the commands, and what the examination says."""

    def __init__(self, room: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.room, self._capsys = room, capsys
        self.private, self.public = new_key(room, "attest")
        self.statement, self.summary = room / "host.attest.json", room / "host.vsa.json"
        self.examined = 0
        self.says = EXAMINATIONS["healthy"]
        monkeypatch.setenv("LIVEPROOF_STATE", str(room / "state"))
        monkeypatch.setattr("liveproof.config.default_path", lambda: str(room / "none.toml"))
        monkeypatch.setattr(session, "rule_pages", lambda: incident.PAGES)
        monkeypatch.setattr(session, "examine", self._examine)
        monkeypatch.setattr(session, "ready_probe", lambda: None)
        monkeypatch.setattr(session, "pending", tuple)

    def _examine(self, *_: object) -> Examination:
        self.examined += 1
        return self.says

    def run(self, *words: str | Path) -> tuple[int, str]:
        """The exit status, and all that was printed."""
        status = main.main(["attest", *map(str, words)])
        out, err = self._capsys.readouterr()
        return status, out + err

    def report(self) -> str:
        """What `liveproof report` tells of the last run."""
        main.main(["report"])
        return self._capsys.readouterr().out

    def sign(self, *words: str | Path) -> tuple[int, str]:
        return self.run("sign", "--key", self.private, "--output", self.statement, *words)

    def verify(self, *words: str | Path) -> tuple[int, str]:
        return self.run("verify", self.statement, "--key", self.public, *words)


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Bench:
    tmp_path.chmod(0o700)
    return Bench(tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("healthy", 0, "PROVEN  gateway-1 at 2025-10-24T"),
        ("no release", 0, "PROVEN (no release compared)  gateway-1"),
        ("broken", 1, "memory broken: OPC001"),
        ("unproven", 3, "UNPROVEN  gateway-1"),
        ("no app", 3, "nginx is not running"),
        ("several", 1, "/var/www/shop: proven"),
        ("hostile", 1, "BROKEN"),
    ],
)
def test_the_paper_says_what_was_examined(name: str, status: int, says: str, bench: Bench) -> None:
    """Both commands exit as `check` does; whatever the verdict, there is a paper, and nothing drives the terminal."""
    bench.says = EXAMINATIONS[name]
    assert bench.sign()[0] == status
    assert stat.S_IMODE(bench.statement.stat().st_mode) == 0o600
    found, out = bench.verify()
    assert (found, says in out) == (status, True), out
    assert all(line.isprintable() for line in out.splitlines())
    assert not any(secret in out for secret in hostile.SECRETS)
    found, out = bench.verify("--format", "json")
    told = json.loads(out)
    refuse_other(told, "liveproof-attest-1")
    assert (found, told["verdict"]) == (status, bench.says.verdict.value)


def test_what_was_meant(bench: Bench) -> None:
    """Host, app and release are asked of the statement; of an app of several only its own verdict counts."""
    assert bench.sign()[0] == 0
    words = ("--host", "gateway-1", "--app", PATH, "--release", COMMIT[:12])
    assert bench.verify(*words)[0] == 0
    for option, value in (("--host", "web-9"), ("--app", "/srv"), ("--release", "d" * 40), ("--max-age", "1h")):
        status, out = bench.verify(*words, option, value)
        assert (status, out.startswith("REFUSED")) == (1, True), out
        status, out = bench.verify(*words, option, value, "--format", "json")
        refuse_other(json.loads(out), "liveproof-attest-1")
        assert json.loads(out)["verdict"] == "refused"
    bench.says = EXAMINATIONS["several"]
    bench.sign()
    assert bench.verify("--app", "/var/www/shop")[0] == 0
    assert bench.verify("--app", PATH)[0] == 1


def test_only_proven(bench: Bench) -> None:
    """Nothing is written unless all is proven; one from before is left, and named."""
    bench.says = EXAMINATIONS["broken"]
    status, out = bench.sign("--only-proven", "--vsa", bench.summary)
    assert (status, "nothing was signed: BROKEN" in out) == (1, True)
    assert not bench.statement.exists()
    assert not bench.summary.exists()
    bench.says = EXAMINATIONS["healthy"]
    assert bench.sign("--only-proven")[0] == 0
    before = bench.statement.read_bytes()
    bench.says = EXAMINATIONS["broken"]
    assert f"{bench.statement} is from before" in bench.sign("--only-proven")[1]
    assert bench.statement.read_bytes() == before


def test_summary(bench: Bench) -> None:
    """Signed by the same key, naming the statement by its digest; verify tells that it is another paper."""
    status, out = bench.sign("--vsa", bench.summary)
    assert (status, f"summary  {bench.summary}: PASSED" in out) == (0, True)
    (named,) = payload_of(bench.summary.read_bytes())["predicate"]["inputAttestations"]
    assert named["digest"]["sha256"] == hashlib.sha256(bench.statement.read_bytes()).hexdigest()
    bench.statement = bench.summary
    assert "something else than urn:liveproof:predicate:chain:1" in bench.verify()[1]


def _byte(bench: Bench) -> None:
    content = bytearray(bench.statement.read_bytes())
    content[60] = ord("A") if content[60] != ord("A") else ord("B")
    bench.statement.write_bytes(content)


def _other_key(bench: Bench) -> None:
    bench.private = new_key(bench.room, "other")[0]
    bench.sign()


def _resigned(bench: Bench, change: Callable[[Any], object]) -> None:
    whole = payload_of(bench.statement.read_bytes())
    change(whole)
    bench.statement.write_bytes(signed(whole, bench.private))


def _twice(bench: Bench) -> None:
    text = bench.statement.read_text()
    bench.statement.write_text(text.replace('{"payload":', '{"payload": "e30=", "payload":', 1))


def _twice_inside(bench: Bench) -> None:
    text = json.dumps(payload_of(bench.statement.read_bytes()))
    twice = text.replace('"verdict": "proven"', '"verdict": "broken", "verdict": "proven"', 1).encode()
    bench.statement.write_bytes(signed(twice, bench.private))


def _manifest(bench: Bench) -> None:
    release = releases.made([("a.php", "file", 0o644, 3, SHA)], "v1", ())
    bench.statement.write_bytes(signed(releases.payload(release), bench.private))


TAMPERED: dict[str, tuple[Callable[[Bench], object], str]] = {
    "one byte": (_byte, ""),
    "one byte of the signature": (
        lambda bench: bench.statement.write_text(bench.statement.read_text().replace('"sig": "', '"sig": "AAAA')),
        "none of the given keys",
    ),
    "another key": (_other_key, "none of the given keys"),
    "cut off": (lambda bench: os.truncate(bench.statement, 300), "not complete JSON"),
    "empty": (lambda bench: os.truncate(bench.statement, 0), "not complete JSON"),
    "a key twice": (_twice, "'payload' stands there twice"),
    "a key twice in what was signed": (_twice_inside, "'verdict' stands there twice"),
    "another type": (
        lambda bench: _resigned(bench, lambda whole: whole.update(predicateType="urn:x\x1b[2J")),
        "else than",
    ),
    "a release manifest": (_manifest, "signed release manifest"),
    "a better verdict": (
        lambda bench: _resigned(bench, lambda whole: whole["predicate"].update(verdict="broken")),
        "not that of its apps",
    ),
    "hostile names": (
        lambda bench: _resigned(bench, lambda whole: whole["predicate"].update(host="x\x1b[2J\n## PROVEN")),
        "is of host x\\x1b[2J\\n## PROVEN, not of gateway-1",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_refused(name: str, bench: Bench) -> None:
    """Each with its reason, and the terminal is not written to by names."""
    act, says = TAMPERED[name]
    bench.sign()
    act(bench)
    status, out = bench.verify("--host", "gateway-1")
    assert (status, out.startswith("REFUSED"), says in out) == (1, True, True), out
    assert "\x1b" not in out


def test_too_old(bench: Bench) -> None:
    """A paper of last month says nothing of today."""
    bench.sign()
    status, out = bench.verify("--max-age", "30d")
    assert (status, "too old" in out) == (1, True)


def test_usage_errors_come_before_the_examination(bench: Bench) -> None:
    """Status 2 with what to do; nothing is examined, nothing written."""
    none, link = bench.room / "none", bench.room / "link"
    link.symlink_to(none)
    here = ("--output", bench.statement)
    for words, says in (
        (("sign", "--key", none, *here), "No such file"),
        (("sign", "--key", bench.public, *here), "others may read it"),
        (("sign", "--key", bench.private, "--output", "-"), "name a file"),
        (("sign", "--key", bench.private, "--output", none / "x"), "does not exist"),
        (("sign", "--key", bench.private, "--output", link), "symbolic link"),
        (("sign", "--key", bench.private, *here, "--vsa", bench.statement), "name the same file"),
        (("sign", "--key", bench.private, *here, "--vsa", none / "x"), "does not exist"),
        (("sign", "--key", bench.private, *here, none), "there is no"),
        (("sign", "--key", bench.private), "--output"),
        (("verify", none, "--key", bench.public), "No such file"),
        (("verify", bench.public, "--key", none), "No such file"),
        (("verify", bench.public, "--key", bench.private), "holds a private key"),
        (("verify", bench.public, "--key", bench.public, "--max-age", "1x"), "--max-age: should be a duration"),
        (("verify", bench.public, "--key", bench.public, "--max-age", "0s"), "nothing is that young"),
    ):
        status, out = bench.run(*words)
        assert (status, says in out) == (2, True), (words, out)
    with none.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    assert bench.run("verify", none, "--key", bench.public)[0] == 2
    assert (bench.examined, bench.statement.exists()) == (0, False)


def test_without_what_signs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """How to get it is said before anything is examined."""
    real = builtins.__import__

    def missing(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    status, out = bench.sign()
    assert (status, "pip install 'liveproof[sign]'" in out, bench.examined) == (2, True, 0), out


def test_the_run_is_kept(bench: Bench) -> None:
    """As one of `check`, so that `report` tells the whole story of a paper that says BROKEN."""
    bench.says = EXAMINATIONS["broken"]
    bench.sign()
    assert "BROKEN" in bench.report()
