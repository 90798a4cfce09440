"""A plan as a shell script that a person can read and run by hand. Pure.

It changes no file. A path in a script is looked up again when the script runs, and whoever may write a directory on its
way could put a link there; only `liveproof fix` opens each file without following links and can undo what it did. So
changes of files are comments, and the script does only what services and artisan do themselves.
"""

from collections.abc import Iterator

from liveproof.analysis.shell_words import quoted
from liveproof.model.plan import Plan, Step
from liveproof.report.plan import details
from liveproof.report.style.escaping import visible

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
    files = [step for step in plan.steps if not step.act.shell()]
    commands = [step for step in plan.steps if step.act.shell()]
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
    """A change of files, described and not done."""
    codes = f" ({', '.join(step.fixes)})" if step.fixes else ""
    yield f"# {number}. liveproof fix would {visible(step.what)}{codes}"
    yield f"#    {visible(step.why)}"
    yield from (f"#      {line}" for line in details(step))


def _step(number: int, step: Step) -> Iterator[str]:
    codes = f" ({', '.join(step.fixes)})" if step.fixes else ""
    yield f"# {number}. {visible(step.what)}{codes}"
    yield f"#    {visible(step.why)}"
    yield from step.act.shell()


def _held(step: Step) -> Iterator[str]:
    would = "" if step.act.shell() else "liveproof fix would "
    yield f"{would}{visible(step.what)}: {visible(step.why)}"
    yield from step.act.shell()
