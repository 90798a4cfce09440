"""Edits that visitors, or those who wait for a job, would see once they are live: as somebody deploys by hand."""

from random import Random
from typing import Final

from benchmarks.chaos.edits.written import write
from tests.lab import Host

_CHANGES: Final = (
    ("app/Http/Controllers/RetellFunctionCallHandler.php", "'handler-v", "'handler-v9"),
    ("app/Http/Controllers/ConversationFlowController.php", "'goodbye'", "'farewell'"),
    ("app/Http/Controllers/ApiResourceController.php", "'data' => $data", "'rows' => $data"),
    ("app/Http/Controllers/RetellWebhookController.php", "'received'", "'accepted'"),
    ("app/Jobs/RecordCall.php", "job-v1", "job-v2"),
    ("resources/views/welcome.blade.php", "<p>", "<p>new "),
    ("routes/api.php", "/conversation-flows'", "/flows'"),
    ("routes/resources.php", "'agents', ", ""),
    ("config/app.php", "'release' =>", "'release' => 'edited', 'was' =>"),
    ("public/index.php", "<?php", "<?php header('X-Edited: yes');"),
    ("public/robots.txt", "Disallow: /", "Allow: /"),
    ("bootstrap/app.php", "<?php", "<?php header('X-Started: yes');"),
    ("/opt/lab-packages/retell-bridge/src/Bridge.php", "1.0.0", "1.0.1"),
    (".env", "RELEASE=", "RELEASE=new-"),
    (".env", "APP_ENV=production", "APP_ENV=staging"),
    ("bootstrap/cache/config.php", "'release' => '", "'release' => 'cached-"),
)
_AFTER: Final = (
    "", "", "", "systemctl reload $FPM", "systemctl restart $FPM", "systemctl reload nginx",
    'setpriv --reuid="$WWW" --regid="$WWW" --init-groups php artisan config:cache',
    'setpriv --reuid="$WWW" --regid="$WWW" --init-groups php artisan queue:restart',
)  # fmt: skip


def edited(host: Host, chance: Random) -> str:
    """One of them, with one of the commands that deploys end with, or none."""
    name, old, new = chance.choice(_CHANGES)
    path = name if name.startswith("/") else f"{host.app}/{name}"
    text = host.pull(path).decode()
    if old not in text:
        raise RuntimeError(f"{path} has no {old}")
    how = write(host, chance, path, text.replace(old, new, 1).encode())
    after = chance.choice(_AFTER)
    host.sh(after or "true")
    return f"{path}: {old} -> {new}, {how}{f'; then {after}' if after else ''}"


EDITS = (edited, edited, edited, edited)
