"""Facts of a tree, written down entry by entry, for the tests of who should own what."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from liveproof.model.facts.apps import App
from liveproof.model.facts.files import FileClass, Files, _section

ROOT, WWW, DEPLOY, OTHER = 0, 33, 1000, 1001


class Has(NamedTuple):
    """Owner, group and mode; a directory unless its path has a dot in its name."""

    uid: int
    gid: int
    mode: int = -1
    linked: bool = False


def app(path: str = "/var/www/x", real: str = "", uid: int = WWW, groups: tuple[int, ...] = (WWW,)) -> App:
    return App(path, real or path, f"{path}/public", "www-data", uid, WWW, groups, ("8.2/www",), (), laravel=True)


def tree(entries: Mapping[str, Has | int], root: str = "/var/www/x", **more: object) -> Files:
    """A tree; an entry given by its user alone has that user's group and usual modes."""
    classes: dict[tuple[str, str, int, int, int, bool], list[tuple[str, str]]] = {}
    for path, given in {".": ROOT, **entries}.items():
        has = given if isinstance(given, Has) else Has(given, given)
        directory, _, name = path.rpartition("/")
        kind = "f" if "." in name and name != "." else "d"
        mode = has.mode if has.mode >= 0 else 0o644 if kind == "f" else 0o755
        key = (_section(path), kind, mode, has.uid, has.gid, has.linked)
        classes.setdefault(key, []).append((directory or ".", name))
    seen = Files(
        root=root,
        count=len(entries) + 1,
        classes=tuple(FileClass(*key, tuple(groups), len(groups)) for key, groups in classes.items()),
        times=(), links=(), signature="", vanished=0, unreadable=(), seconds=0.0,
        users=((ROOT, "root"), (WWW, "www-data"), (DEPLOY, "deploy"), (OTHER, "other")),
        groups=((ROOT, "root"), (WWW, "www-data"), (DEPLOY, "deploy")),
    )  # fmt: skip
    return replace(seen, **more)  # type: ignore[arg-type]


def laravel(code: int, written: int, **changed: Has | int) -> dict[str, Has | int]:
    """A Laravel of thirty PHP files; paths of changes are written with ``__`` for a slash."""
    entries: dict[str, Has | int] = {f"app/F{at}.php": code for at in range(30)}
    entries |= {
        "app": code,
        "vendor": code,
        "vendor/a.php": code,
        "public": code,
        "public/index.php": code,
        ".env": code,
    }
    entries |= {"bootstrap": code, "bootstrap/app.php": code, "bootstrap/cache": written}
    entries |= {f"bootstrap/cache/{name}.php": written for name in ("config", "packages", "services")}
    for path in ("storage", "storage/logs", "storage/framework", "storage/framework/views", "storage/app"):
        entries[path] = written
    entries["storage/logs/laravel.log"] = written
    return entries
