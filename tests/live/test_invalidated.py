"""A script that the app has invalidated is compiled by the next request: it is no old code."""

import pytest

from tests.lab import Host
from tests.live.trial import checked, told

# What the app may do after it has written a file of its own, and what makes no difference to it.
INVALIDATE = """
cat > public/invalidate.php <<'PHP'
<?php opcache_invalidate($_GET['file'], true);
PHP
chown "$WWW:" public/invalidate.php
sleep 3; sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER"
curl -sf "http://127.0.0.1/invalidate.php?file=$HANDLER"
"""
TOUCH = "sleep 3; find resources -type f -exec touch {} +"


def _memory(host: Host) -> tuple[str, str]:
    report = checked(host)
    assert not {f["code"] for app in report["apps"] for f in app["findings"] if f["severity"] != "notice"}, told(report)
    return next((link["verdict"], link["reason"]) for link in report["apps"][0]["links"] if link["link"] == "memory")


@pytest.mark.parametrize("validates", ["1", "0"])
def test_an_invalidated_script_is_not_called_old(suite: str, validates: str) -> None:
    """The next request runs the new code, and PHP itself says so, whether it compares times or not."""
    with Host.up(suite) as host:
        host.ini(f"opcache.validate_timestamps={validates}", "opcache.revalidate_freq=0")
        host.warm()
        host.sh(INVALIDATE)
        verdict, reason = _memory(host)
        assert verdict == "proven", reason
        assert "handler-v9" in host.post().body


def test_a_check_right_after_config_cache(suite: str) -> None:
    """A request compiled the new cache while it was too young to be kept: the check does not wait for the next one."""
    with Host.up(suite) as host:
        host.warm()
        host.sh("sleep 4; php artisan config:cache; curl -sf http://127.0.0.1/api/status", user=host.user)
        verdict, reason = _memory(host)
        assert verdict == "proven", reason


def test_where_php_may_not_say_it_the_answer_is_unknown(suite: str) -> None:
    """Without opcache_is_script_cached the recorded time is all there is: 0 has two meanings before PHP 8.3."""
    with Host.up(suite) as host:
        host.ini(
            "opcache.validate_timestamps=1", "opcache.revalidate_freq=0", "disable_functions=opcache_is_script_cached"
        )
        host.warm()
        host.sh(INVALIDATE)
        verdict, reason = _memory(host)
        unsure = "whether it was invalidated" in reason and "a reload of PHP-FPM settles it" in reason
        assert (verdict, unsure) == (("proven", False) if host.php >= "8.3" else ("unproven", True)), reason


def test_a_file_that_is_too_young_to_be_kept_is_not_called_old(suite: str) -> None:
    """PHP has compiled it for that request and keeps nothing of it; the same for a compiled view."""
    with Host.up(suite) as host:
        host.ini("opcache.validate_timestamps=1", "opcache.revalidate_freq=0")
        host.warm()
        host.get("/")
        host.sh('sleep 3; sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER"')
        assert "handler-v9" in host.post().body
        _memory(host)
        assert "handler-v9" in host.post().body
        host.sh(TOUCH)
        host.get("/")
        _memory(host)
