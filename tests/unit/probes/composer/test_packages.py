"""probes/composer/packages.py: what is installed beside what is locked."""

import json
from typing import Any

import pytest

from liveproof.model.facts.composer import PackageDiffers
from liveproof.probes.composer.packages import compare, read_record


def _package(name: str, version: str = "1.0.0", reference: str = "a" * 40, **more: Any) -> dict[str, Any]:
    return {"name": name, "version": version, "dist": {"type": "zip", "reference": reference}, **more}


def _compared(packages: list[Any], locked: list[Any], development: list[Any], *, dev: bool | None = False) -> Any:
    installed: Any = packages if dev is None else {"packages": packages, "dev": dev}
    lock = {"packages": locked, "packages-dev": development}
    return compare(read_record(json.dumps(installed).encode()), json.dumps(lock).encode())


_PATH: dict[str, Any] = {"dist": {"type": "path", "reference": "c" * 40}}
_SOURCE: dict[str, Any] = {"source": {"type": "git", "reference": "d" * 40}}


@pytest.mark.parametrize(
    ("packages", "locked", "development", "dev", "differ"),
    [
        ([_package("a/b")], [_package("a/b")], [], False, ()),
        ([_package("A/B")], [_package("a/b")], [], False, ()),
        ([], [_package("a/b")], [], False, (PackageDiffers("a/b", "", "1.0.0"),)),
        ([_package("a/b", "1.1.0")], [_package("a/b")], [], True, (PackageDiffers("a/b", "1.1.0", "1.0.0"),)),
        (
            [_package("a/b", "dev-main", "b" * 40)],
            [_package("a/b", "dev-main")],
            [],
            False,
            (PackageDiffers("a/b", "dev-main at bbbbbbbbbbbb", "dev-main at aaaaaaaaaaaa"),),
        ),
        # Another mirror has another archive of the same commit.
        ([_package("a/b", "1", "b" * 40, **_SOURCE)], [_package("a/b", "1", **_SOURCE)], [], False, ()),
        # A path repository follows its directory.
        ([{**_package("a/b", "dev-x"), **_PATH}], [_package("a/b")], [], False, ()),
        # Packages for development.
        ([], [], [_package("a/dev")], False, ()),
        ([], [], [_package("a/dev")], None, ()),
        ([], [], [_package("a/dev")], True, (PackageDiffers("a/dev", "", "1.0.0"),)),
        ([_package("a/dev")], [], [_package("a/dev")], None, ()),
        # Nothing asks for it.
        ([_package("a/old")], [], [], False, (PackageDiffers("a/old", "1.0.0", "", harmless=True),)),
    ],
)
def test_compared(packages: Any, locked: Any, development: Any, dev: bool | None, differ: Any) -> None:
    assert _compared(packages, locked, development, dev=dev)[1] == differ


@pytest.mark.parametrize("content", [b"", b"null", b"{}", b'{"packages": 1}', b'"x"', b"[" * 100_000])
def test_not_composers(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (of json, or ours)
        read_record(content)
    with pytest.raises(ValueError):  # noqa: PT011  (of json, or ours)
        compare(read_record(b"[]"), content)
