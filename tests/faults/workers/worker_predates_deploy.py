"""WRK001, worker_predates_deploy.

The lab's queue worker takes real jobs from a real database (SQLite). Each writes the version of the job's class and its
worker's pid to storage/logs/queue.log.
"""

from tests.faults.snippets import start_worker, work
from tests.lab import Host


def fault(host: Host) -> None:
    """The job's class is deployed while a worker runs that has loaded it."""
    start_worker(host)
    work(host)
    host.sh("sed -i 's/job-v[0-9]*/job-v9/' app/Jobs/RecordCall.php")


def symptom(host: Host) -> bool:
    """A job that is queued now runs the old class."""
    return "job-v9" not in work(host)


def lookalike(host: Host) -> None:
    """A worker that was restarted after the deploy, and a scheduler from before it that starts a process each minute.

    Since then only a view, a test and a log were written.
    """
    host.sh("systemd-run -q -u scheduler --uid=$WWW --working-directory=$APP php artisan schedule:work")
    fault(host)
    host.sh("""
        sleep 1
        systemctl restart api-gateway-queue
        sleep 1
        mkdir -p resources/views tests; echo new > resources/views/late.blade.php; echo '<?php' > tests/LateTest.php
        chown -R "$WWW:" resources tests; touch "$APP/storage/logs/late.log"; chown "$WWW:" "$APP/storage/logs/late.log"
    """)
    work(host)
