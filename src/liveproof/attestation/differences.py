"""How a directory differs from a signed release."""

from collections.abc import Iterator, Sequence
from typing import Literal

from liveproof.host.files.tree_digests import Measured, Tree
from liveproof.model.dataclass import dataclass

Kind = Literal["changed", "mode", "missing", "extra", "unfit", "signature", "statement", "outdated", "provenance"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that keeps a release from being verified; ``path`` is empty where it is none of a file."""

    kind: Kind
    reason: str
    path: str = ""


def differences(signed: Sequence[Measured], tree: Tree) -> Iterator[Refusal]:
    """What differs, by path."""
    found = {file[0]: file for file in tree.files}
    refused = dict(tree.refused)
    for wanted in signed:
        path = wanted[0]
        seen = found.pop(path, None)
        if seen is None:
            why = refused.pop(path, "")
            yield Refusal("unfit", why, path) if why else Refusal("missing", "is not there", path)
        elif (seen[1], seen[3], seen[4]) != (wanted[1], wanted[3], wanted[4]):
            yield Refusal("changed", _changed(wanted, seen), path)
        elif seen[2] != wanted[2]:
            yield Refusal("mode", f"has mode {seen[2]:04o}, {wanted[2]:04o} was signed", path)
    for path in found:
        yield Refusal("extra", "is not in the manifest", path)
    for path, why in refused.items():
        yield Refusal("unfit", why, path)


def _changed(wanted: Measured, seen: Measured) -> str:
    if seen[1] != wanted[1]:
        return f"is a {seen[1]}, a {wanted[1]} was signed"
    if wanted[1] == "link":
        return "is a link to something else than was signed"
    if seen[3] != wanted[3]:
        return f"has {seen[3]} bytes, {wanted[3]} were signed"
    return "has another content than was signed"
