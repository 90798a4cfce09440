"""Healthy hosts are proven, and looking at them leaves no trace."""

import pytest

from tests.lab import NOISE, Host
from tests.live.trial import checked, codes, told

HOSTS = [("plain", "www-data"), ("releases", "www-data"), ("git", "www-data"), ("plain", "gateway")]


@pytest.mark.parametrize(("layout", "user"), HOSTS)
def test_healthy_host_is_proven(suite: str, layout: str, user: str) -> None:
    """Nothing is found and every link that was asked for is proven."""
    with Host.up(suite, layout=layout, user=user) as host:
        report = checked(host)
        assert codes(report, breaking=False) == set(), told(report)
        assert report["verdict"] == "proven", told(report)


def test_check_leaves_no_trace(suite: str) -> None:
    """The only files that a check changes are its own, but for what the host writes itself, as nginx its access log.

    The request is configured: what the app writes for a request is the app's, and `GET /` begins a session.
    """
    with Host.up(suite) as host:
        host.sh(
            "mkdir -p /etc/liveproof; printf '[[request]]\\npath = \"/api/status\"\\n' > /etc/liveproof/liveproof.toml"
        )
        host.mark()
        assert host.liveproof("check").returncode == 0
        own = "/var/lib/liveproof"
        assert [path for path in host.diff(ignore=NOISE) if not path.startswith(own)] == []
