"""A plan as a shell script that a person can read and run by hand. Pure.

It changes no file. A path in a script is looked up anew when the script runs, and whoever may write a directory on its
way could put a link there; only `liveproof fix` opens each file without following links and can undo what it did. So
changes of files are comments, and the script does only what services and artisan do themselves.
"""

from collections.abc import Iterator

from liveproof.model.plan import (
    ChangeMode,
    ChangeOwner,
    Plan,
    ReloadUnit,
    RestartUnit,
    RunArtisan,
    SignalMaster,
    StartUnit,
    Step,
    WriteFile,
)
from liveproof.planning.merge import with_suffix
from liveproof.report.style.escaping import visible

_COMMANDS = (RunArtisan, ReloadUnit, StartUnit, RestartUnit, SignalMaster)
_SHOWN = 20

_HEAD = """\
#!/bin/bash
# What `liveproof fix` would do for {app}
# Fixes: {fixes}
#
# Unlike `liveproof fix`, this script changes no file, looks at nothing again before it acts, and undoes nothing.
# Read it, then run it as root: bash SCRIPT
set -euo pipefail
umask 022
"""

# A reload before the files are right can take down a site that lives by what PHP-FPM keeps in memory.
_FILES_FIRST = """
if [[ ${FILES_CHANGED:-} != yes ]]; then
  echo 'This script changes no files, and its commands are right only once they are changed as its comments say.' >&2
  echo 'Run `liveproof fix`, which does everything; or change them by hand, then run: FILES_CHANGED=yes bash SCRIPT' >&2
  exit 1
fi
"""


def script(plan: Plan) -> str:
    """The plan as bash: file changes as comments, then artisan and services, each with its reason and its test.

    Names that are not plain text are quoted so that bash gives back exactly their bytes.
    """
    parts = [_HEAD.format(app=visible(plan.app), fixes=", ".join(plan.fixes) or "nothing")]
    files = [step for step in plan.steps if not isinstance(step.act, _COMMANDS)]
    commands = [step for step in plan.steps if isinstance(step.act, _COMMANDS)]
    if not plan.steps:
        parts.append("\necho 'nothing to do'\n")
    number = 0
    for step in files:
        number += 1
        parts.append("\n" + "\n".join(_described(number, step)) + "\n")
    if files and commands:
        parts.append(_FILES_FIRST)
    elif files:
        parts.append(f"\necho 'only files are to be changed: run liveproof fix '{quoted(quoted(plan.app))}\n")
    for step in commands:
        number += 1
        parts.append("\n" + "\n".join(_step(number, step)) + "\n")
    if plan.held_back:
        parts.append("\n# Held back, because it would delay or drop requests; uncomment what you accept:\n")
        parts += ["\n".join(f"# {line}" for line in _held(step)) + "\n" for step in plan.held_back]
    if plan.manual:
        parts.append("\n# Left to you:\n")
        parts += [f"#   {code}: {visible(advice)}\n" for code, advice in plan.manual]
    if commands:
        parts.append(
            f"\n# Proof: 0 proven, 1 still broken, 3 something could not be seen\nliveproof check {quoted(plan.app)}\n"
        )
    return "".join(parts)


def _described(number: int, step: Step) -> Iterator[str]:
    """A change of files, told and not done."""
    codes = f" ({', '.join(step.fixes)})" if step.fixes else ""
    yield f"# {number}. liveproof fix would {visible(step.what)}{codes}"
    yield f"#    {visible(step.why)}"
    act = step.act
    if isinstance(act, ChangeOwner):
        told = [f"{_join(act.root, entry.path)}  (now {entry.uid}:{entry.gid})" for entry in act.entries[:_SHOWN]]
    elif isinstance(act, ChangeMode):
        told = [
            f"{_join(act.root, entry.path)}  ({entry.mode:04o} to {entry.new:04o})" for entry in act.entries[:_SHOWN]
        ]
    elif isinstance(act, WriteFile):
        yield from (f"#      {visible(line)}" for line in act.diff.split("\n"))
        return
    else:
        return
    yield from (f"#      {visible(line)}" for line in told)
    if len(act.entries) > _SHOWN:
        yield f"#      and {len(act.entries) - _SHOWN} more"


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
    yield from _commands(step)


def _held(step: Step) -> Iterator[str]:
    if isinstance(step.act, _COMMANDS):
        yield f"{visible(step.what)}: {visible(step.why)}"
        yield from _commands(step)
    else:
        yield f"liveproof fix would {visible(step.what)}: {visible(step.why)}"


def _commands(step: Step) -> Iterator[str]:
    act = with_suffix(step.act)
    if isinstance(act, RunArtisan):
        yield f"cd -- {quoted(act.app)}"
        command = " ".join(quoted(word) for word in (act.php, "artisan", *act.arguments))
        yield f"(umask {act.umask:04o} && runuser -u {quoted(act.user)} -- {command} --no-interaction)"
        yield "cd /"
        return
    assert isinstance(act, ReloadUnit | StartUnit | RestartUnit | SignalMaster)
    if act.test:
        yield " ".join(quoted(word) for word in act.test)
    if isinstance(act, SignalMaster):
        yield f"kill -USR2 {act.pid}"
        return
    verb = {ReloadUnit: "reload", StartUnit: "start", RestartUnit: "restart"}[type(act)]
    yield f"systemctl {verb} {quoted(act.unit)}"


def _join(root: str, path: str) -> str:
    return root if path == "." else f"{root.rstrip('/')}/{path}"
