"""What keeps a real pool from telling of its OPcache: each is an UNKNOWN with the way out, and none is a fault."""

from tests.lab import Host
from tests.live.trial import checked, told

# What is set in the pool's PHP, and what the reason must name.
CASES = {
    "restricted": ("opcache.restrict_api=/srv", "opcache.restrict_api=/srv"),
    "function disabled": ("disable_functions=opcache_get_status", "disable_functions"),
    "open_basedir": ("open_basedir=/var/www:/usr/share/php:/tmp", "add /run/liveproof/ to it"),
    "prepended exit": ("auto_prepend_file=/srv/exit.php", "PHP answered"),
    "bytecode in files only": (
        "opcache.file_cache=/var/tmp/bytecode\nopcache.file_cache_only=1",
        "opcache.file_cache_only=1",
    ),
}
# What a pool may do without keeping liveproof from seeing.
HARMLESS = (
    'variables_order="GPC"',
    "disable_functions=getenv,getmypid,ini_get,ini_get_all,set_error_handler,realpath_cache_get,ob_get_level",
    "auto_prepend_file=/srv/talk.php\ndisplay_errors=1\noutput_buffering=0\nzlib.output_compression=On",
    "auto_append_file=/srv/talk.php",
    "memory_limit=16M",
    "open_basedir=/var/www:/usr/share/php:/tmp:/run/liveproof/",  # as the reason advises
)


def reason(host: Host) -> str:
    """Why OPC001 cannot tell; empty when it can."""
    report = checked(host)
    (app,) = report["apps"]
    (result,) = [result for result in app["results"] if result["code"] == "OPC001"]
    assert result["verdict"] != "found", told(report)
    return str(result["reason"])


def settled(host: Host, lines: str) -> str:
    host.sh('systemctl reset-failed "$FPM"')
    host.ini(*lines.splitlines())
    return reason(host)


def test_a_pool_that_does_not_tell_is_unknown(suite: str) -> None:
    """With what stands in the way."""
    with Host.up(suite) as host:
        host.sh(
            """mkdir -p /var/tmp/bytecode; chown "$WWW" /var/tmp/bytecode; echo '<?php exit("no");' >/srv/exit.php"""
        )
        told = {case: settled(host, lines) for case, (lines, _) in CASES.items()}
    assert [case for case, (_, words) in CASES.items() if words not in told[case]] == [], told


def test_a_pool_that_is_only_peculiar_is_seen(suite: str) -> None:
    """Nothing of this concerns the probe."""
    with Host.up(suite) as host:
        host.sh("""echo '<?php echo "talk\\n", $undefined;' >/srv/talk.php""")
        told = {lines: settled(host, lines) for lines in HARMLESS}
    assert told == dict.fromkeys(HARMLESS, "")


def test_the_probe_answers_nobody_else(suite: str) -> None:
    """Neither the command line nor the web, even from within a document root."""
    with Host.up(suite) as host:
        script = host.sh("find /opt -name probe.php -path '*liveproof/host/*' | head -1")
        assert "nobody else" in host.sh(f"php {script} || true")
        host.sh(f'cp {script} "$APP/public/probe.php"')
        answer = host.get("/probe.php?LIVEPROOF=1")
        assert (answer.status, "nobody else" in answer.body) == (404, True)
