"""Whether what was denied would be allowed now."""

from collections.abc import Iterable
from dataclasses import replace

from liveproof.host.errors import CannotSee
from liveproof.host.process.command import Identity
from liveproof.host.process.user_access import READ, SEARCH, WRITE, Answer, Question, ask
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.logs import LogGroup
from liveproof.model.findings import Absent, Unknown
from liveproof.probes.logs.kinds import wants_to_write

_DENIALS = ("permission", "cache_write")


def judged(app: App, fpm: Fpm | Unknown | Absent, groups: Iterable[LogGroup]) -> tuple[LogGroup, ...]:
    """The groups with ``cured`` filled in: one question to the kernel for all paths, as the app's user."""
    given = tuple(groups)
    denied = [group for group in given if group.kind in _DENIALS and group.paths]
    connects = _sockets_answer(app, fpm)
    if not denied:
        return tuple(replace(group, cured=connects) if group.kind == "nginx" else group for group in given)
    wanted = {(path, WRITE if wants_to_write(group.sample) else READ) for group in denied for path in group.paths}
    above = {(path.rpartition("/")[0] or "/", WRITE | SEARCH) for path, right in wanted if right == WRITE}
    questions = sorted(wanted | above)
    served = fpm.serving(app.pools) if isinstance(fpm, Fpm) else ()
    worker = next((worker.pid for _, pool in served for worker in pool.workers), 0)
    try:
        allowed = ask(questions, Identity(app.uid, app.gid, app.groups), worker)
    except CannotSee:
        return given
    answers = dict(zip(questions, allowed, strict=True))
    return tuple(replace(group, cured=_resolved(group, answers, connects)) for group in given)


def _resolved(group: LogGroup, answers: dict[Question, Answer], connects: bool | None) -> bool | None:
    if group.kind == "nginx":
        return connects
    if group.kind not in _DENIALS or not group.paths:
        return None
    right = WRITE if wants_to_write(group.sample) else READ
    return all(_allowed(path, right, answers) for path in group.paths)


def _allowed(path: str, right: int, answers: dict[Question, Answer]) -> bool:
    """A file that is gone could be written again where its directory can be written."""
    answer = answers[path, right]
    if answer is Answer.MISSING and right == WRITE:
        return answers[path.rpartition("/")[0] or "/", WRITE | SEARCH] is Answer.ALLOWED
    return answer is Answer.ALLOWED


def _sockets_answer(app: App, fpm: Fpm | Unknown | Absent) -> bool | None:
    """Whether nginx gets a connection to each of the app's pools; None when nobody knows."""
    if not isinstance(fpm, Fpm):
        return None
    connects = [
        None if isinstance(p.socket, Unknown) else p.socket.web_server_connects for _, p in fpm.serving(app.pools)
    ]
    if any(each is False for each in connects):
        return False
    return True if connects and all(each is True for each in connects) else None
