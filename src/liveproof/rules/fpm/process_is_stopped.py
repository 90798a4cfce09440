"""
A process of PHP-FPM or nginx is stopped.

## Why
SIGSTOP, or a debugger that was attached and forgotten, stops a process without ending it: requests that it had taken
wait for ever, new ones reach the others as long as there are any, and a stopped master starts no worker and takes no
reload. The service is called active all the time.

## Verify by hand
```
ps -eo pid,stat,args | grep -E '[p]hp-fpm|[n]ginx'   # T: stopped by a signal, t: by a debugger
```

## Fix safety
Manual: somebody stopped it. `kill -CONT PID` lets it go on; see first that no debugger is attached (TracerPid in
/proc/PID/status).
"""

from collections.abc import Iterator, Sequence

from liveproof.analysis.web.serving import running_masters
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Absent, Answer, Evidence, Finding, Holds, Ref, Unknown
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Severity

rule = Rule(
    "FPM020",
    Severity.HIGH,
    condition="no process of PHP-FPM or nginx is stopped",
    leads_to=("FPM006", "WIR001:unanswered"),
    answers=("PHP-FPM runs", "nginx runs"),
)

_SHOWN = 10


@rule.check
def check(app: App, fpm: Fpm, nginx: Nginx | Unknown | Absent) -> Iterator[Answer]:
    for master in running_masters(app, fpm):
        if isinstance(master, Unknown):
            yield master
            continue
        workers = [worker for pool in master.pools for worker in pool.workers]
        pids = ([master.pid] if master.stopped else []) + [worker.pid for worker in workers if worker.stopped]
        if pids:
            pools = tuple(Ref("pool", pool.id) for pool in master.pools if pool.id in app.pools)
            yield _finding(app, f"PHP-FPM {master.version}", pids, pools, of_master=master.stopped)
        else:
            yield Holds(f"PHP-FPM {master.version}: the master and {len(workers)} workers go on")
    if isinstance(nginx, Nginx) and nginx.process:
        process = nginx.process
        if process.stopped:
            refs = (Ref("unit", nginx.unit),) if nginx.unit else ()
            yield _finding(app, "nginx", process.stopped, refs, of_master=process.pid in process.stopped)
        else:
            yield Holds(f"nginx: the master and {len(process.workers)} workers go on")


def _finding(app: App, what: str, pids: Sequence[int], refs: tuple[Ref, ...], *, of_master: bool) -> Finding:
    kind = "The master" if of_master else "1 worker" if len(pids) == 1 else f"{len(pids)} workers"
    return Finding(
        f"{kind} of {what} {'is' if len(pids) == 1 or of_master else 'are'} stopped (process {pids[0]}).",
        (Ref("app", app.path), *refs),
        tuple(Evidence(f"/proc/{pid}/stat", "T (stopped)", "S or R") for pid in pids[:_SHOWN]),
        f"See who stopped it (TracerPid in /proc/{pids[0]}/status), then let it go on: kill -CONT {pids[0]}",
        more=len(pids[_SHOWN:]),
    )
