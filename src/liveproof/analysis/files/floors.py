"""What no step may give to another user or open to others, whatever a rule or a policy wants. Pure.

Credentials lie in many a tree: keys, ``.ssh``, what only root or one user may read. Another owner or a wider mode would
hand them out, and no stale deploy is worth that.
"""

from collections.abc import Iterable

from liveproof.model.facts.files import FileClass

_SEALED = frozenset((".aws", ".config", ".docker", ".git", ".gnupg", ".hg", ".kube", ".ssh", ".svn"))
_KEYS = frozenset((
    ".git-credentials", ".htpasswd", ".my.cnf", ".netrc", ".npmrc", ".pgpass", "auth.json", "authorized_keys",
    "credentials", "credentials.json",
))  # fmt: skip
_KEY_ENDINGS = (".gpg", ".jks", ".kdbx", ".key", ".keytab", ".p12", ".pem", ".pfx", ".ppk")
_KEY_STARTS = ("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519")

_CODE_ENDINGS = (
    ".css", ".html", ".inc", ".js", ".mjs", ".phar", ".php", ".phtml", ".scss", ".ts", ".twig", ".vue",
)  # fmt: skip
_CODE_NAMES = frozenset(("artisan", "composer.json", "composer.lock", "manifest.json", "package.json"))


def sealed(path: str, mode: int) -> str:
    """Why an entry is never given away or opened, by its name alone; empty where nothing speaks against it.

    ``path`` is relative or absolute, ``mode`` its permission bits. A key that everybody may read is no secret.
    """
    *above, name = path.split("/")
    inside = next((part for part in (*above, name) if part in _SEALED), "")
    if inside:
        return f"{path} is, or lies in, {inside}, which liveproof never changes"
    key = name in _KEYS or name.endswith(_KEY_ENDINGS) or name.startswith(_KEY_STARTS)
    return f"{path} looks like a key or credentials, which liveproof never changes" if key and not mode & 0o004 else ""


def private(mode: int) -> bool:
    """Whether only the owner has any right (0600, 0700)."""
    return not mode & 0o077


def code(path: str, section: str) -> bool:
    """Whether a file is code or comes with it: what PHP loads, what browsers get, what Composer installed."""
    name = path.rpartition("/")[2]
    translated = name.endswith(".json") and "lang" in path.split("/")
    return section == "vendor" or name in _CODE_NAMES or name.endswith(_CODE_ENDINGS) or translated


def code_directories(classes: Iterable[FileClass]) -> frozenset[str]:
    """Every directory that holds code, or has it somewhere below; ``.`` is the tree itself."""
    found: set[str] = set()
    for kind in classes:
        for directory, names in kind.groups if kind.kind == "f" else ():
            if directory not in found and any(code(name, kind.section) for name in names.split("/")):
                parts = directory.split("/")
                found.update("/".join(parts[:count]) for count in range(1, len(parts) + 1))
                found.add(".")
    return frozenset(found)
