"""The oracle of the chaos bench sees what a cold restart changes, and nothing where it changes nothing."""

from benchmarks.chaos import oracle
from tests.lab import Host

_SITE = "/etc/nginx/sites-available/api-gateway"
_JOB = '{"name":"book_appointment","call":{"call_id":"earlier"}}'


def _changed(host: Host, token: str) -> str:
    return "\n".join(oracle.judge(host, token).changed)


def test_what_a_cold_restart_changes(suite: str) -> None:
    """Configuration that nobody loaded, bytecode, a worker with old code, a process that is stopped, a unit file."""
    with Host.up(suite) as host:
        oracle.place(host)
        host.warm()
        assert _changed(host, "healthy") == ""

        host.sh(f"sed -i '0,/server_name/s//add_header X-Edited yes always;\\n    server_name/' {_SITE}")
        host.sh('echo "memory_limit = 77M" >> /etc/php/"$PHP"/fpm/php.ini')
        changed = _changed(host, "configuration")
        assert "x-edited" in changed
        assert "setting ini memory_limit" in changed

        host.ini("opcache.validate_timestamps=0")
        host.warm()
        host.sh("systemctl start api-gateway-queue")
        host.post(body=_JOB)
        host.sh("for i in $(seq 80); do grep -q call=earlier storage/logs/queue.log && exit; sleep 0.1; done; exit 1")
        host.sh("sed -i 's/handler-v1/handler-v9/' \"$HANDLER\"; sed -i s/job-v1/job-v9/ app/Jobs/RecordCall.php")
        changed = _changed(host, "code")
        assert "handler-v9" in changed
        assert "what a worker does with a job" in changed

        host.sh("mkdir /etc/systemd/system/nginx.service.d")
        host.sh("printf '[Service]\\nLimitNOFILE=4321\\n' > /etc/systemd/system/nginx.service.d/limit.conf")
        host.sh("kill -STOP $(pgrep -f '^nginx: worker' | head -n 1)")
        changed = _changed(host, "processes")
        assert "nginx: worker: stopped" in changed
        assert "4321" in changed

        host.sh(f"echo nonsense >> {_SITE}")
        assert "nginx.service does not start again" in _changed(host, "invalid")
