"""The lines that rule pages give to verify by hand: on a host they run, change nothing and print no secret."""

from liveproof.cli.commands.replay import judge_recording
from liveproof.report.content.host_names import place
from liveproof.rules import load
from liveproof.store import recording
from tests.lab import NOISE, Host
from tests.unit.by_hand import blocks

SECRET = "zq7plantedhunter"
# What any request leaves, and what nginx's own test touches.
_IGNORED = (
    *NOISE, "*/storage/logs*", "*/storage/framework/sessions*", "*/storage/app/database.sqlite*", "*/storage/app",
    "*/storage/app/schedule.heartbeat", "/var/log/*", "/var/lib/logrotate*", "/tmp",
)  # fmt: skip


def test_looking_by_hand_only_looks(suite: str) -> None:
    """Every line of every page, one page after the other, as root in the order in which it stands there."""
    with Host.up(suite) as host:
        host.sh(
            f"""echo 'STRIPE_SECRET={SECRET}' >> .env
            printf '<?php return ["secret" => env("STRIPE_SECRET")];' > config/planted.php
            php artisan config:cache""",
            user=host.user,
        )
        host.warm()
        seen = judge_recording(recording.loads(host.liveproof("record").stdout))
        where = place(seen.apps[0])
        host.mark()
        for rule in load():
            for block in blocks(where.fill(rule.page)):
                ran = host.exec(["bash", "-c", block], timeout=60)
                said = ran.stdout + ran.stderr
                assert SECRET not in said, f"{rule.code} prints a secret:\n{block}\n{said}"
                assert "syntax error near" not in said, f"{rule.code}: {said}"
                assert "command not found" not in said, f"{rule.code}: {said}"
                changed = host.diff(ignore=_IGNORED)
                assert not changed, f"{rule.code} changes {changed}:\n{block}"
        assert not host.sh("ls /tmp/tmp.* 2>/dev/null || true").strip()
