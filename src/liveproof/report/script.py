"""A plan as a shell script that a person can read and run by hand. Pure."""

from collections.abc import Iterable, Iterator

from liveproof.merging import with_suffix
from liveproof.model.plans import (
    Act,
    ChangeMode,
    ChangeOwner,
    MakeDirectory,
    Plan,
    PointSymlink,
    ReloadUnit,
    RemoveFile,
    RestartUnit,
    RunArtisan,
    SignalMaster,
    StartUnit,
    Step,
    WriteFile,
)
from liveproof.report.visible import visible

_HEAD = """\
#!/bin/bash
# What `liveproof fix` would do for {app}
# Mends: {fixes}
#
# Unlike `liveproof fix`, this script looks at nothing again before it acts, proves nothing and takes nothing back.
# Read it, then run it as root: bash SCRIPT
set -euo pipefail
umask 022
"""

_FUNCTIONS = """
# give OWNER NOW PATH...  changes the owner of each PATH that still belongs to NOW (numbers) and has no other hard link
give() {
  local owner=$1 now=$2 path
  shift 2
  for path; do
    if [[ ! -L $path && -f $path && $(stat -c %h -- "$path") != 1 ]]; then
      printf 'left alone, it has other hard links: %q\\n' "$path" >&2
    elif [[ $(stat -c %u:%g -- "$path" 2>/dev/null) == "$now" ]]; then
      chown -h -- "$owner" "$path"
    else
      printf 'left alone, it is no longer owned by %s: %q\\n' "$now" "$path" >&2
    fi
  done
}

# mode NEW NOW PATH...  changes the mode of each PATH that still has the mode NOW and is no link
mode() {
  local new=$1 now=$2 path
  shift 2
  for path; do
    if [[ ! -L $path && $(stat -c %04a -- "$path" 2>/dev/null) == "$now" ]]; then
      chmod -- "$new" "$path"
    else
      printf 'left alone, its mode is no longer %s: %q\\n' "$now" "$path" >&2
    fi
  done
}
"""


def script(plan: Plan) -> str:
    """The plan as bash: every step with its reason, configuration tests before reloads, a look at the end.

    Names that are not plain text are quoted so that bash gives back exactly their bytes.
    """
    parts = [_HEAD.format(app=visible(plan.app), fixes=", ".join(plan.fixes) or "nothing")]
    if any(isinstance(step.act, ChangeOwner | ChangeMode) for step in plan.steps):
        parts.append(_FUNCTIONS)
    if not plan.steps:
        parts.append("\necho 'nothing to do'\n")
    for number, step in enumerate(plan.steps, 1):
        parts.append("\n" + "\n".join(_step(number, step)) + "\n")
    if plan.held_back:
        parts.append("\n# Held back, because it would delay or drop requests; uncomment what you accept:\n")
        parts += ["\n".join(f"# {line}" for line in _held(step)) + "\n" for step in plan.held_back]
    if plan.manual:
        parts.append("\n# Left to you:\n")
        parts += [f"#   {code}: {visible(advice)}\n" for code, advice in plan.manual]
    if plan.steps:
        parts.append(
            f"\n# Proof: 0 proven, 1 still broken, 3 something could not be seen\nliveproof check {quoted(plan.app)}\n"
        )
    return "".join(parts)


def quoted(text: str) -> str:
    """A word of bash that stands for exactly these characters, or bytes where they are not UTF-8."""
    if text and all(char.isascii() and (char.isalnum() or char in "@%+=:,./_-") for char in text):
        return text
    if text.isprintable() and text.isascii():
        return "'" + text.replace("'", "'\\''") + "'"
    return "$'" + "".join(map(_escaped, text.encode(errors="surrogateescape"))) + "'"


def _escaped(byte: int) -> str:
    char = chr(byte)
    if char in "\\'":
        return f"\\{char}"
    # Three octal digits end by themselves, whatever comes next.
    return char if 32 <= byte < 127 else f"\\{byte:03o}"


