"""Which calls of artisan or Composer a shell text makes, as whom, and in which directory."""

import functools
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile

from liveproof.host.php.command_line import is_php, script_at
from liveproof.model.dataclass import dataclass
from liveproof.model.secrets import hide_in_command
from liveproof.probes.schedule.found import USER, Call
from liveproof.probes.schedule.shell import Word, commands, is_assignment
from liveproof.probes.schedule.wrappers import SHELLS, WRAPPERS, Elsewhere, Home, Setting, unwrap

_KEYWORDS = frozenset({"if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"})
# What only reads, or works on Composer itself.
_HARMLESS = frozenset(
    {"about", "audit", "check-platform-reqs", "diagnose", "global", "help", "licenses", "list", "outdated",
     "self-update", "selfupdate", "show", "status", "suggests", "validate", "why", "why-not"}
)  # fmt: skip
# Programs that run the file that follows their options, by the start of their names; -c and -m take none.
_INTERPRETERS = ("python", "perl", "ruby", "node", "run-parts")
_NO_FILE = ("-c", "-m")
# Signs that a script finds out as whom it runs, or starts itself again as another user: then it alone knows.
_SIGNS = ('"$0"', "$0 ", "EUID", "$UID", "id -u", "id -n", "whoami", "logname", "exec sudo", "exec su ", "exec runuser")


@dataclass(frozen=True, slots=True)
class Text:
    """A shell text that something runs by itself, and where it stands.

    ``kind`` and ``source`` are as in ``Job``. ``line`` is what holds the text, ``better`` what should stand there, and
    ``place`` where that belongs, in words; without them the text has no line of its own. ``script`` is the path of the
    script that the text is, when the source calls one.
    """

    kind: str
    source: str
    shell: str
    setting: Setting
    line: str = ""
    better: str = ""
    place: str = ""
    script: str = ""


@dataclass(frozen=True, slots=True)
class Calls:
    """Finds the calls of texts; what it needs of the machine are functions.

    ``home`` tells a user's home, ``script`` the text of a script (None: it is none). ``executes`` is told of every file
    but artisan and Composer that a text runs, as whom, and of the text's source.
    """

    home: Home
    script: Callable[[str], str | None]
    executes: Callable[[str | None, str, str], None] = lambda _user, _path, _source: None

    def of(self, text: Text) -> Iterator[Call]:
        """The calls in a text, those of the scripts that it calls included."""
        return self._of_shell(text.shell, text.setting, text)

    def _of_shell(self, shell: str, setting: Setting, text: Text, start: int = -1) -> Iterator[Call]:
        """``start`` is where in the text the command begins that runs this one (``sh -c``); -1: this is the text."""
        directories = [setting.directory]
        for command in commands(shell, setting.variables):
            directories += [directories[-1]] * (command.depth + 1 - len(directories))
            del directories[command.depth + 1 :]
            keywords = takewhile(lambda word: word.value in _KEYWORDS or is_assignment(word, shell), command.words)
            words = command.words[sum(1 for _ in keywords) :]
            if words and words[0].value in ("cd", "pushd"):
                directories[-1] = self._changed(directories[-1], words[1:], setting)
            elif words:
                here = replace(setting, directory=directories[-1])
                try:
                    yield from self._of_command(words, shell, here, text, words[0].start if start < 0 else start)
                except Elsewhere:
                    continue

    def _of_command(self, words: list[Word], shell: str, setting: Setting, text: Text, start: int) -> Iterator[Call]:
        """The calls of one command: followed through its wrappers, what it runs or stands before, or its script's."""
        at = 1
        while at:
            at, inner, setting = unwrap([word.value for word in words], setting, self.home)
            words = words[at:]
            if inner is not None:
                yield from self._of_shell(inner, setting, text, start)
                return
        values = [word.value for word in words]
        # Behind a wrapper with options that are not known here the call may also begin with the tool itself.
        name = posixpath.basename(values[0] or "")
        tools = ("artisan", "composer") if name in WRAPPERS and name not in SHELLS else ()
        starts = (posixpath.basename(value or "") in tools or is_php(value) for value in values[1:])
        behind = next((at for at, is_start in enumerate(starts, 1) if is_start), 0)
        for at in (0, behind) if behind else (0,):
            if executed := _executed(values[at:], setting.directory):
                self.executes(setting.user, executed, text.source)
            if called := _called(values[at:], setting.directory):
                command = shell[words[at].start : words[-1].end]
                call = _placed(text, start, command, setting.user, called)
                yield call._replace(wrapper=values[0] or "") if at else call
                if not at:
                    return
        path = None if is_php(name) else _executed(values, setting.directory)
        body = self.script(path) if path else None
        if path and body is not None and not _changes_user_itself(body):
            variables = {**setting.variables, "0": path, "dirname $0": posixpath.dirname(path)}
            inside = replace(text, shell=body, script=path)
            yield from self._of_shell(body, replace(setting, variables=variables, depth=setting.depth + 1), inside)

    def _changed(self, directory: str | None, words: list[Word], setting: Setting) -> str | None:
        """The working directory after ``cd``."""
        path = next((word.value for word in words if word.value not in ("--", "-P", "-L", "-e")), "~")
        if path is None or not path.startswith("~"):
            return _join(directory, path)
        name, _, rest = path[1:].partition("/")
        own = setting.variables.get("HOME") or self.home(setting.user or "")
        return _join(self.home(name) if name else own, rest)


