"""The ssh key every host of this cache trusts for root and deploy."""

from pathlib import Path

from tests.lab import places
from tests.lab.locking import locked
from tests.lab.shell import run


def ssh_key() -> Path:
    """The private key every host of this cache trusts for root and deploy."""
    key = places.keys() / "id_ed25519"
    with locked(places.cache() / "locks" / "key.lock", timeout=30):
        if not key.with_suffix(".pub").exists():
            key.unlink(missing_ok=True)
            places.keys().mkdir(parents=True, exist_ok=True, mode=0o700)
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "liveproof-lab", "-f", key], timeout=30)
    return key


def trust(root: Path) -> None:
    """Let that key in at the host whose disk is at ``root``; owners and modes of its files stay."""
    public = ssh_key().with_suffix(".pub").read_text()
    for home in ("root", "home/deploy"):
        (root / home / ".ssh/authorized_keys").write_text(public)
