"""The disk against the intended release, in real git repositories, some of them hostile."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from liveproof.host.errors import CannotSee, NotThere
from liveproof.host.files import file_state
from liveproof.host.git.plumbing import GitFailed, repository
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.release import Release
from liveproof.model.settings import AppTable, FilesTable, Settings
from liveproof.probes import files, release
from liveproof.store.cache import Cache

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")

BYTES = os.fsdecode(b"caf\xe9\n.php")
FILES = {
    "artisan": "#!/usr/bin/env php\n",
    "app/Http/Handler.php": "<?php // v1\n",
    "app/Http/Other.php": "<?php\n",
    f"resources/{BYTES}": "x\n",
    "public/index.php": "<?php require 'x';\n",
    "storage/logs/.gitignore": "*\n",
}


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files made a moment ago count as old."""
    monkeypatch.setattr(file_state, "TICK_NS", 0)


@pytest.fixture
def tree() -> Iterator[Path]:
    """A directory that git, running as nobody, can reach; with an app in it that is no repository yet."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory).resolve()
        root.chmod(0o755)
        app = root / "app"
        for path, text in FILES.items():
            (app / path).parent.mkdir(parents=True, exist_ok=True)
            (app / path).write_text(text)
        (app / "artisan").chmod(0o755)
        (app / "public/link").symlink_to("../app")
        yield app


def git(tree: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-C", str(tree), *arguments]
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(command, check=True, capture_output=True, errors="surrogateescape", env=env).stdout.strip()


def commit(tree: Path, *init: str) -> str:
    if not (tree / ".git").exists():
        git(tree, "init", "-q", "-b", "main", *init)
    git(tree, "add", "-Af")
    git(tree, "commit", "-q", "-m", "release")
    return git(tree, "rev-parse", "HEAD")


def app_at(tree: Path) -> App:
    return App(str(tree), str(tree), "", "root", os.geteuid(), os.getegid(), (os.getegid(),), (), (), laravel=True)


def files_of(tree: Path, settings: Settings = Settings()) -> Files:  # noqa: B008  (frozen)
    return files.probe(Reader(), settings, app_at(tree))


def see(tree: Path, settings: Settings = Settings(), cache: Cache | None = None) -> Release:  # noqa: B008
    return release.probe(Reader(), settings, cache or Cache(None), app_at(tree), files_of(tree, settings))


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_clean_tree_is_its_commit(tree: Path, form: str) -> None:
    """Every file of it, in both object formats, links and odd names included."""
    intended = commit(tree, f"--object-format={form}")
    seen = see(tree)
    assert (seen.kind, seen.intended) == ("git", intended)
    assert (seen.changed, seen.missing, seen.skipped, seen.modes) == ((), (), (), ())
    assert seen.compared == len(FILES) + 1


def test_what_differs_is_named(tree: Path) -> None:
    """An edit, a lost file, a link that leads elsewhere, a lost executable bit; not what git does not know."""
    commit(tree)
    (tree / "app/Http/Handler.php").write_text("<?php // v2\n")
    (tree / "app/Http/Other.php").unlink()
    (tree / "public/link").unlink()
    (tree / "public/link").symlink_to("../storage")
    (tree / "artisan").chmod(0o644)
    (tree / "untracked.php").write_text("")
    seen = see(tree)
    assert seen.changed == ("app/Http/Handler.php", "public/link")
    assert seen.missing == ("app/Http/Other.php",)
    assert seen.modes == ("artisan",)


def test_a_touched_tree_is_its_commit(tree: Path) -> None:
    """Content counts, not times."""
    commit(tree)
    os.utime(tree / "app/Http/Handler.php", (1, 1))
    assert see(tree).changed == ()


def test_a_named_revision_is_the_intended_one(tree: Path) -> None:
    """A tag, although HEAD went on."""
    commit(tree)
    git(tree, "tag", "v1")
    (tree / "app/Http/Handler.php").write_text("<?php // v2\n")
    commit(tree)
    assert see(tree).changed == ()
    assert see(tree, Settings(app=AppTable(release="v1"))).changed == ("app/Http/Handler.php",)


@pytest.mark.parametrize("revision", ["nonsense", "--all", "-h", "HEAD:app", "v1\n"])
def test_a_revision_that_is_none(tree: Path, revision: str) -> None:
    """Is told as such, and never read as an option."""
    commit(tree)
    with pytest.raises(CannotSee, match=r"revision|commit"):
        see(tree, Settings(app=AppTable(release=revision)))


@pytest.mark.parametrize("how", ["packed", "detached", "worktree"])
def test_head_is_found_wherever_git_keeps_it(tree: Path, how: str) -> None:
    """By hand where it stands in a file, else by asking git."""
    intended = commit(tree)
    if how == "packed":
        git(tree, "pack-refs", "--all")
    elif how == "detached":
        git(tree, "checkout", "-q", "--detach")
    else:
        git(tree, "worktree", "add", "-q", "--detach", str(tree.parent / "linked"))
        tree = tree.parent / "linked"
    assert see(tree).intended == intended


@pytest.mark.parametrize("text", ["ref: refs/heads/.invalid\n", "ref: refs/../../../etc/passwd\n", "root:x:0:0:\n", ""])
def test_a_head_that_names_nothing(tree: Path, text: str) -> None:
    """Leads nowhere, and what it led to is not told."""
    commit(tree)
    (tree / ".git/HEAD").write_text(text)
    with pytest.raises(CannotSee, match="HEAD") as refused:
        see(tree)
    assert "root:" not in str(refused.value)


@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs", "refs/heads/main"])
def test_a_fifo_is_not_handed_to_git(tree: Path, name: str) -> None:
    """It would wait for whoever writes it."""
    commit(tree)
    (tree / ".git/refs/heads/main").unlink(missing_ok=True)
    (tree / ".git" / name).unlink(missing_ok=True)
    if name != "HEAD":
        (tree / ".git/HEAD").write_text("ref: refs/heads/main\n")
    os.mkfifo(tree / ".git" / name)
    with pytest.raises(CannotSee, match="not a regular file"):
        see(tree)


def test_no_repository_and_no_release(tree: Path) -> None:
    """Nobody asked."""
    with pytest.raises(NotThere, match="no release is named"):
        see(tree)


def test_a_release_directory_is_compared_with_nothing(tree: Path) -> None:
    """It is the one that is served, or another one; where no link is there to lead elsewhere, it cannot be meant."""
    named = Settings(app=AppTable(release=str(tree)))
    seen = see(tree, named)
    assert (seen.kind, seen.intended, seen.compared, seen.name) == ("directory", str(tree), 0, f"directory {tree}")
    with pytest.raises(CannotSee, match="not a link to a release"):
        see(tree, Settings(app=AppTable(release="/usr")))
    with pytest.raises(CannotSee, match="signatures are asked for"):
        see(tree, Settings(app=AppTable(release=str(tree), release_key="/etc/x.pub")))


def test_a_revision_without_a_repository(tree: Path) -> None:
    """Somebody asked, and it cannot be answered."""
    with pytest.raises(CannotSee, match="not a git work tree"):
        see(tree, Settings(app=AppTable(release="v1")))


@pytest.mark.parametrize("what", ["empty", "file", "fifo", "loop", "unborn"])
def test_a_broken_repository(tree: Path, what: str) -> None:
    """A reason, never a traceback or a hang."""
    dot = tree / ".git"
    if what == "empty":
        dot.mkdir()
    elif what == "file":
        dot.write_text("gitdir: ../nowhere\n")
    elif what == "fifo":
        os.mkfifo(dot)
    elif what == "loop":
        dot.symlink_to(".git")
    else:
        git(tree, "init", "-q")
    with pytest.raises(CannotSee, match=r"."):
        see(tree)


def test_nothing_of_a_hostile_repository_runs(tree: Path) -> None:
    """Neither filters, monitors, hooks nor transports; the canary would be seen whoever ran it."""
    intended = commit(tree)
    (tree / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n*.php ident\n")
    canaries = tree.parent / "canaries"
    canaries.mkdir()
    canaries.chmod(0o777)
    evil = tree.parent / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {canaries}/$$\nexit 1\n")
    evil.chmod(0o755)
    for name in ("post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman"):
        shutil.copy(evil, tree / ".git/hooks" / name)
    for key in (
        "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy", "gpg.program",  # noqa: E501
        "core.alternateRefsCommand", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv",  # noqa: E501
        "diff.evil.command", "diff.external", "merge.evil.driver", "credential.helper", "pager.ls-tree", "pager.rev-parse",  # noqa: E501
        "remote.origin.uploadpack", "alias.ls-tree", "alias.rev-parse", "trace2.eventTarget",
    ):  # fmt: skip
        git(tree, "config", key, f"{'!' if key.startswith('alias') else ''}{evil}")
    git(tree, "config", "core.hooksPath", str(tree / ".git/hooks"))
    git(tree, "config", "protocol.allow", "always")
    git(tree, "config", "protocol.ext.allow", "always")
    git(tree, "config", "core.repositoryFormatVersion", "1")
    git(tree, "config", "extensions.partialClone", "origin")
    git(tree, "config", "remote.origin.promisor", "true")
    git(tree, "config", "remote.origin.url", f"ext::{evil}")
    (tree / "app/Http/Handler.php").write_text("<?php // v2\n")
    for path in [evil, *tree.rglob("*")]:
        if not path.is_symlink() and path.is_dir():
            path.chmod(0o755)
    assert "app/Http/Handler.php" in dict(see(tree).skipped)
    # A missing object would be fetched from the promisor.
    lost = git(tree, "rev-parse", "HEAD^{tree}")
    (tree / ".git/objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(CannotSee, match=intended[:12]):
        see(tree)
    repo = repository(str(tree))
    assert repo
    with pytest.raises(GitFailed):
        repo.blob("1" * 40, 100)
    assert list(canaries.iterdir()) == []
    git_status = ["timeout", "-s", "KILL", "5", "git", "-C", str(tree), "status"]
    subprocess.run(git_status, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert list(canaries.iterdir()), "the trap was not armed"


def test_replaced_objects_count_as_what_they_are(tree: Path) -> None:
    """refs/replace may say that a commit is another one."""
    first = commit(tree)
    (tree / "app/Http/Handler.php").write_text("<?php // v2\n")
    second = commit(tree)
    git(tree, "replace", first, second)
    assert see(tree, Settings(app=AppTable(release=first))).changed == ("app/Http/Handler.php",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to another user")
def test_a_repository_of_another_user(tree: Path) -> None:
    """Is read as that user, without any safe.directory."""
    intended = commit(tree)
    for path in [tree, *tree.rglob("*")]:
        os.chown(path, 1234, 1234, follow_symlinks=False)
    (tree / ".git").chmod(0o700)
    tree.chmod(0o700)
    assert see(tree).intended == intended


def test_line_endings_that_git_writes_are_no_change(tree: Path) -> None:
    """Where the attributes ask for CRLF; an edit beside them is one."""
    (tree / ".gitattributes").write_text("*.php text eol=crlf\n")
    commit(tree)
    for name in ("Handler", "Other"):
        path = tree / f"app/Http/{name}.php"
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert see(tree).changed == ()
    (tree / "app/Http/Handler.php").write_bytes(b"<?php // v2\r\n")
    assert see(tree).changed == ("app/Http/Handler.php",)


def test_line_endings_by_themselves_are_a_change(tree: Path) -> None:
    """Where nothing asks for them."""
    commit(tree)
    (tree / "app/Http/Handler.php").write_bytes(b"<?php // v1\r\n")
    assert see(tree).changed == ("app/Http/Handler.php",)


def test_what_a_filter_makes_is_skipped_with_the_reason(tree: Path) -> None:
    """Only where the content differs; what is equal needs no excuse."""
    (tree / ".gitattributes").write_text(
        "app/** filter=crypt\nresources/** ident\npublic/*.php working-tree-encoding=UTF-16\n"
    )
    git(tree, "init", "-q")
    git(tree, "config", "filter.crypt.clean", "cat")
    (tree / "public/index.php").write_text("a\n", encoding="utf-16")
    commit(tree)
    (tree / "app/Http/Handler.php").write_text("decrypted")
    (tree / f"resources/{BYTES}").write_text("$Id: x$")
    seen = see(tree)
    assert seen.changed == ()
    reasons = dict(seen.skipped)
    assert set(reasons) == {"app/Http/Handler.php", f"resources/{BYTES}", "public/index.php"}
    assert "crypt" in reasons["app/Http/Handler.php"]


def test_large_files_are_compared_by_their_pointer(tree: Path) -> None:
    """git-lfs keeps the digest of the real content in the commit."""
    (tree / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    digest = "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"  # of "hi\n"
    (tree / "right.bin").write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 3\n")
    shutil.copy(tree / "right.bin", tree / "wrong.bin")
    git(tree, "init", "-q")
    git(tree, "config", "filter.lfs.clean", "cat")
    commit(tree)
    (tree / "right.bin").write_text("hi\n")
    (tree / "wrong.bin").write_text("ho\n")
    seen = see(tree)
    assert (seen.changed, seen.skipped) == (("wrong.bin",), ())


def test_submodules_are_skipped(tree: Path) -> None:
    """With the reason."""
    commit(tree)
    git(tree, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},packages/sub")
    git(tree, "commit", "-q", "-m", "sub")
    assert see(tree).skipped == (("packages/sub", "a submodule is not compared"),)


def test_a_sparse_checkout_misses_nothing(tree: Path) -> None:
    """What is not meant to be there is skipped."""
    commit(tree)
    git(tree, "sparse-checkout", "set", "public")
    seen = see(tree)
    assert seen.missing == ()
    assert "app/Http/Handler.php" in dict(seen.skipped)


def test_a_shared_storage_is_not_the_release(tree: Path) -> None:
    """A deploy tool puts a link in the place of the storage that git knows."""
    commit(tree)
    shutil.rmtree(tree / "storage")
    (tree.parent / "shared/storage").mkdir(parents=True)
    (tree / "storage").symlink_to("../shared/storage")
    seen = see(tree)
    assert (seen.changed, seen.missing) == ((), ())


def test_ignored_paths_are_not_judged(tree: Path) -> None:
    """The same patterns as everywhere."""
    commit(tree)
    (tree / "app/Http/Handler.php").write_text("<?php // v2\n")
    assert see(tree, Settings(files=FilesTable(ignore=("app/Http",)))).changed == ()
    assert see(tree, Settings(files=FilesTable(ignore=("**/*.md",)))).changed == ("app/Http/Handler.php",)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path))


def test_an_unchanged_tree_is_not_read_again(tree: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither git nor the files: the same answer, from what is remembered."""
    commit(tree)
    (tree / "app/Http/Handler.php").write_text("<?php // v2\n")
    (tree / "app/Http/Other.php").unlink()
    first = see(tree, cache=cache)
    asked = []
    monkeypatch.setattr("liveproof.host.git.plumbing.run", lambda *arguments, **_: asked.append(arguments))
    monkeypatch.setattr("liveproof.host.files.digests._Part._regular", lambda *arguments: asked.append(arguments))
    again = see(tree, cache=cache)
    assert asked == []
    assert (again.changed, again.missing, again.compared) == (first.changed, first.missing, first.compared)


