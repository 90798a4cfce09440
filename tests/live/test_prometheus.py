"""Debian's own prometheus reads what liveproof tells of a real host: names, rules, an alert that fires and resolves."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.faults.fpm import pool_saturated
from tests.lab import Host
from tests.lab.packages import install
from tests.lab.places import REPOSITORY
from tests.live.trial import checked

_DOCS = "/root/monitoring"
_CONFIG = """
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [/etc/prometheus/liveproof.rules.yml]
scrape_configs:
  - {job_name: liveproof, static_configs: [{targets: ["127.0.0.1:9978"]}]}
"""


@pytest.fixture(scope="module")
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """A host with prometheus, as its package installs it."""
    suite = request.config.getoption("--suites", default="bookworm").split(",")[0]
    with Host.up(suite) as host:
        install(host, "prometheus")
        host.push(REPOSITORY / "docs/monitoring", _DOCS)
        yield host


def _lint(host: Host, file: str) -> str:
    """What promtool says of an exposition; it says nothing where all is well."""
    ran = host.exec(["sh", "-c", f"promtool check metrics < {file} 2>&1"])
    return f"{ran.returncode} {ran.stdout}".strip()


def _get(host: Host, path: str) -> Any:
    ran = host.exec(["curl", "-sf", "-m", "5", f"http://127.0.0.1:9090/api/v1/{path}"])
    return json.loads(ran.stdout)["data"] if ran.returncode == 0 else {}


def _alerts(host: Host) -> dict[str, list[dict[str, str]]]:
    """The alerts that fire, by name."""
    found: dict[str, list[dict[str, str]]] = {}
    for alert in _get(host, "alerts").get("alerts", []):
        if alert["state"] == "firing":
            found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
    return found


def _until(met: Callable[[], Any], what: str) -> float:
    """How long it took, in seconds."""
    began = time.monotonic()
    while time.monotonic() - began < 15:
        if met():
            return time.monotonic() - began
        time.sleep(0.2)
    raise AssertionError(f"not within 15 s: {what}")


def test_promtool_has_nothing_to_say(host: Host) -> None:
    """Of the metrics of a healthy and of a broken host, and of the alert rules and their tests."""
    host.warm()
    for broken in (False, True):
        if broken:
            host.sh("chown root:root bootstrap/cache; chmod 755 bootstrap/cache")
        ran = host.liveproof("check", "--format", "prometheus", "--output", "/root/liveproof.prom")
        assert ran.returncode == int(broken), ran.stderr
        assert _lint(host, "/root/liveproof.prom") == "0"
        text = host.pull("/root/liveproof.prom").decode()
        assert host.sh("stat -c %a /root/liveproof.prom") == "644"
        assert (f'app_verdict{{app="{host.app}",verdict="proven"}} {0 if broken else 1}.0') in text
        told = dict(re.findall(r"^(liveproof_\w+)\{pool=\"[^\"]+\"\} (\S+)$", text, re.MULTILINE))
        for name in ("opcache_hits_total", "opcache_interned_strings", "fpm_accepted_connections_total", "fpm_workers"):
            assert float(told[f"liveproof_{name}"]) > 0, name
    host.sh(f"chown {host.user}:{host.user} bootstrap/cache; chmod 775 bootstrap/cache")
    for words in (["check", "rules", "liveproof.rules.yml"], ["test", "rules", "liveproof.rules.test.yml"]):
        ran = host.exec(["sh", "-c", f"cd {_DOCS} && promtool {' '.join(words)} 2>&1"], timeout=60)
        assert (ran.returncode, "SUCCESS" in ran.stdout) == (0, True), ran.stdout
    host.sh("printf '# TYPE liveproof_bad_milliseconds_total gauge\\nliveproof_bad_milliseconds_total 1\\n' >/root/bad")
    assert not _lint(host, "/root/bad").startswith("0")  # promtool does judge


def test_the_alert_fires_and_resolves(host: Host) -> None:
    """Prometheus scrapes the watcher's server; a link breaks, is fixed, and the server goes down."""
    host.push(REPOSITORY / "tests/live/serve_metrics.py", "/root/serve_metrics.py")
    rules = host.pull(f"{_DOCS}/liveproof.rules.yml").decode()
    # The waiting times are tried by promtool; here they would only take long.
    host.file("/etc/prometheus/liveproof.rules.yml").write_text(re.sub(r"for: \d+[mh]\n", "for: 1s\n", rules))
    host.file("/etc/prometheus/prometheus.yml").write_text(_CONFIG)
    checked(host)
    host.sh("systemd-run -q --unit=serve-metrics python3 /root/serve_metrics.py; systemctl restart prometheus")
    _until(lambda: _get(host, "query?query=liveproof_apps").get("result"), "prometheus scrapes the server")
    (target,) = _get(host, "targets")["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")
    assert not _alerts(host)
    host.sh("curl -sf http://127.0.0.1:9978/metrics >/root/served.prom")
    assert _lint(host, "/root/served.prom") == _lint(host, "/var/lib/liveproof-metrics.prom") == "0"

    host.sh("chown root:root bootstrap/cache; chmod 755 bootstrap/cache")
    checked(host)
    _until(lambda: "LiveproofLinkBroken" in _alerts(host), "LiveproofLinkBroken fires")
    assert {(one["app"], one["link"]) for one in _alerts(host)["LiveproofLinkBroken"]} >= {(host.app, "disk")}
    host.sh(f"chown {host.user}:{host.user} bootstrap/cache; chmod 775 bootstrap/cache")
    checked(host)
    _until(lambda: not _alerts(host), "it resolves")

    dashboard = json.loads((REPOSITORY / "docs/monitoring/grafana-dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"].replace("$__rate_interval", "1m").replace("$pool", ".*").replace("$app", ".*")
            answer = _get(host, f"query?query={quote(query.replace('$instance', '.*'))}")
            assert answer.get("resultType") == "vector", target["expr"]
            if panel["gridPos"]["y"] < 10 and " > 0" not in query:
                assert answer["result"], target["expr"]

    host.sh("systemctl stop serve-metrics")
    _until(lambda: "LiveproofWatchDown" in _alerts(host), "LiveproofWatchDown fires")
    assert "Traceback" not in host.sh("journalctl -u serve-metrics -o cat")


def test_a_full_pool_is_told_though_its_status_page_is_silent(host: Host) -> None:
    """The numbers that the alert asks for are those of the kernel."""
    pool_saturated.fault(host)
    told = host.liveproof("check", "--select", "FPM", "--format", "prometheus").stdout
    values = dict(re.findall(r"^liveproof_fpm_(\w+)\{pool=\"[^\"]+\"\} (\S+)$", told, re.MULTILINE))
    assert float(values["connections_held"]) >= float(values["workers_limit"])
    assert float(values["listen_queue"]) > 0
    assert "liveproof_fpm_processes" not in told
    assert 'verdict="proven"} 1.0' not in told
    assert 'rule="FIL001"' not in told
