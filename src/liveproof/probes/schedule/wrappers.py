"""Programs that run another program: as whom, where, and which (sudo(8), su(1), runuser(1), setpriv(1), env(1), …)."""

import getopt
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from liveproof.model.dataclass import dataclass

Home = Callable[[str], str | None]

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash"})
_UNKNOWN = "\0"
_DEEPEST = 8  # of wrappers, shells and scripts in each other


class Elsewhere(Exception):
    """The command is run on another host or in a container, or cannot be read: nothing is said of it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a text is run: as whom (None: not known), in which directory (None: not known), with which variables."""

    user: str | None
    directory: str | None
    variables: Mapping[str, str]
    depth: int = 0


class _Wrapper(NamedTuple):
    """Its options as getopt(3) takes them, and how many words of its own stand before the command.

    ``user`` are the options that name whom it runs as; without one of them that is ``default`` (empty: its caller).
    """

    short: str = ""
    long: str = ""
    operands: int = 0
    user: tuple[str, ...] = ()
    default: str = ""


_SU = "c:s:g:G:w:flmpPTu:", "command= session-command= shell= group= supp-group= login pty user="
WRAPPERS = {
    "sudo": _Wrapper(
        "ABbEeHiKklNnPSsVvu:g:h:p:C:c:r:t:T:",
        "user= group= host= prompt= command-timeout= login non-interactive preserve-env set-home",
        user=("-u", "--user"), default="root",
    ),
    "doas": _Wrapper("u:C:a:ns", user=("-u",), default="root"),
    "su": _Wrapper(*_SU),
    "runuser": _Wrapper(*_SU, user=("-u", "--user")),
    "setpriv": _Wrapper(
        "d", "reuid= regid= ruid= euid= rgid= egid= groups= clear-groups keep-groups init-groups reset-env "
        "no-new-privs inh-caps= ambient-caps= bounding-set=", user=("--reuid", "--euid"),
    ),
    "env": _Wrapper("i0vu:", "unset= ignore-environment"),
    "nice": _Wrapper("n:0123456789", "adjustment="),
    "ionice": _Wrapper("c:n:t", "class= classdata= ignore"),
    "timeout": _Wrapper("s:k:v", "signal= kill-after= foreground preserve-status verbose", operands=1),
    "flock": _Wrapper(
        "sxenuoFw:E:", "shared exclusive nonblock timeout= wait= conflict-exit-code= close no-fork verbose", operands=1
    ),
    "stdbuf": _Wrapper("i:o:e:", "input= output= error="),
    "exec": _Wrapper("a:cl"),
    "time": _Wrapper("pvao:f:"),
    "chronic": _Wrapper("ve"),
    "setsid": _Wrapper("cfw", "ctty fork wait"),
    **dict.fromkeys(["nohup", "command", "builtin", "cronic", "eval"], _Wrapper()),
    **dict.fromkeys(SHELLS, _Wrapper("abcefhiklmnpstuvxCEo:O:", "login norc noprofile rcfile= init-file=")),
}  # fmt: skip
# What runs its words on another host or in a container, or only prints or edits them.
_ELSEWHERE = frozenset(
    {"ssh", "docker", "docker-compose", "podman", "kubectl", "lxc", "lxc-attach", "nsenter", "chroot", "machinectl",
     "systemd-nspawn", "vagrant", "sail", "ansible", "echo", "printf", "logger", "grep"}
)  # fmt: skip


def unwrap(values: list[str | None], setting: Setting, home: Home) -> tuple[int, str | None, Setting]:
    """Take one wrapper off a command.

    Returns:
        What it runs, and where: the words from an index on, or a shell text. The index is 0 where the command is no
        wrapper, or one with options that are not known here.

    Raises:
        Elsewhere: it runs on another host or in a container, or nothing, or its first words are not known.
    """
    words = [_UNKNOWN if value is None else value for value in values]
    words = ["--preserve-env" if word.startswith("--preserve-env=") else word for word in words]  # getopt knows no [=x]
    name = posixpath.basename(words[0]) if words else _UNKNOWN
    if name in (_UNKNOWN, *_ELSEWHERE) or setting.depth > _DEEPEST:
        raise Elsewhere
    wrapper = WRAPPERS.get(name)
    if wrapper is None:
        return 0, None, setting
    try:
        given, rest = getopt.getopt(words[1:], wrapper.short, wrapper.long.split())
        if name == "su" or (name == "runuser" and not dict(given).keys() & {*wrapper.user}):
            name = "su"
            given, rest = getopt.gnu_getopt(words[1:], wrapper.short, wrapper.long.split())
    except getopt.GetoptError:
        return 0, None, setting
    options = dict(given)
    if name == "sudo" and options.keys() & {"-l", "-v", "-e"}:
        raise Elsewhere
    while name in ("sudo", "env") and rest and "=" in rest[0] and not rest[0].startswith("/"):
        del rest[0]
    text = _text(name, options, rest)
    at = 0 if name in SHELLS else len(words) - len(rest) + wrapper.operands
    return at, text, _switched(name, options, rest, replace(setting, depth=setting.depth + 1), home)


def _text(name: str, options: dict[str, str], rest: list[str]) -> str | None:
    """The shell text that a wrapper runs, None where it runs words; ``rest`` are those after its options."""
    if name == "su":
        return _known(
            *[options[option] for option in ("-c", "--command", "--session-command") if option in options][:1]
        )
    if name == "flock" and rest[1:2] in (["-c"], ["--command"]):
        return _known(*rest[2:3])
    if name in SHELLS and "-c" in options:
        return _known(*rest[:1])
    return _known(" ".join(rest)) if name == "eval" else None


def _switched(name: str, options: dict[str, str], rest: list[str], setting: Setting, home: Home) -> Setting:
    """As whom and where a wrapper runs it: ``su [options] [-] [user [options]]``, or as an option says."""
    wrapper = WRAPPERS[name]
    user = next((options[option] for option in wrapper.user if option in options), wrapper.default)
    login = name == "sudo" and bool(options.keys() & {"-i", "--login"})
    if name == "su":
        user = next((word for word in rest if word != "-"), "root")
        login = rest[:1] == ["-"] or bool(options.keys() & {"-l", "--login"})
    if user:
        setting = replace(setting, user=None if user == _UNKNOWN else user.removeprefix("#"))  # sudo -u '#33'
    return replace(setting, directory=home(setting.user or "")) if login else setting


def _known(text: str = _UNKNOWN) -> str:
    if _UNKNOWN in text:
        raise Elsewhere
    return text