@pytest.mark.parametrize("path", ["app/Http/Handler.php", "storage/logs/.gitignore", "public/index.php"])
def test_every_change_is_seen_in_spite_of_the_memory(tree: Path, cache: Cache, path: str) -> None:
    """In signed and in unsigned sections; and its taking back."""
    commit(tree)
    before = (tree / path).read_text()
    assert see(tree, cache=cache).changed == ()
    assert see(tree, cache=cache).changed == ()
    (tree / path).write_text(before.upper() + "!")
    assert see(tree, cache=cache).changed == (path,)
    assert see(tree, cache=cache).changed == (path,)
    (tree / path).write_text(before)
    assert see(tree, cache=cache).changed == ()


def test_another_commit_is_another_question(tree: Path, cache: Cache) -> None:
    """The memory is of a release, not of a tree."""
    commit(tree)
    assert see(tree, cache=cache).changed == ()
    git(tree, "tag", "v1")
    (tree / "app/Http/Handler.php").write_text("<?php // v2\n")
    commit(tree)
    assert see(tree, cache=cache).changed == ()
    assert see(tree, Settings(app=AppTable(release="v1")), cache).changed == ("app/Http/Handler.php",)


def manifest(tree: Path) -> Path:
    made = tree.parent / "release.sha256"
    script = f"find . -type f -print0 | sort -z | xargs -0 sha256sum > {made}"
    subprocess.run(["sh", "-c", script], cwd=tree, check=True)
    return made


