"""Plans as a shell script to read: every step as a comment, and one line that runs. Pure.

The line calls liveproof. A path in a script of shell commands is looked up again when it runs, and whoever may write a
directory on its way could put a link there; liveproof opens each file without following links, looks again before it
acts, and can undo what it did.
"""

from collections.abc import Iterable, Iterator

from liveproof.analysis.shell_words import quoted
from liveproof.model.plan import Plan, Step, allow_option
from liveproof.report.plan import SAFETY, details
from liveproof.report.style.escaping import visible

_HEAD = """\
#!/bin/bash
# What liveproof will do. Read it, then run it as root: bash SCRIPT
"""


def script(plans: Iterable[Plan], apply_command: str = "") -> str:
    """The plans as bash: comments, then the line that applies them.

    With ``apply_command``, which applies them as they were saved, it is these or nothing; without it liveproof plans
    anew and asks. Every name in a comment is made printable, so that none gets out of its line.
    """
    parts = [_HEAD]
    plans = tuple(plans)
    for plan in plans:
        parts.append(f"#\n# {visible(plan.app)}: {', '.join((*plan.fixes, *plan.settles)) or 'nothing to do'}\n")
        for number, step in enumerate(plan.steps, 1):
            parts += [f"#{line}\n" for line in _described(f"{number}.", step)]
        if plan.held_back:
            parts.append(f"#\n# Skipped; add {allow_option(plan.held_back)} to include:\n")
            parts += [f"#{line}\n" for step in plan.held_back for line in _described("-", step)]
        if plan.manual:
            parts.append("#\n# Manual:\n")
            parts += [f"#   {code}: {visible(advice)}\n" for code, advice in plan.manual]
    parts.append("\n")
    if not any(plan.steps for plan in plans):
        parts.append("echo 'nothing to do'\n")
    elif apply_command:
        parts.append(f"{apply_command}\n")
    else:
        parts += [f"liveproof fix {quoted(plan.app)}\n" for plan in plans if plan.steps]
    return "".join(parts)


def _described(mark: str, step: Step) -> Iterator[str]:
    """A step without the sign of a comment: what, why, what it touches, and commands that do the same by hand."""
    codes = f" ({', '.join(step.fixes)})" if step.fixes else ""
    yield f" {mark} {visible(step.what)}{codes}: {SAFETY[step.safety]}"
    yield f"    {visible(step.why)}"
    if step.cost:
        yield f"    {visible(step.cost)}"
    yield from (f"      {line}" for line in details(step))
    yield from (f"      $ {visible(line)}" for line in step.act.shell())
