"""Commands of the app that somebody ran, as the app's user or as root."""

from random import Random
from typing import Final

from tests.lab import Host

_COMMANDS: Final = (
    "down", "down --secret=abc", "down --retry=60", "config:cache", "route:cache", "view:cache", "config:clear",
    "route:clear", "view:clear", "cache:clear", "optimize", "optimize:clear", "package:discover", "queue:restart",
    "key:generate --force", "event:cache",
)  # fmt: skip


def artisan(host: Host, chance: Random) -> str:
    """One command."""
    command, user = chance.choice(_COMMANDS), "root" if chance.random() < 0.5 else host.user
    host.sh(f"php artisan {command}", user=user)
    return f"artisan {command} as {user}"


EDITS = (artisan,)
