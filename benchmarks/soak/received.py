"""What arrives at a real mail server and a real Alertmanager: one message each, and its end; monit beside it."""

import json
import time
from collections.abc import Iterator

from benchmarks.trial import Budget, Trial
from tests.lab import Host, packages
from tests.lab.watching import Watching

_BREAKS, _FIXES, _CODE = "chmod 555 bootstrap/cache", "chmod 755 bootstrap/cache", "FIL003"
_CONFIGURATION = """
[watch]
quiet = "2s"
[metrics]
listen = "127.0.0.1:9978"
[alerts]
per_hour = 3600
[[alerts.channel]]
name = "mail"
kind = "url"
url = "mailto://127.0.0.1:2525?from=liveproof@app.example&to=ops@app.example"
[[alerts.channel]]
name = "alertmanager"
kind = "alertmanager"
url = "http://127.0.0.1:9093"
[[alerts.channel]]
name = "notes"
kind = "command"
command = ["/usr/local/bin/take-note"]
severity = "notice"
"""
# A mail server that takes everything (RFC 5321), one message a line: when it came, and its subject.
_SMTP = """
import json, socketserver, time
class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        say = lambda text: self.wfile.write(f"{text}\\r\\n".encode())
        say("220 sink")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                say("354 go on")
                text = b""
                while not text.endswith(b"\\r\\n.\\r\\n"):
                    text += self.rfile.readline()
                subject = b"".join(l for l in text.split(b"\\r\\n") if l.lower().startswith(b"subject:"))
                with open("/root/mails.jsonl", "a") as file:
                    print(json.dumps([time.time(), subject.decode(errors="replace")]), file=file, flush=True)
            say("221 bye" if word == b"QUIT" else "250 fine")
            if word == b"QUIT":
                return
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 2525), Mail).serve_forever()
"""
_MONIT = """
set daemon 120
set log /var/log/monit.log
check directory cache path {app}/bootstrap/cache
    if failed permission 755 then exec "/bin/sh -c 'date +%s.%N >>/root/monit'"
"""
_ALERTS = "curl -sS 'http://127.0.0.1:9093/api/v2/alerts?active=true'"


def trials(budget: Budget) -> Iterator[Trial]:
    """A fault and its end; in full also by monit, at the cycle that it comes with."""
    with Host.up(budget.suite) as host:
        host.warm()
        packages.install(host, "prometheus-alertmanager", *([] if budget.short else ["monit"]))
        host.file("/opt/smtp.py").write_text(_SMTP)
        host.sh("systemd-run -q --unit=smtp python3 /opt/smtp.py; systemctl start prometheus-alertmanager")
        with Watching(host, configuration=_CONFIGURATION) as watching:
            watching.settled()
            began = time.time()
            host.sh(_BREAKS)
            watching.told(_CODE, "raised", 60)
            yield _mailed(host, began, "HIGH FIL003", 1)
            yield _alertmanager(host, 1)
            began = time.time()
            host.sh(_FIXES)
            watching.told(_CODE, "resolved", 60)
            yield _mailed(host, began, "resolved", 2)
            yield _alertmanager(host, 0)
            if not budget.short:
                yield _monit(host)


def _mailed(host: Host, began: float, word: str, count: int) -> Trial:
    mails: list[tuple[float, str]] = []
    for _ in range(100):
        lines = host.sh("cat /root/mails.jsonl 2>/dev/null || true").splitlines()
        mails = [tuple(json.loads(line)) for line in lines]
        if len(mails) >= count:
            break
        time.sleep(0.2)
    right = len(mails) == count and word in mails[-1][1]
    saw = f"{mails[-1][0] - began:.2f} s after the fault" if mails else ""
    return Trial(f"mail: {word}", "" if right else f"{mails}", saw)


def _alertmanager(host: Host, count: int) -> Trial:
    found: list[str] = []
    for _ in range(100):
        found = [alert["labels"].get("code", "?") for alert in json.loads(host.sh(_ALERTS))]
        if len(found) == count:
            break
        time.sleep(0.2)
    name = f"Alertmanager: {count} active"
    return Trial(name, "" if found == [_CODE] * count else f"{found}")


def _monit(host: Host) -> Trial:
    """The same fault, by monit at its default cycle, set up by its documentation (mmonit.com/monit/documentation)."""
    host.file("/etc/monit/monitrc").write_text(_MONIT.format(app=host.app))
    host.sh("chmod 600 /etc/monit/monitrc; systemctl restart monit; sleep 10")
    began = time.time()
    host.sh(_BREAKS)
    for _ in range(260):
        if told := host.sh("cat /root/monit 2>/dev/null || true").split():
            host.sh(_FIXES)
            return Trial("monit, the same fault", "", f"{float(told[0]) - began:.1f} s after it (for comparison)")
        time.sleep(1)
    return Trial("monit, the same fault", "", "not within 260 s (for comparison)")
