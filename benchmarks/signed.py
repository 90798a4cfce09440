"""500 MB in 40,000 files measured, signed, and verified by `release`, against ``sha256sum`` of the same files.

Ours is timed within a fresh Python from the first file to the verdict, base64, JSON and signature included; the whole
commands, with Python's start, are told beside it.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import quiet
from benchmarks.content import BYTES, FILES, ROUNDS, build, sha256sum_once
from benchmarks.rows import Row, table

_INSIDE = """
import gc, json, sys, time
from liveproof.analysis.files.patterns import matcher
from liveproof.attestation.differences import differences
from liveproof.attestation.envelope import sign, verify
from liveproof.attestation.keys import public_keys
from liveproof.attestation.release import EXCLUDED, made, parse, payload
from liveproof.host.files.tree_digests import measure
gc.disable()  # as liveproof.cli.main does
root, private, public = sys.argv[1], open(sys.argv[2], "rb").read(), public_keys(open(sys.argv[3], "rb").read())
started = time.perf_counter()
text, _ = sign(payload(made(measure(root, matcher(EXCLUDED)).files, "bench", EXCLUDED)), private)
signing = time.perf_counter() - started
started = time.perf_counter()
release = parse(verify(text.encode(), public)[0])
wrong = list(differences(release.files, measure(root, matcher(release.exclude))))
print(json.dumps([signing, time.perf_counter() - started, len(release.files), len(wrong)]))
"""


class Signed(NamedTuple):
    """Seconds to sign and to verify, and of each whole command."""

    sign: float
    verify: float
    sign_whole: float
    verify_whole: float


def signed_once(root: Path, room: Path, files: int) -> Signed:
    """Ours, within one fresh process and as commands."""
    key, public, manifest = room / "release.key", room / "release.pub", room / "release.json"
    command = [sys.executable, "-I", "-c", _INSIDE, str(root), str(key), str(public)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    signing, verifying, count, wrong = json.loads(ran.stdout)
    if (count, wrong) != (files, 0):
        raise AssertionError(f"of {files} files {count} were signed, {wrong} told as wrong")
    ours = [sys.executable, "-m", "liveproof", "release"]
    sign = _seconds([*ours, "sign", str(root), "--key", str(key), "--output", str(manifest)])
    return Signed(signing, verifying, sign, _seconds([*ours, "verify", str(manifest), str(root), "--key", str(public)]))


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure(files: int = FILES, size: int = BYTES, rounds: int = ROUNDS) -> list[Row]:
    """All in turn on the same tree, warm; ratios are medians of pairs."""
    with tempfile.TemporaryDirectory(prefix="liveproof-signed-") as directory:
        room = Path(directory)
        root, listed = room / "tree", room / "manifest"
        build(root, listed, files, size)
        key, public = str(room / "release.key"), str(room / "release.pub")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True)
        sha256sum_once(root, listed)
        pairs = []
        for _ in range(rounds):
            quiet.wait()
            pairs.append((signed_once(root, room, files), sha256sum_once(root, listed)))
    what = f"{size // 10**6} MB in {files:,} files"

    def row(name: str, at: int, bound: float | None) -> Row:
        return Row(name, "sha256sum -c", statistics.median(ours[at] / theirs for ours, theirs in pairs), bound)

    return [
        row(f"{what}, signed", 0, 0.30),
        row("the same, verified", 1, 0.30),
        row("release sign with Python's start", 2, None),
        row("release verify with Python's start", 3, None),
    ]


def main() -> int:
    """Print the table; 1 when a bound is missed."""
    return table(measure())


if __name__ == "__main__":
    sys.exit(main())
