"""Files that differ from the commit because git itself writes them differently into the work tree.

Line endings can be undone and compared, and a large file's own digest stands in its pointer (git-lfs). What a filter or
another conversion makes cannot be told without running it, which liveproof does not: it is reported as skipped. The
attributes are those of the work tree (gitattributes(5)).
"""

from liveproof.host.errors import CannotSee
from liveproof.host.files.digests import compare
from liveproof.host.git.plumbing import GitFailed, Repository
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App

_POINTER_LIMIT = 1024
_LFS = b"version https://git-lfs.github.com/spec/v1\n"


def explain(
    reader: Reader, repository: Repository, app: App, digests: dict[str, str], changed: tuple[str, ...]
) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """What of the changed files no conversion explains, and by reason those for which that cannot be told."""
    try:
        attributes = repository.attributes(changed)
    except GitFailed as error:
        return (), {f"its attributes are not known: {error}": list(changed)}
    really: list[str] = []
    skipped: dict[str, list[str]] = {}
    for path in changed:
        reason = _judge(reader, repository, f"{app.real}/{path}", digests[path], attributes.get(path, {}))
        if reason is None:
            really.append(path)
        elif reason:
            skipped.setdefault(reason, []).append(path)
    return tuple(really), skipped


def _judge(reader: Reader, repository: Repository, path: str, digest: str, attributes: dict[str, str]) -> str | None:
    """None: really changed; empty: the same but for a conversion; else why that cannot be told."""
    if attributes.get("filter") == "lfs":
        return _judge_large(repository, path, digest)
    reason = _untellable(attributes)
    if reason:
        return reason
    if attributes.get("text", "unset") == "unset" and attributes.get("eol", "unset") == "unset":
        return None
    content = _read(reader, path)
    if content is None or b"\r\n" not in content:
        return None
    return "" if _blob(content.replace(b"\r\n", b"\n"), digest) == digest else None


def _untellable(attributes: dict[str, str]) -> str:
    name = attributes.get("filter", "unset")
    if name not in ("unset", "set"):
        return f"the filter {name!r} stands between the commit and the file"
    if attributes.get("ident") == "set":
        return "git expands $Id$ in it"
    if attributes.get("working-tree-encoding", "unset") != "unset":
        return "git writes it in another encoding"
    return ""


def _judge_large(repository: Repository, path: str, digest: str) -> str | None:
    pointer = repository.blob(digest, _POINTER_LIMIT)
    lines = pointer.decode("ascii", "replace").splitlines()
    wanted = next((line[11:] for line in lines if line.startswith("oid sha256:")), "")
    if not pointer.startswith(_LFS) or len(wanted) != 64:
        return "the filter 'lfs' stands between the commit and the file"
    directory, _, name = path.rpartition("/")
    found = compare(directory, [(".", [(name, "f", wanted)])], {}, "sha256")
    return None if found.changed else ""


def _read(reader: Reader, path: str) -> bytes | None:
    try:
        return reader.read(path)
    except (OSError, CannotSee):
        return None


def _blob(content: bytes, like: str) -> str:
    import hashlib  # noqa: PLC0415  (loads OpenSSL: 6 ms; only a file that differs asks)

    make = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return make(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
