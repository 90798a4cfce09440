"""Sign and verify as a user does: what was tampered with is refused with its reason, and nothing hangs."""

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from liveproof.attestation import release as statements
from liveproof.cli import main, releases
from liveproof.host.files import digests, tree_digests
from tests.golden.contracts import refuse_other
from tests.unit.attestation.signing import new_key, payload_of, provenance, signed


class Bench:
    """A build, keys, and the commands."""

    def __init__(self, room: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.room, self._capsys = room, capsys
        self.build, self.manifest = room / "build", room / "release.json"
        self.private, self.public = new_key(room)
        for name, text in {
            "artisan": "#!/usr/bin/env php\n",
            "app/A.php": "<?php // 1\n",
            "app/B.php": "<?php\n",
        }.items():
            (self.build / name).parent.mkdir(parents=True, exist_ok=True)
            (self.build / name).write_text(text)
            (self.build / name).chmod(0o644)
        (self.build / "artisan").chmod(0o755)
        (self.build / "vendor/bin").mkdir(parents=True)
        (self.build / "vendor/bin/tool").symlink_to("../../app/A.php")

    def run(self, *words: str | Path) -> tuple[int, str]:
        """The exit status, and all that was printed."""
        status = main.main(["release", *map(str, words)])
        out, err = self._capsys.readouterr()
        return status, out + err

    def sign(self, *words: str | Path) -> tuple[int, str]:
        return self.run("sign", self.build, "--key", self.private, "--output", self.manifest, *words)

    def verify(self, *words: str | Path) -> tuple[int, str]:
        return self.run("verify", self.manifest, self.build, "--key", self.public, *words)


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    tmp_path.chmod(0o700)
    return Bench(tmp_path, capsys)


@pytest.fixture
def release(bench: Bench) -> Bench:
    assert bench.sign("--release-id", "v1", "--expires", "1h")[0] == 0
    return bench


def test_signed_and_verified(bench: Bench) -> None:
    """What a host has of its own is no part of it, before and after."""
    (bench.build / ".env").write_text("APP_KEY=hunter2\n")
    status, out = bench.sign("--release-id", "v1.4.2", "--expires", "90d")
    assert (status, "signed 4 files" in out, "release v1.4.2, expires" in out) == (0, True, True)
    assert stat.S_IMODE(bench.manifest.stat().st_mode) == 0o644
    for path in ("storage/logs/laravel.log", "bootstrap/cache/config.php", ".git/HEAD"):
        (bench.build / path).parent.mkdir(parents=True)
        (bench.build / path).write_text("x")
    status, out = bench.verify("--release-id", "v1.4.2")
    assert (status, "verified 4 files" in out) == (0, True)
    paths = [file["path"] for file in payload_of(bench.manifest.read_bytes())["predicate"]["files"]]
    assert paths == ["app/A.php", "app/B.php", "artisan", "vendor/bin/tool"]


def test_the_manifest_may_lie_in_the_build(bench: Bench) -> None:
    """It is no part of itself, also when it is written once more."""
    bench.manifest = bench.build / "release.json"
    for _ in range(2):
        assert bench.sign()[0] == 0
        assert bench.verify()[0] == 0


def test_json(release: Bench) -> None:
    """As its schema says, whatever the verdict."""
    status, out = release.verify("--format", "json")
    told = json.loads(out)
    refuse_other(told, "liveproof-release-1")
    assert (status, told["verdict"], told["release"]["id"], told["release"]["files"]) == (0, "verified", "v1", 4)
    (release.build / os.fsdecode(b"caf\xe9.php")).write_text("")
    (release.build / "app/A.php").write_text("<?php // 2\n")
    status, out = release.verify("--format", "json")
    told = json.loads(out)
    refuse_other(told, "liveproof-release-1")
    assert (status, told["verdict"], [one["kind"] for one in told["refusals"]]) == (1, "refused", ["changed", "unfit"])
    for words, status in (((), 1), (("--exclude", "caf*"), 0)):
        assert release.sign("--format", "json", *words)[0] == status


def test_sign_in_json(release: Bench) -> None:
    """Both verdicts."""
    for verdict, status in (("signed", 0), ("refused", 1)):
        found, out = release.sign("--format", "json")
        refuse_other(json.loads(out), "liveproof-release-1")
        assert (found, json.loads(out)["verdict"]) == (status, verdict)
        os.mkfifo(release.build / "fifo") if verdict == "signed" else None


def _fifo(build: Path) -> None:
    (build / "app/A.php").unlink()
    os.mkfifo(build / "app/A.php")


def _device(build: Path) -> None:
    os.mknod(build / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))


