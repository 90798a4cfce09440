"""Which calls of artisan or composer a shell text makes, as whom, and in which directory."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile

from liveproof.host.php.command_line import is_php, script_at
from liveproof.model.dataclass import dataclass
from liveproof.probes.schedule.shell import Word, commands, is_assignment
from liveproof.probes.schedule.wrappers import SHELLS, Elsewhere, unwrap

_KEYWORDS = frozenset({"if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"})
_DEEPEST = 4
# What only reads, or works on Composer itself.
_HARMLESS = frozenset(
    {"about", "audit", "check-platform-reqs", "diagnose", "global", "help", "licenses", "list", "outdated",
     "self-update", "selfupdate", "show", "status", "suggests", "validate", "why", "why-not"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a text is run: as whom (None: not known), in which directory (None: not known), with which variables."""

    user: str | None
    directory: str | None
    variables: Mapping[str, str]
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """A call of artisan or composer.

    ``user`` and ``app`` (its directory) are None when the text does not tell. ``start`` is where the call begins in
    ``text``: the text itself, or that of a script that it calls, whose path is ``script``. ``wrapper`` is an unknown
    program that the call stands behind, so that as whom it runs is not judged.
    """

    tool: str
    command: str
    user: str | None
    app: str | None
    script: str
    text: str
    start: int
    wrapper: str = ""


def _nobody(user: str | None, path: str) -> None:  # noqa: ARG001
    return


@dataclass(frozen=True, slots=True)
class Host:
    """What the reading of a text needs of the machine: a user's home, and the text of a script (None: it is none).

    ``executes`` is told of every file but artisan and Composer that the text runs, and as whom.
    """

    home: Callable[[str], str | None]
    script: Callable[[str], str | None]
    executes: Callable[[str | None, str], None] = _nobody


def runs(text: str, setting: Setting, host: Host, *, script: str = "", plain: bool = False) -> Iterator[Run]:
    """The calls in a text, those of the scripts that it calls included."""
    if setting.depth > _DEEPEST:
        return
    directories = [setting.directory]
    for command in commands(text, setting.variables, plain=plain):
        while len(directories) <= command.depth:
            directories.append(directories[-1])
        del directories[command.depth + 1 :]
        keywords = takewhile(lambda word: word.value in _KEYWORDS or is_assignment(word, text), command.words)
        words = command.words[sum(1 for _ in keywords) :]
        if not words:
            continue
        if words[0].value in ("cd", "pushd"):
            directories[-1] = _changed(directories[-1], words[1:], setting, host)
            continue
        here = replace(setting, directory=directories[-1])
        yield from _of_command(words, text, script, here, host)


def _of_command(words: list[Word], text: str, script: str, setting: Setting, host: Host) -> Iterator[Run]:
    try:
        inner = unwrap([word.value for word in words])
    except Elsewhere:
        return
    user = setting.user if inner.user == "" else inner.user
    directory = inner.directory or setting.directory
    if inner.login and inner.directory is None:
        directory = host.home(user) if user else None
    here = replace(setting, user=user, directory=directory, depth=setting.depth + 1)
    if inner.text is not None:
        for run in runs(inner.text, here, host, script=script):
            own = run.text is inner.text
            yield replace(run, text=text, start=words[0].start) if own else run
        return
    rest = words[inner.at :]
    _tell(rest, here, host)
    call = _call(rest, text, script, here)
    if call:
        # It begins before what says as whom it runs, so that this can be replaced.
        yield replace(call, start=words[0].start)
        return
    if at := next((at for at in range(1, len(rest)) if is_php(rest[at].value)), 0):
        behind = _call(rest[at:], text, script, here)
        if behind:
            yield replace(behind, start=words[0].start, wrapper=rest[0].value or "")
    path = _script_path(rest, directory)
    body = host.script(path) if path else None
    if path and body is not None and not _changes_user_itself(body):
        variables = {**setting.variables, "0": path, "dirname $0": posixpath.dirname(path)}
        yield from runs(body, replace(here, variables=variables), host, script=path)


