"""Who changed the files that a problem is about, as a line of its alert. Only what was seen; nothing is guessed."""

import pwd
from collections.abc import Mapping
from typing import Any

from liveproof.host.events.event import Culprit
from liveproof.model.alerts import Problem
from liveproof.model.secrets import hide, hide_in_arguments

_ARGUMENTS = 120


def line(problem: Problem, document: Mapping[str, Any], changed: Mapping[str, Culprit | None]) -> str:
    """Which process changed a file of this problem last; empty where none of its files changed while it was watched."""
    if not changed:
        return ""
    named = _named(problem, document)
    for path, culprit in reversed(tuple(changed.items())):
        if any(name == path or (len(name) > 1 and path.endswith(f"/{name}")) for name in named):
            return f"{hide(path)} was changed by {_told(culprit)}"
    return ""


def _named(problem: Problem, document: Mapping[str, Any]) -> set[str]:
    """The paths that the findings of a problem name, absolute ones and those below the app."""
    found: set[str] = set()
    for app in document["apps"]:
        for finding in app["findings"] if app["path"] == problem.app else ():
            if finding["code"] == problem.code:
                found |= {ref["id"] for ref in finding["about"] if ref["kind"] == "file"}
                for evidence in finding["evidence"]:
                    found |= {
                        word.rstrip(":,;") for word in f"{evidence['source']} {evidence['saw']}".split() if "/" in word
                    }
    return found


def _told(culprit: Culprit | None) -> str:
    if culprit is None:
        return "a process that is not known: it had ended before it could be read"
    arguments = " ".join(hide_in_arguments(culprit.argv))[:_ARGUMENTS] or culprit.comm
    parent = f", started by {culprit.parent_comm} (process {culprit.parent})" if culprit.parent_comm else ""
    return f"`{arguments}` (process {culprit.pid}, user {_user(culprit.uid)}){parent}"


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
