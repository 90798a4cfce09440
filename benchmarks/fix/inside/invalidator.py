"""Deploy two classes that need each other, and make PHP forget both in one request; a JSON line a round.

Arguments: directory of the page, the pool's socket, rounds, patience in seconds, pause after a round in seconds.
"""

import json
import os
import sys
import time
from pathlib import Path

from benchmarks.fix.inside.idle import moment
from liveproof.host.network import fastcgi

# Older than OPcache's file_update_protection, as `rsync -a`, `cp -a` and tar leave them: a file that is younger is kept
# by no cache, and every request would read the disk by itself.
_AGE = 3600.0


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


def main(at: Path, socket: str, rounds: int, patience: float, pause: float) -> None:
    """Version 0 lies there and is compiled; each round makes the next one live."""
    for version in range(1, rounds + 1):
        deploy(at, version)
        quiet = moment(socket, patience)
        began = time.monotonic()
        said = asked(at, socket, "invalidate.php")
        ended = time.monotonic()
        after = asked(at, socket, "pair.php")
        told = {"version": version, "idle": quiet, "began": began, "ended": ended, "said": said, "after": after}
        print(json.dumps(told), flush=True)
        time.sleep(pause)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
