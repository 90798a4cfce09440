r"""Let the pool's version of PHP parse many files in one process, as the app's user, without running any of them.

``token_get_all(…, TOKEN_PARSE)`` (php.net) runs PHP's own parser over a text and throws what it finds; nothing is
compiled, declared or executed. 4,500 files of 17 MB take 2 s; ``php -l`` takes 20 ms for each. The messages hold words
of the file, so only the kind and the line are told.
"""

import json
from collections.abc import Sequence
from typing import Any

from liveproof.host.deadline import left
from liveproof.host.errors import CannotSee
from liveproof.host.isolation.run_isolated import TooMuch, run_apart
from liveproof.host.process.command import Identity
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.php_files import BrokenFile
from liveproof.probes.php_files.candidates import Candidate

_STARTING = 5.0  # s that PHP may take besides the parsing
_FATALS = 5  # files at which PHP itself may end, each of which costs a start

# {out}/files: records "C/path" joined by NUL, C being 1 for a file that must declare something.
_PARSE = r"""
[, $out, $wanted, $seconds] = $argv;
if (PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION !== $wanted) { echo 'version'; exit(3); }
if (!function_exists('token_get_all')) { echo 'tokenizer'; exit(3); }
$told = fopen("$out/told", 'w');
$number = -1;
$running = true;
register_shutdown_function(function () use ($told, &$number, &$running) {
    if ($running) { fwrite($told, json_encode([$number, 'fatal', 0]) . "\n"); }
});
$until = microtime(true) + (float) $seconds;
$declares = '/\b(?:class|interface|trait|enum|function|const)\s+[a-z_\x80-\xff]|\b(?:class_alias|define)\s*\(/i';
$ends = '/unexpected end of file|unterminated comment|unclosed (?!.*does not match)/i';
foreach (explode("\0", file_get_contents("$out/files")) as $number => $record) {
    if ($number && microtime(true) > $until) { $number--; break; }
    $code = @file_get_contents(substr($record, 1));
    if ($code === false) { fwrite($told, json_encode([$number, 'unread', 0]) . "\n"); continue; }
    try {
        @token_get_all($code, TOKEN_PARSE);
        if ($record[0] === '1' && !preg_match($declares, $code)) {
            fwrite($told, json_encode([$number, 'hollow', 0]) . "\n");
        }
    } catch (Throwable $error) {
        $cut = preg_match($ends, $error->getMessage()) || !preg_match('/[};>\/]\s*$/', substr($code, -64));
        fwrite($told, json_encode([$number, $cut ? 'cut off' : 'syntax', $error->getLine()]) . "\n");
    }
    $code = null;
}
$running = false;
fwrite($told, json_encode([$number, 'done', 0]) . "\n");
"""
_MEMORY = "512M"


@dataclass(frozen=True, slots=True)
class Php:
    """The command line PHP of a pool's version, who runs it, and whether the pool takes ``<?`` for a start of code."""

    path: str
    version: str
    identity: Identity
    short_tags: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """How many of the files were looked at, in their order; those that are broken, and those that cannot be read."""

    looked_at: int
    broken: tuple[BrokenFile, ...]
    unread: tuple[str, ...]


def parse(php: Php, files: Sequence[Candidate], seconds: float) -> Parsed:
    """Parse files for so many seconds.

    Raises:
        CannotSee: that PHP cannot be used for it; the reason says why.
        OSError: it cannot be started.
    """
    at = 0
    broken: list[BrokenFile] = []
    unread: list[str] = []
    for _ in range(_FATALS):
        rest = files[at:]
        told = _run(php, rest, seconds) if rest else []
        for number, how, line in told:
            if how in ("done", "fatal"):
                at += number + 1
            if how in ("unread", "fatal"):  # PHP ran out of memory, most likely
                unread.append(rest[number].path)
            elif how != "done":
                broken.append(BrokenFile(rest[number].path, how, line, rest[number].loaded or how != "syntax"))
        if not told or told[-1][1] == "done":
            break
    return Parsed(at, tuple(broken), tuple(unread))


def _run(php: Php, files: Sequence[Candidate], seconds: float) -> list[tuple[int, Any, int]]:
    flags = {
        "display_errors": "stderr", "log_errors": "0", "memory_limit": _MEMORY, "auto_prepend_file": "",
        "open_basedir": "", "opcache.enable_cli": "0", "short_open_tag": str(int(php.short_tags)),
    }  # fmt: skip
    options = [word for name, value in flags.items() for word in ("-d", f"{name}={value}")]
    records = "\0".join(f"{int(file.classes)}{file.path}" for file in files).encode(errors="surrogateescape")
    try:
        done = run_apart(
            (php.path, *options, "-r", _PARSE, "--", "{out}", php.version, f"{seconds:.2f}"),
            identity=php.identity,
            env={},
            cwd="/",
            trees=(),
            reads=(),
            given={"files": records},
            timeout=min(seconds + _STARTING, left() * 0.6),
        )
    except TooMuch as error:
        raise CannotSee(f"PHP files cannot be parsed: {error}") from None
    if done.ran.status == 3 and done.ran.text in _REFUSED:
        raise CannotSee(_REFUSED[done.ran.text].format(path=php.path, version=php.version))
    told = [json.loads(line) for line in done.files.get("told", b"").splitlines()]
    if not told or told[-1][1] not in ("done", "fatal"):
        raise CannotSee(f"{php.path} did not parse the app's files: it ended with {done.ran.status}")
    return [(int(number), how, int(line)) for number, how, line in told]


_REFUSED = {
    "version": "no command line PHP {version}, the version of the pool, is installed to parse files with",
    "tokenizer": "{path} has no tokenizer extension to parse files with",
}