def _socket(build: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(build)
        try:
            one.bind("s")
        finally:
            os.chdir(here)


def _directory_for_file(build: Path) -> None:
    (build / "app/A.php").unlink()
    (build / "app/A.php").mkdir()


def _link_for_directory(build: Path) -> None:
    (build / "app").rename(build.parent / "app")
    (build / "app").symlink_to(build.parent / "app")


def _relink(build: Path, target: str) -> None:
    (build / "vendor/bin/tool").unlink()
    (build / "vendor/bin/tool").symlink_to(target)


def _nested(build: Path) -> None:
    (build / "n").mkdir()
    (build / "n/x").touch()


def _huge(build: Path) -> None:
    with (build / "app/A.php").open("wb") as file:
        file.truncate(tree_digests.MOST_BYTES + 1)


TAMPERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "one byte": (lambda build: (build / "app/A.php").write_text("<?php // 2\n"), "app/A.php has another content"),
    "one byte more": (lambda build: (build / "app/A.php").write_text("<?php // 1\n\n"), "app/A.php has 12 bytes, 11"),
    "one mode": (lambda build: (build / "app/A.php").chmod(0o664), "app/A.php has mode 0664, 0644 was signed"),
    "setuid": (lambda build: (build / "artisan").chmod(0o4755), "artisan has mode 4755"),
    "one extra file": (lambda build: (build / "x.php").write_text(""), "x.php is not in the manifest"),
    "an extra file in a new directory": (_nested, "n/x is not"),
    "one missing file": (lambda build: (build / "app/B.php").unlink(), "app/B.php is not there"),
    "a link that leads elsewhere": (lambda build: _relink(build, "../../app/B.php"), "vendor/bin/tool is a link to"),
    "a link that leads out": (lambda build: _relink(build, "../../../app"), "leads out of the directory"),
    "a link that leads out in a roundabout way": (lambda build: _relink(build, "x/../../../.."), "leads out"),
    "a link to /etc": (lambda build: _relink(build, "/etc/passwd"), "is a link to an absolute path"),
    "a link for a directory": (_link_for_directory, "app is a link to an absolute path"),
    "a directory for a file": (_directory_for_file, "app/A.php is not there"),
    "a FIFO for a file": (_fifo, "app/A.php is a FIFO"),
    "a socket": (_socket, "s is a socket"),
    "a huge file": (_huge, "app/A.php is larger than 2 GiB"),
    "a name that is not UTF-8": (lambda build: (build / os.fsdecode(b"\xe9.php")).touch(), "its name is not UTF-8"),
    "a name with an escape": (lambda build: (build / "\x1b[2J.php").touch(), "its name holds a control character"),
    "a directory with such a name": (lambda build: (build / "a\nb").mkdir(), "its name holds a control character"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_refused(name: str, release: Bench) -> None:
    """Each with its reason, and the terminal is not written to by names."""
    act, says = TAMPERED[name]
    act(release.build)
    status, out = release.verify()
    assert (status, says in out) == (1, True), out
    assert "\x1b" not in out


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_devices_are_refused(release: Bench) -> None:
    """As all that is neither file nor link; nothing of it is opened."""
    _device(release.build)
    assert "null is a device" in release.verify()[1]
    status, out = release.sign()
    assert (status, "was not signed" in out, "null is a device" in out) == (1, True, True)


@pytest.mark.parametrize(
    "name", ["a FIFO for a file", "a socket", "a link to /etc", "a huge file", "a name with an escape"]
)
def test_what_cannot_be_signed(name: str, bench: Bench) -> None:
    """Each with its reason; no manifest is written."""
    act, says = TAMPERED[name]
    act(bench.build)
    status, out = bench.sign()
    assert (status, says in out, bench.manifest.exists()) == (1, True, False), out


def _statement(bench: Bench, **fields: Any) -> None:
    whole = payload_of(bench.manifest.read_bytes())
    whole["predicate"] |= fields
    bench.manifest.write_bytes(signed(whole, bench.private))


def _other_key(bench: Bench) -> None:
    bench.private = new_key(bench.room, "other")[0]
    bench.sign()


def _cut(bench: Bench) -> None:
    bench.manifest.write_bytes(bench.manifest.read_bytes()[:-30])


def _fewer(bench: Bench) -> None:
    whole = payload_of(bench.manifest.read_bytes())
    _statement(bench, files=whole["predicate"]["files"][:2])


MANIFESTS: dict[str, tuple[Callable[[Bench], object], str]] = {
    "another key": (_other_key, "none of the given keys"),
    "cut off": (_cut, "not complete JSON"),
    "empty": (lambda bench: bench.manifest.write_bytes(b""), "not complete JSON"),
    "fewer files": (_fewer, "not those of its subject's digest"),
    "expired": (lambda bench: _statement(bench, expires="2020-01-01T00:00:00Z"), "expired at 2020-01-01T00:00:00Z"),
    "yet to come": (lambda bench: _statement(bench, created="2999-01-01T00:00:00Z"), "yet to come"),
    "replayed": (lambda bench: bench.sign("--release-id", "v0"), "is of release v0, not of v1"),
    "sha256sum's lines": (lambda bench: bench.manifest.write_text("ab" * 32 + "  a\n"), "not complete JSON"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests_that_do_not_count(name: str, release: Bench) -> None:
    """Each with its reason; no file is read for them."""
    act, says = MANIFESTS[name]
    act(release)
    status, out = release.verify("--release-id", "v1")
    assert (status, says in out) == (1, True), out
    assert "is not there" not in out


def test_provenance(release: Bench) -> None:
    """Verified along, or refused with its reason."""
    digest = payload_of(release.manifest.read_bytes())["subject"][0]["digest"]["sha256"]
    private, public = new_key(release.room, "ci")
    built = release.room / "build.intoto.jsonl"
    words = ("--provenance", built, "--provenance-key", public)
    built.write_bytes(signed(provenance(digest), private))
    status, out = release.verify(*words)
    assert (status, "built by  https://ci.example.com/builder" in out) == (0, True)
    told = json.loads(release.verify(*words, "--format", "json")[1])
    refuse_other(told, "liveproof-release-1")
    assert told["provenance"]["builder"] == "https://ci.example.com/builder"
    built.write_bytes(signed(provenance("ab" * 32), private))
    status, out = release.verify(*words)
    assert (status, "no subject of it has this release's digest" in out) == (1, True)
    built.write_bytes(signed(provenance(digest), release.private))
    assert "none of the given keys" in release.verify(*words)[1]
    assert release.verify("--provenance", built)[0] == 2


def test_usage_errors(release: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 2 with what to do, and nothing is written."""
    os.mkfifo(release.room / "fifo")
    none = release.room / "none"
    for words, says in (
        (("sign", none, "--key", release.private, "--output", none), "No such file"),
        (("sign", release.private, "--key", release.private, "--output", none), "Not a directory"),
        (("sign", release.build, "--key", none, "--output", none), "No such file"),
        (("sign", release.build, "--key", release.room / "fifo", "--output", none), "not a regular file"),
        (("sign", release.build, "--key", release.build, "--output", none), "Is a directory"),
        (("sign", release.build, "--key", release.public, "--output", none), "others may read it"),
        (("sign", release.build, "--key", release.private, "--output", "-"), "name a file"),
        (("sign", release.build, "--key", release.private, "--output", none / "x"), "does not exist"),
        (("sign", release.build, "--key", release.private, "--output", release.build / "a*"), "none of"),
        (("sign", release.build, "--key", release.private, "--output", none, "--expires", "1x"), "duration"),
        (("sign", release.build, "--key", release.private, "--output", none, "--release-id", "a b"), "letters"),
        (("sign", release.build, "--key", release.private, "--output", none, "--exclude", "/x"), "below DIR"),
        (("verify", none, release.build, "--key", release.public), "No such file"),
        (("verify", release.room / "fifo", release.build, "--key", release.public), "not a regular file"),
        (("verify", release.manifest, none, "--key", release.public), "No such file"),
        (("verify", release.manifest, release.build, "--key", none), "No such file"),
        (("verify", release.manifest, release.build, "--key", release.private), "holds a private key"),
        (("verify", release.manifest, release.build, "--key", release.room / "fifo"), "regular file"),
    ):
        status, out = release.run(*words)
        assert (status, says in out) == (2, True), (words, out)
        assert not none.exists()
    monkeypatch.setattr(releases, "_SECONDS", 0.0)
    assert "was not read in" in release.verify()[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root refuses what others could write")
def test_a_key_that_others_could_write(release: Bench) -> None:
    """Root trusts root's keys alone."""
    release.public.chmod(0o666)
    status, out = release.verify()
    assert (status, "another user could write it" in out) == (2, True)


def test_a_key_from_standard_input(bench: Bench) -> None:
    """As an encrypted one comes from openssl."""
    command = [os.path.join(os.path.dirname(sys.executable), "liveproof"), "release", "sign", str(bench.build)]
    command += ["--key", "-", "--output", str(bench.manifest)]
    with bench.private.open("rb") as key:
        ran = subprocess.run(command, stdin=key, capture_output=True, text=True, check=False)
    assert (ran.returncode, bench.verify()[0]) == (0, 0), ran.stderr


def test_what_changes_meanwhile_is_not_signed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file that is written while it is read nobody can say what it holds."""
    real = digests.digester

    def slow(algorithm: str, *, blobs: bool) -> Callable[[int, int], str]:
        digest = real(algorithm, blobs=blobs)

        def touching(descriptor: int, size: int) -> str:
            found = digest(descriptor, size)
            os.utime(f"/proc/self/fd/{descriptor}", (1, 1))
            return found

        return touching

    monkeypatch.setattr(tree_digests, "digester", slow)
    status, out = bench.sign()
    assert (status, "app/A.php changed while it was read" in out) == (1, True)


def test_the_table_begins_at_what_is_right(release: Bench) -> None:
    """What is re-signed without a change counts."""
    _statement(release)
    assert release.verify("--release-id", "v1")[0] == 0
    assert statements.parse(json.dumps(payload_of(release.manifest.read_bytes())).encode()).id == "v1"
