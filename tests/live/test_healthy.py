"""Healthy hosts are proven, and looking at them leaves no trace."""

import pytest

from tests.lab import Host
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
    """The only files that a check changes are liveproof's own and the access log of the request that it sent."""
    with Host.up(suite) as host:
        host.mark()
        host.liveproof("check")
        own = ("/var/lib/liveproof", "/var/log/nginx/access.log")
        assert [path for path in host.diff() if not path.startswith(own)] == []