def _placed(text: Text, start: int, command: str, user: str | None, called: tuple[str, str]) -> Call:
    """A call with the line that it stands in and the one that should stand there.

    That is the text's own line unless the call stands in a script, or says itself as whom it runs (sudo).
    """
    tool, app = called
    source, caller, line, better, place = text.source, "", text.line, text.better, text.place
    if not line or text.script or user != text.setting.user:
        begin = text.shell.rfind("\n", 0, start) + 1
        line, at = text.shell[begin:].partition("\n")[0], start - begin
        better = f"cd {app} && sudo -u {USER} {command}"
        if text.script:
            source, caller = f"{text.script}:{text.shell.count(chr(10), 0, start) + 1}", source
            if text.shell.startswith(command, start):
                better = f"{line[:at]}sudo -u {USER} {line[at:]}"
        place = f"In {source} put"
    line, command, better = (_hidden(each.strip()) for each in (line, command, better))
    return Call(tool, text.kind, source, caller, line, command, user or "", app, better, place)


@functools.lru_cache(maxsize=4)
def _hidden(text: str) -> str:
    """Without secrets; one line may hold thousands of calls."""
    return hide_in_command(text)


def _called(values: list[str | None], directory: str | None) -> tuple[str, str] | None:
    """The tool that these words call, with the app's directory: ``[php] [path/]artisan …`` or ``[php] composer …``."""
    at = script_at(values)
    program = values[at] or "" if at < len(values) else ""
    name = posixpath.basename(program)
    if name == "artisan" and (at or "/" in program):
        return "artisan", _join(directory, posixpath.dirname(program) or ".") or ""
    if name in ("composer", "composer.phar", "composer2"):
        asked, app = _composer(values[at + 1 :], directory)
        return None if asked in _HARMLESS else ("composer", app or "")
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


def _executed(values: list[str | None], directory: str | None) -> str | None:
    """The file that the words execute, artisan and Composer left out; a directory for run-parts."""
    name, at = posixpath.basename(values[0] or ""), 0
    if is_php(name):
        at = script_at(values)
    elif name in (".", "source", *SHELLS) or name.startswith(_INTERPRETERS):
        at = next((at for at, word in enumerate(values) if at and (word in _NO_FILE or (word or "")[:1] != "-")), 0)
    elif "/" not in (values[0] or ""):
        return None
    path = values[at] if at < len(values) else None
    called = posixpath.basename(path or "")
    if not path or path == name or path in _NO_FILE or called == "artisan" or called.startswith("composer"):
        return None
    return _join(directory, path)


def _changes_user_itself(body: str) -> bool:
    return any(sign in body.replace('dirname "$0"', "").replace("basename $0", "") for sign in _SIGNS)


def _join(directory: str | None, path: str | None) -> str | None:
    if path is None or path == "-":
        return None
    if path.startswith("/"):
        return posixpath.normpath(path)
    return None if directory is None else posixpath.normpath(posixpath.join(directory, path))
