"""Deploy two classes that need each other, and make PHP forget both; a JSON line a round.

Arguments: directory of the page, the pool's socket, the master's pid, rounds, ``page`` or ``liveproof``, patience in
seconds, pause after a round in seconds. By ``page``, a page of the pool calls opcache_invalidate() for both at an idle
moment (where none comes within the patience: at any); by ``liveproof``, its own step does it, or refuses to.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.fix.inside.idle import moment
from liveproof.host.network import fastcgi
from liveproof.host.process.proc import children, processes
from liveproof.host.write import opcache
from liveproof.host.write.service_control import ServiceFailed
from liveproof.probes.fpm.masters import pool_of
from liveproof.repair import invalidation
from liveproof.steps.invalidate_scripts import InvalidateScripts

# Older than OPcache's file_update_protection, as `rsync -a`, `cp -a` and tar leave them: a file that is younger is kept
# by no cache, and every request would read the disk by itself.
_AGE = 3600.0
_SAID = "[true,true]"


def deploy(at: Path, version: int) -> None:
    """Write version ``version`` of both classes, one right after the other."""
    for name, text in (
        ("A", f"<?php class A {{ function both() {{ return 'a{version} b' . (new B)->only{version}(); }} }}"),
        ("B", f"<?php class B {{ function only{version}() {{ return '{version}'; }} }}"),
    ):
        file = at / f"{name}.php"
        file.write_text(text)
        then = time.time() - _AGE
        os.utime(file, (then, then))


def asked(at: Path, socket: str, page: str) -> str:
    """The body of a page, from the pool itself."""
    params = {"SCRIPT_FILENAME": str(at / page), "SCRIPT_NAME": f"/{page}", "REQUEST_METHOD": "GET"}
    return fastcgi.request(f"unix:{socket}", params, timeout=60).body.decode()


def by_page(at: Path, socket: str, patience: float) -> dict[str, Any]:
    """A page of the pool invalidates both."""
    quiet = moment(socket, patience)
    began = time.monotonic()
    said = asked(at, socket, "invalidate.php")
    told = {"idle": quiet, "began": began, "ended": time.monotonic(), "done": said == _SAID}
    return told | {"why": "" if said == _SAID else f"opcache_invalidate() said {said}"}


def by_liveproof(act: InvalidateScripts) -> dict[str, Any]:
    """liveproof's own step, as `liveproof fix` carries it out."""
    began, why = time.monotonic(), ""
    try:
        invalidation.drop(act)
    except ServiceFailed as error:
        why = str(error)
    return {"idle": True, "began": began, "ended": time.monotonic(), "done": not why, "why": why}


def step(at: Path, socket: str, pid: int) -> InvalidateScripts:
    """The step that liveproof plans for both classes."""
    address = f"unix:{socket}"
    scripts = tuple(str((at / f"{name}.php").resolve()) for name in "AB")
    master = next(process for process in processes() if process.pid == pid)
    (pool,) = {pool_of(worker) for worker in children(pid)}
    generation = opcache.ask(address, scripts, None).generation
    return InvalidateScripts(pool, address, ((pool, address),), pid, master.start, generation, scripts)


def main(at: Path, rounds: int, pause: float, socket: str, invalidate: Callable[[], dict[str, Any]]) -> None:
    """Version 0 lies there and is compiled; each round makes the next one live."""
    for version in range(1, rounds + 1):
        deploy(at, version)
        told = invalidate()
        after = asked(at, socket, "pair.php")
        print(json.dumps({"version": version, "after": after, **told}), flush=True)
        time.sleep(pause)


if __name__ == "__main__":
    _at, _socket, _pid, _rounds, _way, _patience, _pause = sys.argv[1:]
    if _way == "page":
        main(Path(_at), int(_rounds), float(_pause), _socket, lambda: by_page(Path(_at), _socket, float(_patience)))
    else:
        _act = step(Path(_at), _socket, int(_pid))
        main(Path(_at), int(_rounds), float(_pause), _socket, lambda: by_liveproof(_act))
