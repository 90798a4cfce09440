"""As whom systemd runs artisan: what it has in force counts, not what its files will say after the next reload."""

from tests.lab import Host
from tests.live.trial import checked

_UNIT = "[Service]\nType=oneshot\nWorkingDirectory=%s\nExecStart=/usr/bin/php artisan list\n[Install]\nWantedBy=%s\n"
_PLACE = "/etc/systemd/system"


def _as_root(host: Host) -> list[str]:
    """Where root is found to run artisan."""
    (app,) = checked(host)["apps"]
    return [each["source"] for one in app["findings"] if one["code"] == "SYS001" for each in one["evidence"]]


def _unit(host: Host, name: str, text: str, then: str = "true") -> None:
    host.sh(f"mkdir -p {_PLACE}/{name.rpartition('/')[0]}; cat > {_PLACE}/{name} <<'END'\n{text}\nEND\n{then}")


def test_a_service_runs_as_systemd_has_it_in_force(suite: str) -> None:
    """Enabled or started by an enabled timer; drop-ins, templates and prefixes count from the reload on."""
    with Host.up(suite) as host:
        unit = _UNIT % (host.app, "multi-user.target")
        _unit(host, "q.service", unit, "systemctl daemon-reload")
        assert _as_root(host) == []  # nothing starts it
        host.sh("systemctl enable -q q.service")
        assert _as_root(host) == [f"{_PLACE}/q.service"]
        host.sh("sleep 2.5")
        assert _as_root(host) == [f"{_PLACE}/q.service"]
        assert _as_root(host) == [f"{_PLACE}/q.service"]  # remembered
        _unit(host, "q.service.d/user.conf", "[Service]\nUser=www-data", "sleep 2.5")
        assert _as_root(host) == [f"{_PLACE}/q.service"]  # not in force yet
        host.sh("systemctl daemon-reload; sleep 2.5")
        assert _as_root(host) == []
        _unit(host, "q.service.d/zz.conf", "[Service]\nExecStart=+/usr/bin/php artisan list", "systemctl daemon-reload")
        assert _as_root(host) == [f"{_PLACE}/q.service"]
        host.sh("systemctl disable -q q.service")
        assert _as_root(host) == []
        _unit(host, "t.timer", "[Timer]\nOnCalendar=yearly\nUnit=q.service\n[Install]\nWantedBy=timers.target")
        host.sh("systemctl enable -q t.timer")
        assert _as_root(host) == [f"{_PLACE}/q.service"]
        host.sh(
            f"systemctl disable -q t.timer; rm -r {_PLACE}/q.service.d; sed -i '/^Type/iUser=%i' {_PLACE}/q.service"
        )
        host.sh(
            f"mv {_PLACE}/q.service {_PLACE}/q@.service; systemctl daemon-reload; systemctl enable -q q@root.service"
        )
        assert _as_root(host) == [f"{_PLACE}/q@.service"]
