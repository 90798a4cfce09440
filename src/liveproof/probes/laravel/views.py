"""Compiled Blade views against what their sources compile to now."""

import base64
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from liveproof.analysis.files import permissions
from liveproof.host.errors import CannotSee
from liveproof.host.files.reader import Stat
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown
from liveproof.model.hashing import sha256
from liveproof.probes.laravel.effective import Effective
from liveproof.probes.laravel.laravel_app import LaravelApp

_SOURCE = re.compile(rb"/\*\*PATH (.+?) ENDPATH\*\*/", re.DOTALL)
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST = 4096

# Compiles each view of {out}/views.json twice, as the app's own Blade does, into {out}; prints what came of each.
# The second time shows which views come out differently each time (random names of some packages).
_COMPILE = r"""
[, $out] = $argv;
require './vendor/autoload.php';
$app = require './bootstrap/app.php';
$app->make(Illuminate\Contracts\Console\Kernel::class)->bootstrap();
$compiler = $app['blade.compiler'];
(function () use ($out) { $this->cachePath = $out; })->call($compiler);
foreach (json_decode(file_get_contents($out.'/views.json')) as $path) {
    $path = base64_decode($path);
    try {
        $name = $compiler->getCompiledPath($path);
        $compiler->compile($path);
        $once = file_get_contents($name);
        $compiler->compile($path);
        $result = [basename($name), $once === file_get_contents($name)];
    } catch (Throwable $error) {
        $result = ['', false];
    }
    echo base64_encode($path), ' ', json_encode($result), "\n";
}
"""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled view that is there: its file name, status and source (absolute) and a digest of its content."""

    name: str
    stat: Stat
    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What a source compiles to: the file name and digest (empty where it does not compile, or not twice the same)."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a compiled view holds: its source and the digest of its content."""

    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class _Views:
    """What is remembered: contents by ``identity``, and what sources compile to."""

    contents: dict[str, Content]
    expected: dict[str, Expected]


def stale_views(
    laravel: LaravelApp, rules: Effective, given: Mapping[str, bytes]
) -> tuple[list[tuple[Compiled, str]], list[str]]:
    """The stale views with the reason, and the sources that cannot be compared; see ``judge``.

    Only what was not compiled since its sources last changed is compiled, with the caches ``given``.

    Raises:
        CannotSee: the app cannot be run to compile them.
        OSError: a directory or file cannot be read.
    """
    reader, app, entry = laravel.reader, laravel.app, laravel.entry("views")
    if not rules.compiled or reader.stat(rules.compiled) is None:
        return [], []
    known = entry.recall(laravel.sources, _Views) or _Views({}, {})
    views = list(compiled_views(reader, rules.compiled, known.contents))
    wanted = dict.fromkeys(view.source for view in views if view.source and view.source not in known.expected)
    missing = [source for source in wanted if reader.stat(source)] if rules.views_cached else []
    expected = {**known.expected, **(_compile(laravel, given, missing) if missing else {})}
    found = _Views({identity(view.name, view.stat): Content(view.source, view.digest) for view in views}, expected)
    if found != known:
        entry.keep(laravel.sources, found)

    def writable(status: Stat) -> bool:
        return permissions.permits(status.mode, status.uid, status.gid, app, permissions.WRITE)

    return judge(reader, views, expected, rules, writable)


def _compile(laravel: LaravelApp, given: Mapping[str, bytes], sources: list[str]) -> dict[str, Expected]:
    if isinstance(laravel.runner, Unknown):
        raise CannotSee(laravel.runner.reason)
    files = {**given, "views.json": sources_file(sources)}
    ran, compiled = laravel.runner.script("compiling views", _COMPILE, "{out}", given=files)
    found = read_answer(ran.out, compiled)
    return {source: found.get(source, Expected("", "")) for source in sources}


def compiled_views(reader: Reader, directory: str, known: Mapping[str, Content]) -> Iterator[Compiled]:
    """The compiled views of a directory. ``known`` maps an ``identity`` to what it holds.

    Raises:
        CannotSee: there are more than anybody has.
        OSError: the directory cannot be read.
    """
    names = [name for name in reader.list(directory) if name.endswith(".php")]
    if len(names) > _MOST:
        raise CannotSee(f"{directory} holds {len(names)} compiled views; liveproof reads {_MOST}")
    for name in names:
        path = f"{directory}/{name}"
        status = reader.stat(path, follow=False)
        if not status or not status.is_file:
            continue
        held = known.get(identity(name, status))
        if held is None:
            content = reader.read(path)
            found = _SOURCE.findall(content)
            held = Content(found[-1].decode(errors="surrogateescape") if found else "", digest(content))
        yield Compiled(name, status, held.source, held.digest)


def identity(name: str, status: Stat) -> str:
    """A compiled view's name and state on disk."""
    return f"{name}:{status.inode}:{status.size}:{status.mtime_ns}:{status.ctime_ns}"


def digest(content: bytes) -> str:
    """Of a compiled view, with the random numbers of ``@once`` counted in the order in which they appear."""
    numbers: dict[bytes, bytes] = {}
    return sha256(_UUID.sub(lambda found: numbers.setdefault(found[0], b"uuid %d" % len(numbers)), content))


def sources_file(sources: Iterable[str]) -> bytes:
    """``views.json`` for the script: paths may hold any byte."""
    return json.dumps([base64.b64encode(os.fsencode(source)).decode() for source in sources]).encode()


def read_answer(output: bytes, files: Mapping[str, bytes]) -> dict[str, Expected]:
    """The script's lines and files, as source to what it compiles to."""
    found = {}
    for line in output.splitlines():
        path, _, result = line.partition(b" ")
        try:
            source = os.fsdecode(base64.b64decode(path, validate=True))
            name, same = json.loads(result)
        except (ValueError, RecursionError):
            continue
        content = files.get(name) if same else None
        found[source] = Expected(str(name), digest(content) if content is not None else "")
    return found


def judge(
    reader: Reader,
    views: Iterable[Compiled],
    expected: Mapping[str, Expected],
    rules: Effective,
    writes: Callable[[Stat], bool],
) -> tuple[list[tuple[Compiled, str]], list[str]]:
    """Compiled views that Laravel goes on using although their source says otherwise, and sources not comparable.

    A view that is older than its source is compiled again by Laravel itself on the next request: that is no fault,
    unless it does not look at the times (``view.check_cache_timestamps``) or cannot write the file (``writes``).
    """
    stale, unproven = [], []
    for view in views if rules.views_cached else ():
        source, wanted = reader.stat(view.source) if view.source else None, expected.get(view.source)
        if source is None or (wanted and wanted.name not in ("", view.name)):
            continue  # left over: no request asks for it
        if wanted and wanted.digest == view.digest:
            continue
        older = source.mtime_ns // 10**9 >= view.stat.mtime_ns // 10**9
        why = (
            "Laravel does not compare times here (view.check_cache_timestamps)" if not rules.views_dated
            else "it is newer than its source" if not older
            else "the app's user cannot write it" if not writes(view.stat)
            else ""
        )  # fmt: skip
        if not why:
            continue
        if wanted and wanted.digest:
            stale.append((view, why))
        elif view.stat.mtime_ns <= source.ctime_ns:
            unproven.append(view.source)
    return stale, unproven
