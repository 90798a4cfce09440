"""Programs that run another program: as whom, where, and which (sudo(8), su(1), runuser(1), setpriv(1), env(1), …)."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace

Values = list[str | None]


class Elsewhere(Exception):
    """The command is run on another host or in a container, or cannot be told: nothing is said of it."""


@dataclass(frozen=True, slots=True)
class Inner:
    """What a command really runs: the words from ``at``, or the shell text ``text``.

    ``user`` is empty when it stays the caller's, None when it is not known. ``login`` starts in the user's home.
    """

    at: int = 0
    text: str | None = None
    user: str | None = ""
    login: bool = False
    directory: str | None = None


# Options that take the next word as their value, per program. Long ones with "=" need no entry.
_OF_SU = "-c --command -s --shell -g --group -G --supp-group -w --whitelist-environment --session-command"
_VALUES = {
    name: frozenset(options.split())
    for name, options in {
        "sudo": "-u --user -g --group -h --host -p --prompt -C --close-from -c -D --chdir -R --chroot -r --role -t "
        "--type -T --command-timeout -U --other-user",
        "doas": "-u -C -a",
        "su": _OF_SU,
        "runuser": f"{_OF_SU} -u --user",
        "setpriv": "--reuid --regid --ruid --euid --rgid --egid --groups --inh-caps --ambient-caps --bounding-set "
        "--securebits --selinux-label --apparmor-profile --pdeathsig",
        "env": "-u --unset -C --chdir",
        "nice": "-n --adjustment",
        "ionice": "-c --class -n --classdata",
        "timeout": "-s --signal -k --kill-after",
        "flock": "-w --wait --timeout -E --conflict-exit-code",
        "stdbuf": "-i -o -e --input --output --error",
        "exec": "-a",
        "systemd-cat": "-t --identifier -p --priority --stderr-priority",
        "systemd-run": "-p --property -u --unit -E --setenv -d --working-directory --uid --gid --on-calendar",
        "chpst": "-u -U -/ -n -l -L -m -d -o -p -f -c",
    }.items()
}
# Plain wrappers, with the number of words of their own after the options.
_WRAPPERS = {
    "env": 0, "nice": 0, "ionice": 0, "nohup": 0, "setsid": 0, "stdbuf": 0, "exec": 0, "command": 0, "chronic": 0,
    "cronic": 0, "systemd-cat": 0, "time": 0, "run-one": 0, "timeout": 1, "flock": 1, "builtin": 0, "unbuffer": 0,
}  # fmt: skip
_SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "ash")
_ELSEWHERE = frozenset(
    {"ssh", "docker", "docker-compose", "podman", "kubectl", "lxc", "lxc-attach", "nsenter", "chroot", "machinectl",
     "systemd-nspawn", "vagrant", "sail", "ansible", "xargs", "parallel", "watch", "find", "make"}
)  # fmt: skip
_MOST = 12


def unwrap(values: Values) -> Inner:
    """Follow a command through its wrappers to what it runs.

    Raises:
        Elsewhere: it runs on another host or in a container, or an unknown word stands where the command should.
    """
    inner = Inner()
    for _ in range(_MOST):
        rest = values[inner.at :]
        if not rest or rest[0] is None:
            raise Elsewhere
        name = posixpath.basename(rest[0])
        if name in _ELSEWHERE:
            raise Elsewhere
        following = _one(name, rest)
        if following is None:
            return inner
        inner = _joined(inner, following)
        if inner.text is not None:
            return inner
    raise Elsewhere


def _joined(outer: Inner, inner: Inner) -> Inner:
    return Inner(
        outer.at + inner.at,
        inner.text,
        outer.user if inner.user == "" else inner.user,
        inner.login or (outer.login and inner.directory is None),
        inner.directory or outer.directory,
    )


def _one(name: str, rest: Values) -> Inner | None:
    """One wrapper, None when the first word is none."""
    follow = _FOLLOW.get(name)
    return follow(name, rest) if follow else None


def _setpriv(name: str, rest: Values) -> Inner:
    options, at = _options(name, rest)
    return Inner(at, user=_first(options, "--reuid", "--euid"))


def _chpst(name: str, rest: Values) -> Inner:
    options, at = _options(name, rest)
    return Inner(at, user=(_first(options, "-u") or "").partition(":")[0])


def _gosu(_: str, rest: Values) -> Inner:
    user = rest[1] if len(rest) > 1 else None
    return Inner(2, user=None if user is None else user.partition(":")[0])


def _eval(_: str, rest: Values) -> Inner:
    if any(value is None for value in rest):
        raise Elsewhere
    return Inner(len(rest), text=" ".join(value or "" for value in rest[1:]))


def _sudo(name: str, rest: Values) -> Inner:
    options, at = _options(name, rest)
    at = _past_assignments(rest, at)
    login = "-i" in options or "--login" in options
    if "-l" in options or "-v" in options or "-e" in options:
        raise Elsewhere
    user = _numbered(_first(options, "-u", "--user", default="root"))
    return Inner(at, user=user, login=login, directory=options.get("-D") or options.get("--chdir"))


def _su(name: str, rest: Values) -> Inner:
    options, at = _options(name, rest)
    words = rest[at:]
    login = bool({"-", "-l", "--login"} & set(options))
    if words and words[0] == "-":
        login, words, at = True, words[1:], at + 1
    named = _first(options, "-u", "--user", default="")
    text = _first(options, "-c", "--command", "--session-command", default="")
    if name == "runuser" and named != "":
        return Inner(at, user=named)
    user = words[0] if words else "root"
    late, _ = _options(name, words) if words else ({}, 0)  # su takes options after the user's name as well
    text = text if text != "" else _first(late, "-c", "--command", "--session-command", default="")
    if not text:
        raise Elsewhere
    return Inner(len(rest), text=text, user=user, login=login or bool({"-", "-l", "--login"} & set(late)))


def _systemd_run(name: str, rest: Values) -> Inner:
    options, at = _options(name, rest)
    user = _first(options, "--uid", default="root")
    if (options.get("-p") or options.get("--property") or "").startswith("User="):
        user = (options.get("-p") or options.get("--property") or "").removeprefix("User=")
    if {"-M", "--machine", "-H", "--host", "--user"} & set(options):
        raise Elsewhere
    return Inner(at, user=user, directory=options.get("--working-directory") or options.get("-d") or "/")


def _shell(_: str, rest: Values) -> Inner | None:
    """``sh -c TEXT``; a script is the caller's business."""
    for at, value in enumerate(rest[1:], 1):
        if value is None:
            raise Elsewhere
        if not value.startswith(("-", "+")):
            return None
        if not value.startswith("--") and "c" in value:
            text = rest[at + 1] if at + 1 < len(rest) else None
            if text is None:
                raise Elsewhere
            return Inner(len(rest), text=text)
    return None


