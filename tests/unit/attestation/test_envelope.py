"""Signatures: by keys of openssl, verified by openssl, with and without pyca/cryptography; keys that are none."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from liveproof.attestation.envelope import PAYLOAD_TYPE, BadEnvelope, sign, verify
from liveproof.attestation.keys import BadKey, public_keys
from tests.unit.attestation.signing import new_key

_WITHOUT = """
import sys
sys.modules["cryptography"] = None
from liveproof.attestation.envelope import BadEnvelope, verify
from liveproof.attestation.keys import public_keys
content, keys = open(sys.argv[1], "rb").read(), public_keys(open(sys.argv[2], "rb").read())
print(verify(content, keys)[0].decode())
for changed in (content.replace(b'"sig": "', b'"sig": "AAAA'), content.replace(b"aGVsbG8=", b"aGVsbHA=")):
    try:
        print(verify(changed, keys))
    except BadEnvelope as error:
        print(error)
"""


def test_openssl_agrees(tmp_path: Path) -> None:
    """What is signed is what DSSE says, and the key's id what openssl and sha256sum tell."""
    private, public = new_key(tmp_path)
    text, key = sign(b"hello", private.read_bytes())
    (tmp_path / "sig").write_bytes(base64.b64decode(json.loads(text)["signatures"][0]["sig"]))
    (tmp_path / "pae").write_bytes(b"DSSEv1 28 application/vnd.in-toto+json 5 hello")
    assert len(PAYLOAD_TYPE) == 28
    command = f"openssl pkeyutl -verify -pubin -inkey {public} -rawin -in {tmp_path}/pae -sigfile {tmp_path}/sig"
    subprocess.run(command.split(), check=True, stdout=subprocess.DEVNULL)
    script = f"openssl pkey -pubin -in {public} -outform DER | sha256sum"
    told = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True)
    assert told.stdout.split()[0] == key.id


def test_no_compiled_library_is_needed_to_verify(tmp_path: Path) -> None:
    """A server has none."""
    private, public = new_key(tmp_path)
    (tmp_path / "signed").write_text(sign(b"hello", private.read_bytes())[0])
    command = [sys.executable, "-c", _WITHOUT, str(tmp_path / "signed"), str(public)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    first, *others = ran.stdout.splitlines()
    assert first == "hello"
    assert [line.startswith("its signature is by none of the given keys") for line in others] == [True, True]


def test_one_of_several_keys(tmp_path: Path) -> None:
    """While a new key takes the place of an old one, both are in the file; ids decide nothing."""
    private, public = new_key(tmp_path)
    _, other = new_key(tmp_path, "other")
    keys = public_keys(other.read_bytes() + public.read_bytes())
    envelope = json.loads(sign(b"hello", private.read_bytes())[0])
    for name in ({"keyid": keys[0].id}, {"keyid": ""}, {}):
        envelope["signatures"] = [{"sig": envelope["signatures"][0]["sig"], **name}]
        assert verify(json.dumps(envelope).encode(), keys) == (b"hello", keys[1])
    with pytest.raises(BadEnvelope, match="none of the given keys"):
        verify(json.dumps(envelope).encode(), keys[:1])


def _with(**fields: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda envelope: json.dumps(envelope | fields).encode()


DAMAGED: dict[str, tuple[Callable[[dict[str, Any]], bytes], str]] = {
    "another payload": (_with(payload=base64.b64encode(b"hellp").decode()), "none of the given keys"),
    "another type": (_with(payloadType="text/plain"), "another type"),
    "no signature": (_with(signatures=[]), "no signature"),
    "too many signatures": (_with(signatures=[{"sig": "AA=="}] * 21), "more than 20"),
    "a signature of another length": (_with(signatures=[{"sig": "AA=="}]), "none of the given keys"),
    "a signature of a number": (_with(signatures=[{"sig": 5}]), "not base64"),
    "signatures that are none": (_with(signatures=[5]), "not base64"),
    "a payload of a number": (_with(payload=5), "not base64"),
    "a payload that is not ASCII": (_with(payload="é"), "not base64"),
    "a field less": (lambda envelope: json.dumps({"payload": envelope["payload"]}).encode(), "not a signed statement"),
    "cut off": (lambda envelope: json.dumps(envelope).encode()[:-40], "not complete JSON"),
    "a key twice": (lambda envelope: b'{"payload": "x",' + json.dumps(envelope).encode()[1:], "stands there twice"),
    "empty": (lambda _: b"", "not complete JSON"),
    "sha256sum's lines": (lambda _: b"ab" * 32 + b"  a.php\n", "not complete JSON"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_envelopes_are_refused(name: str, tmp_path: Path) -> None:
    """Each with its reason."""
    change, says = DAMAGED[name]
    private, public = new_key(tmp_path)
    envelope = json.loads(sign(b"hello", private.read_bytes())[0])
    with pytest.raises(BadEnvelope) as caught:
        verify(change(envelope), public_keys(public.read_bytes()))
    assert says in str(caught.value)


def _openssl(tmp_path: Path, *words: str) -> bytes:
    subprocess.run(["openssl", *words, "-out", tmp_path / "made"], check=True, capture_output=True)
    return (tmp_path / "made").read_bytes()


def test_keys_that_are_none(tmp_path: Path) -> None:
    """Each with what to do; a private key is never echoed."""
    private, public = new_key(tmp_path)
    rsa = _openssl(tmp_path, "genpkey", "-algorithm", "rsa")
    (tmp_path / "rsa").write_bytes(rsa)
    rsa_public = _openssl(tmp_path, "pkey", "-in", str(tmp_path / "rsa"), "-pubout")
    whole = public.read_bytes()
    for content, says in (
        (private.read_bytes(), "holds a private key"),
        (rsa_public, "another key than an Ed25519"),
        (b"", "no whole PEM"),
        (whole[:-10], "no whole PEM"),
        (whole + whole[:40], "no whole PEM"),
        (b"\xff" * 99, "no whole PEM"),
    ):
        with pytest.raises(BadKey, match=says):
            public_keys(content)
    locked = _openssl(tmp_path, "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:hunter2")
    for content, says in (
        (whole, "not a private key"),
        (private.read_bytes()[:40], "not a private key"),
        (b"", "not a private key"),
        (rsa, "another key than an Ed25519"),
        (locked, "encrypted"),
    ):
        with pytest.raises(BadKey, match=says) as caught:
            sign(b"x", content)
        assert "MC4C" not in str(caught.value)