def test_a_manifest_is_a_release(tree: Path, cache: Cache) -> None:
    """As sha256sum writes it; changes and losses are named."""
    made = manifest(tree)
    settings = Settings(app=AppTable(release=str(made)))
    seen = see(tree, settings, cache)
    assert (seen.kind, seen.intended, seen.changed, seen.missing) == ("manifest", str(made), (), ())
    assert seen.compared == len(FILES)
    (tree / f"resources/{BYTES}").write_text("changed")
    (tree / "artisan").unlink()
    seen = see(tree, settings, cache)
    assert (seen.changed, seen.missing) == ((f"resources/{BYTES}",), ("artisan",))


def test_what_was_compared_has_a_digest(tree: Path, cache: Cache) -> None:
    """The commit, or that of the manifest's text as it is now; a directory is compared with nothing."""
    made = manifest(tree)
    settings = Settings(app=AppTable(release=str(made)))
    for text in (made.read_bytes(), made.read_bytes().replace(b"  ./", b" *./")):
        made.write_bytes(text)
        for _ in range(2):
            assert see(tree, settings, cache).digest == hashlib.sha256(text).hexdigest()
    head = commit(tree)
    assert see(tree, cache=cache).digest == head
    assert see(tree, Settings(app=AppTable(release=str(tree))), cache).digest == ""


def test_a_manifest_reaches_through_a_followed_link(tree: Path) -> None:
    """It was made where storage was a directory."""
    made = manifest(tree)
    (tree / "storage").rename(tree.parent / "storage")
    (tree / "storage").symlink_to("../storage")
    assert see(tree, Settings(app=AppTable(release=str(made)))).missing == ()
    (tree.parent / "storage/logs/.gitignore").write_text("changed")
    assert see(tree, Settings(app=AppTable(release=str(made)))).changed == ("storage/logs/.gitignore",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "names no file"), ("nonsense\n", "cannot be used"), (f"{'0' * 64}  ../../etc/passwd\n", "cannot be used")],
)
def test_a_manifest_that_is_none(tree: Path, text: str, reason: str) -> None:
    """Is refused as a whole."""
    (tree.parent / "m").write_text(text)
    with pytest.raises(CannotSee, match=reason):
        see(tree, Settings(app=AppTable(release=str(tree.parent / "m"))))


def test_a_manifest_that_is_not_there(tree: Path) -> None:
    """Is named."""
    with pytest.raises(CannotSee, match="/nowhere/manifest"):
        see(tree, Settings(app=AppTable(release="/nowhere/manifest")))
