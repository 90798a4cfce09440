"""A signed manifest on real hosts: what a trusted key signed is proven, and nothing else is believed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Host
from tests.unit.attestation.signing import new_key

KEY, MANIFEST = "/etc/liveproof/release.pub", "/srv/release.json"
NAMED = ("--release", MANIFEST, "--release-key", KEY)


@pytest.fixture
def host(suite: str) -> Iterator[Host]:
    """A healthy host of the plain layout."""
    with Host.up(suite) as up:
        yield up


def _sign(host: Host, private: Path, *words: str) -> None:
    """Signed on the build machine, which this one is, from the very files."""
    out = private.parent / "release.json"
    command = [os.path.join(os.path.dirname(sys.executable), "liveproof"), "release", "sign", str(host.file(host.app))]
    subprocess.run([*command, "--key", private, "--output", out, *words], check=True)
    host.push(out, MANIFEST)


def _release(host: Host, *words: str) -> tuple[str, str, list[str]]:
    """State and reason of the link, and the codes of its findings."""
    report: dict[str, Any] = json.loads(host.liveproof("check", host.app, "--format", "json", *words).stdout)
    (app,) = report["apps"]
    (link,) = (one for one in app["links"] if one["link"] == "release")
    return link["verdict"], link["reason"], [one["code"] for one in app["findings"] if one["code"].startswith("REL")]


def test_signed_and_proven(host: Host, tmp_path: Path) -> None:
    """Proven by the key; unproven without it, with another, when expired, replayed, unsigned or cut off."""
    private, public = new_key(tmp_path)
    host.push(public, KEY)
    _sign(host, private, "--release-id", "v1")
    assert _release(host, *NAMED, "--release-id", "v1")[0] == "proven"
    verify = host.liveproof("release", "verify", MANIFEST, host.app, "--key", KEY)
    assert verify.returncode == 0, verify.stdout + verify.stderr
    assert "nothing says by whom" in _release(host, "--release", MANIFEST)[1]
    assert "of release v1, not of v2" in _release(host, *NAMED, "--release-id", "v2")[1]
    host.sh(f"chmod 666 {KEY}")
    assert "another user could write it" in _release(host, *NAMED)[1]
    host.sh(f"chmod 644 {KEY}; printf '\\n' >> {host.app}/artisan")
    assert _release(host, *NAMED)[0] == "broken"
    told = host.liveproof("release", "verify", MANIFEST, host.app, "--key", KEY)
    assert (told.returncode, "artisan has" in told.stdout) == (1, True)
    host.sh(f"truncate -s -1 {host.app}/artisan")
    assert _release(host, *NAMED)[0] == "proven"
    _sign(host, new_key(tmp_path, "other")[0])
    verdict, reason, _ = _release(host, *NAMED)
    assert (verdict, "none of the given keys" in reason) == ("unproven", True)
    host.sh(f"cd {host.app} && sha256sum artisan > {MANIFEST}")
    verdict, reason, _ = _release(host, *NAMED)
    assert (verdict, "cannot be used" in reason) == ("unproven", True)
