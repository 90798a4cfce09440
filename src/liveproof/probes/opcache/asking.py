"""The one request that a pool is asked, and what its answer means."""

import json
from typing import Any

from liveproof.host.errors import CannotSee
from liveproof.host.network import fastcgi
from liveproof.host.network.fastcgi import FastcgiError, Response
from liveproof.host.php.probe import DIRECTORY
from liveproof.host.php.probe_request import parameters, paths_asked
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Master, Pool
from liveproof.model.secrets import gist

_TIMEOUT = 5.0
_MARK = b'{"liveproof":1,'


@dataclass(frozen=True, slots=True)
class Answer:
    """The probe's JSON document, and how long it took in seconds."""

    told: dict[str, Any]
    seconds: float


def ask(reader: Reader, script: str, app: App, master: Master, pool: Pool, *, beside: str = "") -> Answer:
    """Let the pool run liveproof's own script; scripts of the app and below ``beside`` are reported.

    Raises:
        CannotSee: there was no answer, or PHP does not tell; the message says why and what to do.
    """
    if pool.chroot:
        raise CannotSee(
            f"it is chrooted to {pool.chroot}, where liveproof's PHP probe {script} does not exist and the app's paths "
            "are others; only the wire shows what it runs: configure a request whose answer must hold a text that only "
            "this release gives"
        )
    begun = reader.now()
    try:
        response = fastcgi.request(pool.address, _params(script, app, beside), timeout=_TIMEOUT)
    except FastcgiError as error:
        raise CannotSee(f"OPcache could not be asked: {error}") from None
    seconds = reader.now() - begun
    at = response.body.find(_MARK)
    if response.status != 200 or at < 0:
        raise CannotSee(_refused(reader, script, master, pool, response))
    try:
        result = json.loads(response.body[at:])
    except (ValueError, RecursionError):
        raise CannotSee("the PHP probe's answer was disturbed; does an auto_append_file print something?") from None
    _usable(result)
    return Answer(result, seconds)


def _params(script: str, app: App, beside: str) -> dict[str, str]:
    asked = {"LIVEPROOF_BELOW": paths_asked(filter(None, (app.real, app.path, beside)))}
    if app.path != app.real:
        asked["LIVEPROOF_LINKED"] = paths_asked((app.path,))
        asked["LIVEPROOF_PARENT"] = paths_asked((app.real.rpartition("/")[0],))
        asked["LIVEPROOF_ENTRY"] = paths_asked((app.root.removeprefix(app.path) + "/index.php",))
    return parameters(script, asked)


def _usable(told: dict[str, Any]) -> None:
    settings = told.get("settings", {})
    match told.get("problem"):
        case "restricted":
            raise CannotSee(
                f"opcache.restrict_api={settings.get('opcache.restrict_api', '')} keeps the state of OPcache from "
                "liveproof; empty it, or reload after each deploy and prove it on the wire"
            )
        case "disabled_function":
            raise CannotSee("disable_functions holds opcache_get_status: take it out, so that OPcache can be asked")
        case str(problem) if problem.startswith("failed"):
            raise CannotSee(f"the PHP probe {gist(problem)}")


def _refused(reader: Reader, script: str, master: Master, pool: Pool, response: Response) -> str:
    """Why PHP did not run the probe, with what to do."""
    output = gist((response.errors or response.body)[:4096].decode(errors="replace"))
    barred = _barred(reader, script, pool)
    if barred:
        return f"its user {pool.user} may not read liveproof's PHP probe: {barred}"
    values = dict(pool.values)
    if values.get("open_basedir") or "open_basedir" in output:
        return f"open_basedir keeps PHP from liveproof's own script: add {script.rpartition('/')[0]}/ to it"
    if response.status == 403:
        return f"PHP-FPM refused liveproof's script ({output}): security.limit_extensions must allow .php"
    if response.status == 404:
        unit = getattr(master.unit, "name", "") or "its unit"
        return (
            f"it does not see {script}, though its user may read it: {unit} hides it (PrivateTmp, ProtectHome, "
            f"InaccessiblePaths); {_way(script)}"
        )
    return f"PHP answered {response.status} to liveproof's script: {output or 'nothing'}"


def _way(script: str) -> str:
    if script.startswith(f"{DIRECTORY}/"):
        return f"let it see that directory: BindReadOnlyPaths={DIRECTORY}"
    return "install liveproof where the pool sees it, such as /opt/liveproof"


def _barred(reader: Reader, script: str, pool: Pool) -> str:
    """The first part of the path that the pool's user may not pass, by its mode bits; empty when there is none."""
    parts = script.split("/")
    for count in range(2, len(parts) + 1):
        path = "/".join(parts[:count])
        status = reader.stat(path)
        if status is None:
            return f"{path} does not exist"
        shift = 6 if status.uid == pool.uid else 3 if status.gid in (pool.gid, *pool.groups) else 0
        if not (status.permissions >> shift) & (1 if count < len(parts) else 4):
            place = "" if script.startswith("/opt/") else " where everyone may read, such as /opt,"
            return f"{path} has mode {status.permissions:04o}; install liveproof again{place} with umask 022"
    return ""
