"""Programs that run another program: as whom, where, and which (sudo(8), su(1), runuser(1), setpriv(1), env(1), …)."""

import posixpath
from typing import NamedTuple

Values = list[str | None]
Options = dict[str, str | None]
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash"})


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
    """The options that take the next word, that name the user (else ``default``) and the directory.

    ``operands``: how many words of its own stand before the command.
    """

    values: str = ""
    user: str = ""
    default: str = ""
    directory: str = ""
    operands: int = 0


_SU = "-c --command --session-command -s --shell -g --group -G --supp-group -w --whitelist-environment"
_WRAPPERS = {
    "sudo": _Wrapper(
        "-u --user -g --group -h --host -p --prompt -C --close-from -c -D --chdir -R --chroot -r --role -t --type "
        "-T --command-timeout -U --other-user", "-u --user", "root", "-D --chdir",
    ),
    "doas": _Wrapper("-u -C -a", "-u", "root"),
    "su": _Wrapper(_SU),
    "runuser": _Wrapper(f"{_SU} -u --user", "-u --user"),
    "setpriv": _Wrapper(
        "--reuid --regid --ruid --euid --rgid --egid --groups --inh-caps --ambient-caps --bounding-set --securebits "
        "--selinux-label --apparmor-profile --pdeathsig", "--reuid --euid",
    ),
    "env": _Wrapper("-u --unset -C --chdir", directory="-C --chdir"),
    "nice": _Wrapper("-n --adjustment"),
    "ionice": _Wrapper("-c --class -n --classdata"),
    "timeout": _Wrapper("-s --signal -k --kill-after", operands=1),
    "flock": _Wrapper("-w --wait --timeout -E --conflict-exit-code", operands=1),
    "stdbuf": _Wrapper("-i -o -e --input --output --error"),
    "systemd-cat": _Wrapper("-t --identifier -p --priority --stderr-priority"),
    "exec": _Wrapper("-a"),
    "setsid": _Wrapper(),
    **dict.fromkeys(["nohup", "command", "builtin", "chronic", "cronic", "time", "run-one", "unbuffer"], _Wrapper()),
    **dict.fromkeys(SHELLS, _Wrapper("-o -O --rcfile --init-file")),
}  # fmt: skip
# What runs its words on another host or in a container, or only prints or edits them.
_ELSEWHERE = frozenset(
    {"ssh", "docker", "docker-compose", "podman", "kubectl", "lxc", "lxc-attach", "nsenter", "chroot", "machinectl",
     "systemd-nspawn", "vagrant", "sail", "ansible", "echo", "printf", "logger", "grep"}
)  # fmt: skip


def unwrap(values: Values) -> Inner:
    """Take one wrapper off a command.

    Raises:
        Elsewhere: it runs on another host or in a container, or an unknown word stands where the command should.
    """
    name = posixpath.basename(_known(values, 0))
    if name in _ELSEWHERE:
        raise Elsewhere
    if name == "eval":
        return Inner(text=" ".join(_known(values, at) for at in range(1, len(values))))
    wrapper = _WRAPPERS.get(name)
    if wrapper is None:
        return Inner()
    options, at = _options(values, 1, wrapper.values)
    if name in SHELLS:
        return Inner(text=_known(values, at)) if "-c" in options else Inner()
    if name == "sudo" and options.keys() & {"-l", "-v", "-e"}:
        raise Elsewhere
    if name in ("su", "runuser") and _first(options, wrapper.user, "") == "":
        return _su(values, at, options, wrapper.values)
    while name in ("sudo", "env") and "=" in (word := _known(values, at)) and not word.startswith("/"):
        at += 1
    at += wrapper.operands
    if name == "flock" and values[at : at + 1] in (["-c"], ["--command"]):
        return Inner(text=_known(values, at + 1))
    user = _first(options, wrapper.user, wrapper.default)
    user = user.removeprefix("#") if user else user  # sudo's way to write a number
    login = name == "sudo" and bool(options.keys() & {"-i", "--login"})
    return Inner(at, None, user, _first(options, wrapper.directory, ""), login)


def _su(rest: Values, at: int, options: Options, values: str) -> Inner:
    """``su [options] [-] [user [options]]``: it takes options after the user's name as well."""
    login = rest[at : at + 1] == ["-"]
    user = rest[at + login] if at + login < len(rest) else "root"
    options = {**_options(rest, at + login + 1, values)[0], **options}
    text = _first(options, "-c --command --session-command", "")
    if not text:
        raise Elsewhere
    return Inner(text=text, user=user, login=login or bool(options.keys() & {"-l", "--login"}))


def _options(rest: Values, at: int, values: str) -> tuple[Options, int]:
    """The options from ``at`` on, and the index of the first word that is none; ``values`` take the next word.

    Raises:
        Elsewhere: a word that is not known stands among them.
    """
    options: Options = {}
    while at < len(rest):
        word = _known(rest, at)
        if word == "--":
            return options, at + 1
        if not word.startswith(("-", "+")) or word == "-":
            return options, at
        at += 1
        option, mark, value = word.partition("=")
        if not word.startswith("--"):  # a cluster of short options: -nHu www-data, -uwww-data
            place = next((place for place in range(1, len(word)) if f"-{word[place]}" in values.split()), len(word))
            options.update((f"-{char}", "") for char in word[1:place])
            option, mark, value = f"-{word[place : place + 1]}", word[place + 1 :], word[place + 1 :]
        options[option] = value
        if not mark and option in values.split():
            options[option] = rest[at] if at < len(rest) else None
            at += 1
    return options, at


def _known(rest: Values, at: int) -> str:
    """A word that must be known to go on."""
    value = rest[at] if at < len(rest) else None
    if value is None:
        raise Elsewhere
    return value


def _first(options: Options, names: str, default: str) -> str | None:
    return next((options[name] for name in names.split() if name in options), default)
