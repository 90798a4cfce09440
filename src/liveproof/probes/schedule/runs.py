"""Which calls of artisan or composer a shell text makes, as whom, and in which directory."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from liveproof.host.php.command_line import script_at
from liveproof.probes.schedule.shell import Word, commands, strip_assignments
from liveproof.probes.schedule.wrappers import Elsewhere, Inner, unwrap

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
    ``text``: the text itself, or that of a script that it calls, whose path is ``script``.
    """

    tool: str
    command: str
    user: str | None
    app: str | None
    script: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Host:
    """What the reading of a text needs of the machine: a user's home, and the text of a script (None: it is none)."""

    home: Callable[[str], str | None]
    script: Callable[[str], str | None]


def runs(text: str, setting: Setting, host: Host, *, script: str = "", plain: bool = False) -> Iterator[Run]:
    """The calls in a text, those of the scripts that it calls included."""
    if setting.depth > _DEEPEST:
        return
    directories = [setting.directory]
    for command in commands(text, setting.variables, plain=plain):
        while len(directories) <= command.depth:
            directories.append(directories[-1])
        del directories[command.depth + 1 :]
        words = strip_assignments(command.words, text)
        while words and words[0].value in _KEYWORDS:
            words = strip_assignments(words[1:], text)
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
    directory = _inner_directory(inner, user, setting, host)
    here = replace(setting, user=user, directory=directory, depth=setting.depth + 1)
    if inner.text is not None:
        for run in runs(inner.text, here, host, script=script):
            own = run.text is inner.text
            yield replace(run, text=text, start=words[0].start) if own else run
        return
    rest = words[inner.at :]
    call = _call(rest, text, script, here)
    if call:
        # It begins before what says as whom it runs, so that this can be replaced.
        yield replace(call, start=words[0].start)
        return
    path = _script_path(rest, directory)
    body = host.script(path) if path else None
    if path and body is not None and not _changes_user_itself(body):
        variables = {**setting.variables, "0": path, "dirname $0": posixpath.dirname(path)}
        yield from runs(body, replace(here, variables=variables), host, script=path)


def _inner_directory(inner: Inner, user: str | None, setting: Setting, host: Host) -> str | None:
    if inner.directory is not None:
        return inner.directory
    if inner.login:
        return host.home(user) if user else None
    return setting.directory


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
        if _composer_command(arguments) in _HARMLESS:
            return None
        app = _working_directory(arguments, setting.directory)
        return Run("composer", command, setting.user, app, script, text, words[0].start)
    return None


def _composer_command(arguments: list[str | None]) -> str:
    """The first word that is neither an option nor an option's value; without one Composer lists its commands."""
    before = ""
    for argument in arguments:
        if argument and not argument.startswith("-") and before not in ("-d", "--working-dir"):
            return argument
        before = argument or ""
    return "list" if None not in arguments else ""


def _working_directory(arguments: list[str | None], directory: str | None) -> str | None:
    for at, argument in enumerate(arguments):
        if argument in ("-d", "--working-dir"):
            return _join(directory, arguments[at + 1] if at + 1 < len(arguments) else None)
        if argument and argument.startswith("--working-dir="):
            return _join(directory, argument.partition("=")[2])
        if argument and argument.startswith("-d") and len(argument) > 2:
            return _join(directory, argument[2:])
    return directory


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


SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash"})
# Signs that a script finds out as whom it runs, or starts itself anew as another user: then it alone knows.
_SIGNS = ('"$0"', "$0 ", "EUID", "$UID", "id -u", "id -n", "whoami", "logname", "exec sudo", "exec su ", "exec runuser")


def _changes_user_itself(body: str) -> bool:
    return any(sign in body.replace('dirname "$0"', "").replace("basename $0", "") for sign in _SIGNS)


def _changed(directory: str | None, words: list[Word], setting: Setting, host: Host) -> str | None:
    """The working directory after ``cd``."""
    values = [word.value for word in words if word.value not in ("--", "-P", "-L", "-e")]
    if not values:
        return host.home(setting.user) if setting.user else None
    return _join(directory, _tilde(values[0], setting, host))


def _tilde(path: str | None, setting: Setting, host: Host) -> str | None:
    if path is None or not path.startswith("~"):
        return path
    name, _, rest = path[1:].partition("/")
    user = name or setting.user
    home = (
        setting.variables.get("HOME") if not name and "HOME" in setting.variables else host.home(user) if user else None
    )
    return posixpath.join(home, rest) if home else None


def _join(directory: str | None, path: str | None) -> str | None:
    if path is None or path == "-":
        return None
    if path.startswith("/"):
        return posixpath.normpath(path)
    return None if directory is None else posixpath.normpath(posixpath.join(directory, path))
