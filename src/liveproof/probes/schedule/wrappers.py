"""Programs that run another program: as whom, where, and which (sudo(8), su(1), runuser(1), setpriv(1), env(1), …)."""

import getopt
import posixpath
from typing import NamedTuple

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash"})
_UNKNOWN = "\0"


class Elsewhere(Exception):
    """The command is run on another host or in a container, or cannot be read: nothing is said of it."""


class Inner(NamedTuple):
    """What a command runs: the words from ``at`` on (0: it is no wrapper), or the shell text ``text``.

    ``user`` and ``directory`` are empty when they stay the caller's, None when they are not known. ``login`` starts in
    the user's home.
    """

    at: int = 0
    text: str | None = None
    user: str | None = ""
    directory: str | None = ""
    login: bool = False


class _Wrapper(NamedTuple):
    """Its options as getopt(3) takes them, and how many words of its own stand before the command.

    ``user`` and ``directory`` are the options that name them; without one the user is ``default``.
    """

    short: str = ""
    long: str = ""
    operands: int = 0
    user: tuple[str, ...] = ()
    default: str = ""
    directory: tuple[str, ...] = ()


_SU = "c:s:g:G:w:flmpPTu:", "command= session-command= shell= group= supp-group= login pty user="
_WRAPPERS = {
    "sudo": _Wrapper(
        "ABbEeHiKklNnPSsVvu:g:h:p:C:c:D:R:r:t:T:U:",
        "user= group= host= prompt= chdir= command-timeout= login non-interactive preserve-env set-home",
        user=("-u", "--user"), default="root", directory=("-D", "--chdir"),
    ),
    "doas": _Wrapper("u:C:a:ns", user=("-u",), default="root"),
    "su": _Wrapper(*_SU),
    "runuser": _Wrapper(*_SU, user=("-u", "--user")),
    "setpriv": _Wrapper(
        "d", "reuid= regid= ruid= euid= rgid= egid= groups= clear-groups keep-groups init-groups reset-env "
        "no-new-privs inh-caps= ambient-caps= bounding-set=", user=("--reuid", "--euid"),
    ),
    "env": _Wrapper("i0vu:C:", "unset= chdir= ignore-environment", directory=("-C", "--chdir")),
    "nice": _Wrapper("n:0123456789", "adjustment="),
    "ionice": _Wrapper("c:n:t", "class= classdata= ignore"),
    "timeout": _Wrapper("s:k:v", "signal= kill-after= foreground preserve-status verbose", operands=1),
    "flock": _Wrapper(
        "sxenuoFw:E:", "shared exclusive nonblock timeout= wait= conflict-exit-code= close no-fork verbose", operands=1
    ),
    "stdbuf": _Wrapper("i:o:e:", "input= output= error="),
    "systemd-cat": _Wrapper("t:p:", "identifier= priority= stderr-priority="),
    "exec": _Wrapper("a:cl"),
    "time": _Wrapper("pvao:f:"),
    "chronic": _Wrapper("ve"),
    "setsid": _Wrapper("cfw", "ctty fork wait"),
    **dict.fromkeys(["nohup", "command", "builtin", "cronic", "run-one", "unbuffer", "eval"], _Wrapper()),
    **dict.fromkeys(SHELLS, _Wrapper("abcefhiklmnpstuvxCEo:O:", "login norc noprofile rcfile= init-file=")),
}  # fmt: skip
# What runs its words on another host or in a container, or only prints or edits them.
_ELSEWHERE = frozenset(
    {"ssh", "docker", "docker-compose", "podman", "kubectl", "lxc", "lxc-attach", "nsenter", "chroot", "machinectl",
     "systemd-nspawn", "vagrant", "sail", "ansible", "echo", "printf", "logger", "grep"}
)  # fmt: skip


def unwrap(values: list[str | None]) -> Inner:
    """Take one wrapper off a command; one that is called with options that are not known here is none.

    Raises:
        Elsewhere: it runs on another host or in a container, or nothing, or its first words are not known.
    """
    words = [_UNKNOWN if value is None else value for value in values]
    name = posixpath.basename(words[0]) if words else _UNKNOWN
    if name in (_UNKNOWN, *_ELSEWHERE):
        raise Elsewhere
    wrapper = _WRAPPERS.get(name)
    if wrapper is None:
        return Inner()
    try:
        given, rest = getopt.getopt(words[1:], wrapper.short, wrapper.long.split())
        options = dict(given)
        named = [option for option in wrapper.user if option in options]
        if name in ("su", "runuser") and not named:
            return _su(words[1:], wrapper)
    except getopt.GetoptError:
        return Inner()
    if name == "sudo" and options.keys() & {"-l", "-v", "-e"}:
        raise Elsewhere
    while name in ("sudo", "env") and rest and "=" in rest[0] and not rest[0].startswith("/"):
        del rest[0]
    at = len(words) - len(rest) + wrapper.operands
    text = None
    if name == "eval":
        text = _known(" ".join(rest))
    elif name == "flock" and rest[1:2] in (["-c"], ["--command"]):
        text = _known(*rest[2:3])
    elif name in SHELLS:
        at, text = 0, _known(*rest[:1]) if "-c" in options else None
    user = options[named[0]].removeprefix("#") if named else wrapper.default  # a number is written #33 for sudo
    directory = next((options[option] for option in wrapper.directory if option in options), "")
    login = bool(options.keys() & {"-i", "--login"}) and name == "sudo"
    return Inner(at, text, None if user == _UNKNOWN else user, None if directory == _UNKNOWN else directory, login)


def _su(words: list[str], wrapper: _Wrapper) -> Inner:
    """``su [options] [-] [user [options]]``: it takes options after the user's name as well."""
    given, rest = getopt.gnu_getopt(words, wrapper.short, wrapper.long.split())
    options = dict(given)
    login = rest[:1] == ["-"]
    user = (*rest[login:], "root")[0]
    text = [options[name] for name in ("-c", "--command", "--session-command") if name in options]
    login = login or bool(options.keys() & {"-l", "--login"})
    return Inner(text=_known(*text[:1]), user=None if user == _UNKNOWN else user, login=login)


def _known(text: str = _UNKNOWN) -> str:
    if _UNKNOWN in text:
        raise Elsewhere
    return text