def _call(words: list[Word], text: str, script: str, setting: Setting) -> Run | None:
    """The call that these words are, if any: ``[php [options]] [path/]artisan …`` or ``composer …``."""
    values = [word.value for word in words]
    at = script_at(values)
    if at >= len(values) or values[at] is None:
        return None
    program = values[at] or ""
    name = posixpath.basename(program)
    arguments = values[at + 1 :]
    command = text[words[0].start : words[-1].end]
    if name == "artisan":
        if at == 0 and "/" not in program:
            return None
        app = _join(setting.directory, posixpath.dirname(program) or ".")
        return Run("artisan", command, setting.user, app, script, text, words[0].start)
    if name.startswith("composer") and name.removeprefix("composer") in ("", ".phar", "2"):
        asked, app = _composer(arguments, setting.directory)
        if asked not in _HARMLESS:
            return Run("composer", command, setting.user, app, script, text, words[0].start)
    return None


def _composer(arguments: list[str | None], directory: str | None) -> tuple[str, str | None]:
    """Composer's command and working directory; without a command it lists them."""
    asked, rest = [""] if None in arguments else [], iter(arguments)
    for argument in rest:
        if argument in ("-d", "--working-dir"):
            directory = _join(directory, next(rest, None))
        elif argument and argument.startswith(("--working-dir=", "-d")):
            directory = _join(directory, argument.removeprefix("--working-dir=").removeprefix("-d"))
        elif argument and not argument.startswith("-"):
            asked.append(argument)
    return next(filter(None, asked), "" if asked else "list"), directory


# Programs that run the file that follows their options, by the start of their names; -c and -m take none.
_INTERPRETERS = ("python", "perl", "ruby", "node", "run-parts")


def _tell(words: list[Word], setting: Setting, host: Host) -> None:
    """Tell what the words execute, also where PHP stands behind an unknown program."""
    php = next((at for at in range(1, len(words)) if is_php(words[at].value)), 0)
    for part in (words, words[php:] if php else []):
        if executed := _executed(part, setting.directory):
            host.executes(setting.user, executed)


def _executed(words: list[Word], directory: str | None) -> str | None:
    """The file that the words execute, artisan and Composer left out; a directory for run-parts."""
    values = [word.value for word in words]
    name = posixpath.basename(values[0] or "") if values else ""
    if is_php(name):
        at = script_at(values)
        path = _join(directory, values[at]) if at < len(values) else None
    elif name.startswith(_INTERPRETERS):
        first = next((value for value in values[1:] if value is None or value in ("-c", "-m") or value[:1] != "-"), "")
        path = None if not first or first.startswith("-") else _join(directory, first)
    else:
        path = _script_path(words, directory)
    called = posixpath.basename(path or "")
    return None if called == "artisan" or called.startswith("composer") else path


def _script_path(words: list[Word], directory: str | None) -> str | None:
    """The path of a script that the words run: by its own path, by a shell, or sourced."""
    values = [word.value for word in words]
    if not values or values[0] is None:
        return None
    first = values[0]
    if first in (".", "source") or posixpath.basename(first) in SHELLS:
        first = next((value for value in values[1:] if value is None or not value.startswith("-")), "") or ""
        return _join(directory, first) if first else None
    return _join(directory, first) if "/" in first else None


# Signs that a script finds out as whom it runs, or starts itself again as another user: then it alone knows.
_SIGNS = ('"$0"', "$0 ", "EUID", "$UID", "id -u", "id -n", "whoami", "logname", "exec sudo", "exec su ", "exec runuser")


def _changes_user_itself(body: str) -> bool:
    return any(sign in body.replace('dirname "$0"', "").replace("basename $0", "") for sign in _SIGNS)


def _changed(directory: str | None, words: list[Word], setting: Setting, host: Host) -> str | None:
    """The working directory after ``cd``."""
    path = next((word.value for word in words if word.value not in ("--", "-P", "-L", "-e")), "~")
    if path is None or not path.startswith("~"):
        return _join(directory, path)
    name, _, rest = path[1:].partition("/")
    user, home = name or setting.user, None if name or not words else setting.variables.get("HOME")
    home = home or (host.home(user) if user else None)
    return _join(None, posixpath.join(home, rest)) if home else None


def _join(directory: str | None, path: str | None) -> str | None:
    if path is None or path == "-":
        return None
    if path.startswith("/"):
        return posixpath.normpath(path)
    return None if directory is None else posixpath.normpath(posixpath.join(directory, path))