def _step(number: int, step: Step) -> Iterator[str]:
    codes = f" ({', '.join(step.fixes)})" if step.fixes else ""
    yield f"# {number}. {visible(step.what)}{codes}"
    yield f"#    {visible(step.why)}"
    yield from _commands(with_suffix(step.act))


def _held(step: Step) -> Iterator[str]:
    yield f"{visible(step.what)}: {visible(step.why)}"
    for command in _commands(with_suffix(step.act)):
        yield from command.split("\n")


def _commands(act: Act) -> Iterator[str]:
    match act:
        case ChangeOwner():
            yield from _owners(act)
        case ChangeMode():
            yield from _modes(act)
        case MakeDirectory(root, path, uid, gid, mode):
            yield f"install -d -m {mode:04o} -o {uid} -g {gid} -- {quoted(_join(root, path))}"
        case RemoveFile(root, path):
            yield f"rm -f -- {quoted(_join(root, path))}"
        case WriteFile():
            yield from _write(act)
        case PointSymlink(path, _, target):
            yield f"ln -sfn -- {quoted(target)} {quoted(path + '.liveproof')}"
            yield f"mv -Tf -- {quoted(path + '.liveproof')} {quoted(path)}"
        case RunArtisan():
            yield f"cd -- {quoted(act.app)}"
            command = " ".join(quoted(word) for word in (act.php, "artisan", *act.arguments))
            yield f"(umask {act.umask:04o} && runuser -u {quoted(act.user)} -- {command} --no-interaction)"
            yield "cd /"
        case _:
            yield from _service(act)


def _service(act: ReloadUnit | StartUnit | RestartUnit | SignalMaster) -> Iterator[str]:
    if act.test:
        yield " ".join(quoted(word) for word in act.test)
    if isinstance(act, SignalMaster):
        yield f"kill -USR2 {act.pid}"
        return
    verb = {ReloadUnit: "reload", StartUnit: "start", RestartUnit: "restart"}[type(act)]
    yield f"systemctl {verb} {quoted(act.unit)}"


def _owners(act: ChangeOwner) -> Iterator[str]:
    owner = f"{'' if act.uid == -1 else act.uid}:{'' if act.gid == -1 else act.gid}".rstrip(":")
    by_now: dict[str, list[str]] = {}
    for entry in act.entries:
        by_now.setdefault(f"{entry.uid}:{entry.gid}", []).append(_join(act.root, entry.path))
    for now, paths in by_now.items():
        yield f"# {owner} is {visible(act.names)}"
        yield from _each(f"give {owner} {now}", paths)


def _modes(act: ChangeMode) -> Iterator[str]:
    groups: dict[tuple[int, int], list[str]] = {}
    for entry in act.entries:
        groups.setdefault((entry.new, entry.mode), []).append(_join(act.root, entry.path))
    for (new, now), paths in groups.items():
        yield from _each(f"mode {new:04o} {now:04o}", paths)


def _each(command: str, paths: Iterable[str]) -> Iterator[str]:
    words = [quoted(path) for path in paths]
    yield f"{command} {words[0]}" if len(words) == 1 else " \\\n  ".join((command, *words))


def _write(act: WriteFile) -> Iterator[str]:
    """The content stands in the script; the old file is kept beside it and comes back when the test fails."""
    path, keep = quoted(act.path), quoted(f"{act.path}.before-liveproof")
    yield f"printf '%s  %s\\n' {act.old_sha256} {path} | sha256sum -c --quiet -"
    yield f"cp -a -- {path} {keep}"
    yield f"printf %s {quoted(act.content)} > {path}"
    if act.test:
        test = " ".join(quoted(word) for word in act.test)
        yield f"{test} || {{ cat -- {keep} > {path}; exit 1; }}"


def _join(root: str, path: str) -> str:
    return root if path == "." else f"{root.rstrip('/')}/{path}"
