"""What says what runs by itself: crontabs (crontab(5)), services (systemctl(1)) and supervisor's programs. Pure."""

import configparser
import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator

from liveproof.host.services.systemd import Block, command
from liveproof.probes.schedule.calls import Text
from liveproof.probes.schedule.found import USER
from liveproof.probes.schedule.wrappers import SHELLS, Home, Setting

_VARIABLE = re.compile(r"""['"]?([^\W\d]\w*)['"]?\s*=\s*(.*)""")
_TIME = r"[ \t]*(?:@[^ \t]*|[^ \t]+(?:[ \t]+[^ \t]+){4})[ \t]+"
_OF_USER = re.compile(rf"{_TIME}(?P<command>.+)")
_OF_SYSTEM = re.compile(rf"{_TIME}(?P<user>[^ \t]+)[ \t]+(?P<command>.+)")
_BEFORE_PERCENT = re.compile(r"(?:\\%|[^%])*")  # a % ends the command, what follows is its input

_EXEC = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost")
PROPERTIES = (
    "Id", "LoadState", "User", "WorkingDirectory", "Environment", "FragmentPath", "WantedBy",
    "RequiredBy", "UpheldBy", "TriggeredBy", *_EXEC, *(f"{name}Ex" for name in _EXEC),
)  # fmt: skip
_PRIVILEGED = ("privileged", "no-setuid", "ambient")  # of the prefixes +, ! and !! (systemd.service(5))


def crontab(path: str, content: str, owner: str, home: Home) -> Iterator[Text]:
    """The commands of a crontab; ``owner`` is empty for a system crontab, whose lines name the user."""
    variables: dict[str, str] = {}
    for number, line in enumerate(content.split("\n"), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if variable := _VARIABLE.fullmatch(stripped):
            value = variable[2]
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            variables = {**variables, variable[1]: value[1:-1] if quoted else value}
        elif entry := (_OF_USER if owner else _OF_SYSTEM).match(line.rstrip()):
            before = _BEFORE_PERCENT.match(entry["command"])
            user = owner or entry["user"]
            better, place = line, f"Take it out with crontab -u {owner} -e, and with crontab -u {USER} -e put"
            if not owner:
                better = f"{line[: entry.start('user')]}{USER}{line[entry.end('user') :]}"
                place = f"In {path}:{number} put"
            directory = variables.get("HOME") or home(user)
            setting = Setting(user, directory, {"HOME": directory or "", "LOGNAME": user, **variables})
            yield Text("cron", f"{path}:{number}", before[0] if before else "", setting, line, better, place)


def is_read_by_cron(name: str, *, debian: bool) -> bool:
    """Whether cron reads a file of this name in /etc/cron.d and its like (cron(8), run-parts(8))."""
    if debian:
        return re.fullmatch(r"[A-Za-z0-9_-]+", name) is not None
    return not name.startswith(".") and not name.endswith(("~", ".rpmsave", ".rpmorig", ".rpmnew", ".swp", ",v"))


def services(blocks: Iterable[Block], home: Home) -> Iterator[Text]:
    """The commands of the services that are enabled, or started by an enabled timer or path.

    The shell text is empty where systemd does not tell where the command ends (see ``quoted``).
    """
    units = {block["Id"][0]: block for block in blocks if block.get("Id")}
    for name, block in sorted(units.items()):
        by = [block, *(units.get(trigger, {}) for trigger in _words(block, "TriggeredBy"))]
        started = any(_words(one, key) for one in by for key in ("WantedBy", "RequiredBy", "UpheldBy"))
        if not name.endswith(".service") or _words(block, "LoadState") != ["loaded"] or not started:
            continue
        user = "".join(_words(block, "User")) or "root"
        directory = "".join(block.get("WorkingDirectory", ())).lstrip("!-") or "/"
        own = home(user) or "/"
        environment = dict(word.split("=", 1) for word in _words(block, "Environment") if "=" in word)
        place = f"Run systemctl edit {name}, then systemctl restart {name}; below [Service] put"
        for key in _EXEC:
            for value in block.get(f"{key}Ex") or block.get(key, ()):
                argv, flags = command(value)
                privileged = any(flag in flags for flag in _PRIVILEGED)  # root's whatever User= says
                line, better = (f"{key}=+{argv}", f"{key}={argv}") if privileged else (f"{key}={argv}", f"User={USER}")
                setting = Setting(
                    "root" if privileged else user, own if directory == "~" else directory, {"HOME": own, **environment}
                )
                source = "".join(block.get("FragmentPath", ()))
                yield Text("systemd", source, quoted(argv), setting, line, better, place)


def _words(block: Block, key: str) -> list[str]:
    text = " ".join(block.get(key, ()))
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def quoted(argv: str) -> str:
    """Systemd's command as shell words: it parts them by blanks alone, so what follows ``-c`` of a shell is one again.

    Empty where that cannot be told (``su -c TEXT USER``).
    """
    words = argv.split(" ")
    names = [posixpath.basename(word) for word in words]
    shell = next((at for at, name in enumerate(names) if name in SHELLS or name in ("su", "runuser")), len(words))
    at = next((at for at in range(shell + 1, len(words)) if re.fullmatch(r"-[a-z]*c", words[at])), 0)
    # The -c is the shell's own unless a program stands before it that is not an option's value (sh x.php -c).
    if not at or (names[shell] in SHELLS and any(not word.startswith("-") for word in words[shell + 1 : at])):
        return shlex.join(words)
    if names[shell] not in SHELLS and (at - 1 == shell or words[at - 1].startswith(("-", "/"))):
        return ""
    return f"{shlex.join(words[: at + 1])} {shlex.quote(' '.join(words[at + 1 :]))}"


def supervisor(content: str) -> configparser.RawConfigParser:
    """The configuration of supervisor, in its dialect; configparser.Error where supervisor cannot read it either."""
    read = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    read.read_string(content)
    return read


def programs(path: str, read: configparser.RawConfigParser, default: str, home: Home) -> Iterator[Text]:
    """The programs that supervisor starts by itself, as their users or as ``default``."""
    for name in read.sections():
        section = read[name]
        off = section.get("autostart", "true").lower() in ("false", "no", "off", "0")
        if off or not name.startswith(("program:", "eventlistener:")) or "command" not in section:
            continue
        user, line = section.get("user", default), " ".join(section["command"].split("\n")).strip()
        try:
            shell = shlex.join(shlex.split(line.replace("%%", "%")))
        except ValueError:
            continue  # supervisor does not start it either
        program = name.partition(":")[2]
        place = f"In {path}, before supervisorctl reread and update {program}, below [{name}] put"
        setting = Setting(user, section.get("directory"), {"HOME": home(user) or ""})
        yield Text("supervisor", path, shell, setting, f"command={line}", f"user={USER}", place)
