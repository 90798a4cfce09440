"""OPC007, preload_predates_deploy."""

from tests.faults.snippets import EDIT, old_answer
from tests.lab import Host

_PRELOAD = r"""
cat > "$APP/preload.php" <<'EOF'
<?php
require_once __DIR__ . '/vendor/autoload.php';
opcache_compile_file(__DIR__ . '/app/Http/Controllers/RetellFunctionCallHandler.php');
EOF
chown "$WWW:$WWW" "$APP/preload.php"
"""
_PEACEFUL = "opcache.validate_timestamps=1"


def _preloading(host: Host) -> None:
    host.sh(_PRELOAD + "sleep 2")
    host.ini(_PEACEFUL, f"opcache.preload={host.app}/preload.php", f"opcache.preload_user={host.user}")
    host.warm()


def fault(host: Host) -> None:
    """A preloaded class is deployed, and nobody reloads."""
    _preloading(host)
    host.sh(f"sleep 2; {EDIT}; sleep 3")
    host.warm()


def symptom(host: Host) -> bool:
    """The old class answers, though PHP looks at its files."""
    return old_answer(host)


def lookalike(host: Host) -> None:
    """Deployed and reloaded; a file that is not preloaded changed since, which PHP looks at by itself."""
    _preloading(host)
    host.sh(f'{EDIT}; systemctl reload "$FPM"; sleep 3; touch "$APP/config/app.php" "$APP/public/index.php"; sleep 3')
    host.warm()
