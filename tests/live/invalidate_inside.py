"""Runs on a lab host: plans one step by hand, InvalidateScripts for one script, and lets repair carry it out.

Arguments: the script's path; a shell command for between the plan and its application, or nothing. Prints one JSON
object: what came (``done``, ``refused``, ``failed``, ``impossible``), what was said, the run, and its seconds.
"""

import json
import subprocess
import sys
import time

from liveproof.examine import examine
from liveproof.fixes.invalidate import invalidation
from liveproof.host.reader import Reader
from liveproof.host.write.service_control import ServiceFailed
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache
from liveproof.model.plan import Plan
from liveproof.model.settings import Settings
from liveproof.repair.action import StepContext
from liveproof.repair.allowed_paths import AllowedPaths, Refused
from liveproof.repair.journal import Journal
from liveproof.repair.rollback import take_back_run
from liveproof.repair.runner import Runner
from liveproof.store.cache import open_cache
from liveproof.store.lock import Lock
from liveproof.store.runs import list_runs


def tried(path: str, meanwhile: str) -> dict[str, object]:
    """The step for this script, carried out; a run that failed is rolled back as repair does it."""
    (app,) = examine(Reader(), Settings(), open_cache()).apps
    fpm, opcache = app.facts[Fpm], app.facts[Opcache]
    assert isinstance(fpm, Fpm), fpm
    assert isinstance(opcache, Opcache), opcache
    (pool,) = opcache.seen
    step = invalidation(fpm, opcache, pool, [each for each in pool.scripts if each.path == path], "tried by hand")
    if isinstance(step, str):
        return {"came": "impossible", "said": step}
    if meanwhile:
        subprocess.run(["bash", "-ec", meanwhile], check=True, stdout=subprocess.DEVNULL)
    plan = Plan(app.app.path, (step,), (), (), (), "by hand")
    runner = Runner(StepContext(AllowedPaths(app.app)))
    begun = time.monotonic()
    with Lock():
        try:
            runner.check(step)
        except Refused as error:
            return {"came": "refused", "said": str(error)}
        journal = Journal.begin(plan)
        try:
            runner.apply(journal, 0, step)
            journal.fixed()
        except ServiceFailed as error:
            journal.close()
            (run,) = [each for each in list_runs() if each.id == journal.run]
            back = take_back_run(run, lambda _: None, stop_started=True)
            return {"came": "failed", "said": str(error), "run": journal.run, "notes": list(back.notes)}
        journal.close()
    return {"came": "done", "said": step.what, "run": journal.run, "seconds": time.monotonic() - begun}


if __name__ == "__main__":
    print(json.dumps(tried(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")))
