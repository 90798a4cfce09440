"""A signed statement of a real host: verified on this machine, broken when the host is, refused when changed."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import Host, packages
from tests.unit.attestation.signing import new_key, payload_of

KEY, STATEMENT, SUMMARY = "/root/attest.key", "/root/attest.json", "/root/vsa.json"


@pytest.fixture
def host(suite: str) -> Iterator[Host]:
    """A healthy host whose app is a git work tree."""
    with Host.up(suite, layout="git") as up:
        yield up


def _sign(host: Host, *words: str) -> subprocess.CompletedProcess[str]:
    done = host.liveproof("attest", "sign", host.app, "--key", KEY, "--output", STATEMENT, *words)
    assert "Traceback" not in done.stderr
    return done


def _verify(statement: Path, public: Path, *words: str) -> tuple[int, str]:
    """On this machine, which knows nothing of the host."""
    command = [os.path.join(os.path.dirname(sys.executable), "liveproof"), "attest", "verify", str(statement)]
    done = subprocess.run([*command, "--key", public, *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def _refused_without_cryptography(host: Host) -> None:
    """Before anything is examined; then what signs is there: Debian's where it is new enough, else this machine's."""
    for package in ("", "python3-cryptography") if host.suite == "bookworm" else ("",):
        if package:
            packages.install(host, package)
        said = _sign(host)
        assert (said.returncode, "the extra `sign`" in said.stderr) == (2, True), said.stderr
        assert not host.file(STATEMENT).exists()
    if host.suite != "bookworm":
        packages.install(host, "python3-cryptography")
        return
    here = Path(sysconfig.get_path("platlib"))
    if sys.version_info[:2] != (3, 11):
        pytest.skip("this machine's pyca/cryptography is for another Python than bookworm's")
    for one in ("cryptography", "cffi", *(path.name for path in here.glob("_cffi_backend*"))):
        host.push(here / one, f"/usr/local/lib/python3.11/dist-packages/{one}")


def test_proven_broken_and_changed(host: Host, tmp_path: Path) -> None:
    """The healthy host is proven here by commit and name; the broken one says what broke it; no byte may differ."""
    tmp_path.chmod(0o700)
    private, public = new_key(tmp_path)
    host.push(private, KEY)
    _refused_without_cryptography(host)
    commit = host.sh("git -c safe.directory='*' rev-parse HEAD")
    host.warm()
    said = _sign(host, "--vsa", SUMMARY)
    assert said.returncode == 0, said.stdout + said.stderr
    statement = host.file(STATEMENT)
    assert statement.stat().st_mode & 0o777 == 0o600
    whole = payload_of(statement.read_bytes())
    assert whole["subject"][0]["digest"] == {"gitCommit": commit}
    assert payload_of(host.file(SUMMARY).read_bytes())["predicate"]["verificationResult"] == "PASSED"
    links = {link["link"]: link for link in whole["predicate"]["apps"][0]["links"]}
    assert all(
        any(rule["holds"] for rule in links[name]["rules"]) for name in ("release", "memory", "services", "wire")
    )
    name = whole["predicate"]["host"]
    status, told = _verify(
        statement, public, "--max-age", "10m", "--host", name, "--app", host.app, "--release", commit
    )
    assert (status, told.startswith("PROVEN")) == (0, True), told
    assert _verify(statement, public, "--release", "0" * 40)[0] == 1
    secret = next(line for line in host.sh("cat .env").splitlines() if line.startswith("APP_KEY=")).partition("=")[2]
    assert secret not in json.dumps(whole)

    content = bytearray(statement.read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / "changed.json"
    changed.write_bytes(content)
    status, told = _verify(changed, public)
    assert (status, told.startswith("REFUSED")) == (1, True), told

    host.sh("printf '\\n' >> artisan")
    said = _sign(host, "--only-proven")
    assert (said.returncode, "nothing was signed" in said.stdout) == (1, True)
    said = _sign(host, "--vsa", SUMMARY)
    assert said.returncode == 1
    status, told = _verify(host.file(STATEMENT), public)
    assert (status, told.startswith("BROKEN"), "release broken" in told) == (1, True, True), told
    assert payload_of(host.file(SUMMARY).read_bytes())["predicate"]["verificationResult"] == "FAILED"
