"""A signed manifest as the intended release: proven by its key, and refused in every other way."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from liveproof.attestation import envelope
from liveproof.attestation.keys import PublicKey
from liveproof.attestation.release import EXCLUDED, made, payload
from liveproof.host.errors import CannotSee
from liveproof.host.files import file_state
from liveproof.host.files.tree_digests import measure
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.release import Release
from liveproof.model.settings import AppTable, Settings
from liveproof.probes import files, release
from liveproof.store.cache import Cache
from tests.unit.attestation.signing import new_key, payload_of, signed


class Bench:
    """A deployed app, a manifest of it, and the keys."""

    def __init__(self, room: Path) -> None:
        self.tree, self.manifest, self.cache = room / "app", room / "release.json", Cache(str(room / "cache"))
        (room / "cache").mkdir()
        self.room = room
        self.private, self.public = new_key(room)
        for name in ("artisan", "app/A.php", "public/index.php"):
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / name).write_text(f"<?php // {name}\n")
        (self.tree / "artisan").chmod(0o755)
        (self.tree / "app/link").symlink_to("A.php")
        self.settings = AppTable(release=str(self.manifest), release_key=str(self.public))
        self.sign()

    def sign(self, private: Path | None = None, lasts: float = 0.0) -> None:
        one = made(measure(str(self.tree), lambda _: False).files, "v1", EXCLUDED, lasts)
        self.manifest.write_bytes(signed(payload(one), private or self.private))

    def see(self, **fields: str) -> Release:
        table = {name: getattr(self.settings, name) for name in ("release", "release_key")} | fields
        app = App(str(self.tree), str(self.tree), "", "root", os.geteuid(), os.getegid(), (), (), (), laravel=True)
        settings = Settings(app=AppTable(**table))
        return release.probe(Reader(), settings, self.cache, app, files.probe(Reader(), settings, app))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(file_state, "TICK_NS", 0)
    tmp_path.chmod(0o700)
    return Bench(tmp_path)


def test_proven_by_its_key(bench: Bench) -> None:
    """Every file of it; the release and the key have names."""
    seen = bench.see(release_id="v1")
    assert (seen.kind, seen.compared, seen.changed, seen.missing, seen.modes) == ("manifest", 4, (), (), ())
    assert (seen.id, len(seen.signed_by)) == ("v1", 64)
    assert seen.digest == payload_of(bench.manifest.read_bytes())["subject"][0]["digest"]["sha256"]
    assert seen.name == f"release v1 (manifest {bench.manifest}, signed by key {seen.signed_by[:16]})"
    assert bench.see(release="../release.json").changed == ()


def test_what_differs(bench: Bench) -> None:
    """As with any other release."""
    (bench.tree / "app/A.php").write_text("<?php // 2\n")
    (bench.tree / "public/index.php").unlink()
    (bench.tree / "artisan").chmod(0o644)
    (bench.tree / "app/link").unlink()
    (bench.tree / "app/link").symlink_to("B.php")
    seen = bench.see()
    assert seen.changed == ("app/A.php", "app/link")
    assert (seen.missing, seen.modes) == (("public/index.php",), ("artisan",))


def test_verified_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """While neither manifest nor key changes; then once more."""
    asked: list[int] = []

    def counted(content: bytes, keys: Sequence[PublicKey]) -> tuple[bytes, PublicKey]:
        asked.append(1)
        return envelope.verify(content, keys)

    monkeypatch.setattr("liveproof.probes.release.signed.verify", counted)
    bench.see()
    first = len(asked)
    assert bench.see().compared == 4
    assert len(asked) == first > 0
    bench.sign()
    bench.see()
    assert len(asked) > first


REFUSED: dict[str, tuple[Callable[[Bench], object], dict[str, str], str]] = {
    "no key": (lambda _: None, {"release_key": ""}, "nothing says by whom"),
    "another key": (lambda bench: bench.sign(new_key(bench.room, "other")[0]), {}, "none of the given keys"),
    "no such key": (lambda bench: bench.public.unlink(), {}, "cannot be read: No such file"),
    "a private key": (lambda bench: bench.public.write_bytes(bench.private.read_bytes()), {}, "holds a private key"),
    "a key that all may write": (lambda bench: bench.public.chmod(0o666), {}, "another user could write it"),
    "cut off": (lambda bench: bench.manifest.write_bytes(bench.manifest.read_bytes()[:-9]), {}, "not complete JSON"),
    "replayed": (lambda _: None, {"release_id": "v2"}, "is of release v1, not of v2"),
    "not signed": (lambda bench: bench.manifest.write_text(f"{'ab' * 32}  artisan\n"), {}, "not complete JSON"),
    "not signed, an id asked for": (
        lambda bench: bench.manifest.write_text(f"{'ab' * 32}  artisan\n"), {"release_key": "", "release_id": "v1"},
        "nothing says by whom",
    ),
    "gone": (lambda bench: bench.manifest.unlink(), {"release": "../release.json"}, "nothing at all"),
    "none named": (lambda _: None, {"release": ""}, "no signed manifest is named"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, bench: Bench) -> None:
    """Unknown with the reason, also where an earlier check believed it."""
    bench.see()
    act, fields, says = REFUSED[name]
    act(bench)
    with pytest.raises(CannotSee, match=says):
        bench.see(**fields)


def test_expired(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it was remembered as verified."""
    bench.sign(lasts=60.0)
    bench.see()
    later = time.time() + 61
    monkeypatch.setattr("liveproof.probes.release.signed.time.time", lambda: later)
    with pytest.raises(CannotSee, match="expired at"):
        bench.see()


def test_a_commit_is_not_signed(bench: Bench) -> None:
    """With a key, whoever can write the repository cannot put a branch in the manifest's place."""
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-C", str(bench.tree)]
    for words in (["init", "-q", "-b", "release.json"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*command, *words], check=True)
    for named in ("release.json", ""):
        with pytest.raises(CannotSee, match="signatures are asked for"):
            bench.see(release=named)


def test_a_check_without_one_does_not_pay() -> None:
    """Neither library is imported with the probe."""
    costly = "{'securesystemslib', 'cryptography', 'hashlib'}"
    script = f"import sys, liveproof.probes.release; print({costly} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