def _plain(name: str, rest: Values) -> Inner:
    options, at = _options(name, rest)
    if name == "env":
        at = _past_assignments(rest, at)
    inner = Inner(
        at + _WRAPPERS[name], directory=options.get("-C") or options.get("--chdir") if name == "env" else None
    )
    if name == "flock" and inner.at < len(rest) and rest[inner.at] in ("-c", "--command"):
        text = rest[inner.at + 1] if inner.at + 1 < len(rest) else None
        if text is None:
            raise Elsewhere
        return replace(inner, at=len(rest), text=text)
    return inner


def _options(name: str, rest: Values) -> tuple[dict[str, str | None], int]:
    """The options after the program's name, and the index of the first word that is none.

    Raises:
        Elsewhere: a word that is not known stands among them.
    """
    values = _VALUES.get(name, frozenset())
    options: dict[str, str | None] = {}
    at = 1
    while at < len(rest):
        word = rest[at]
        if word is None:
            raise Elsewhere
        if word == "--":
            return options, at + 1
        if not word.startswith("-") or word == "-":
            return options, at
        long, mark, value = word.partition("=")
        if word.startswith("--"):
            if mark:
                options[long] = value
            elif word in values:
                at += 1
                options[word] = rest[at] if at < len(rest) else None
            else:
                options[word] = ""
        else:
            at = _short(word, rest, at, values, options)
        at += 1
    return options, at


def _short(word: str, rest: Values, at: int, values: frozenset[str], options: dict[str, str | None]) -> int:
    """A cluster of short options (``-nHu www-data``, ``-uwww-data``); the index of the last word that it takes."""
    for place in range(1, len(word)):
        option = f"-{word[place]}"
        if option in values:
            attached = word[place + 1 :]
            if attached:
                options[option] = attached
                return at
            options[option] = rest[at + 1] if at + 1 < len(rest) else None
            return at + 1
        options[option] = ""
    return at


def _first(options: dict[str, str | None], *names: str, default: str = "") -> str | None:
    return next((options[name] for name in names if name in options), default)


def _numbered(user: str | None) -> str | None:
    """``#33`` is how sudo writes a numeric user."""
    return user.removeprefix("#") if user else user


def _past_assignments(rest: Values, at: int) -> int:
    while at < len(rest) and (word := rest[at]) is not None and "=" in word and not word.startswith(("/", "-")):
        at += 1
    return at


_FOLLOW: dict[str, Callable[[str, Values], Inner | None]] = {
    **dict.fromkeys(_WRAPPERS, _plain),
    **dict.fromkeys(_SHELLS, _shell),
    **dict.fromkeys(("gosu", "su-exec", "setuidgid"), _gosu),
    **dict.fromkeys(("sudo", "doas"), _sudo),
    **dict.fromkeys(("su", "runuser"), _su),
    "setpriv": _setpriv,
    "chpst": _chpst,
    "systemd-run": _systemd_run,
    "eval": _eval,
}
