"""What several faults do to a host, and how a person sees them."""

from tests.lab import Host

# A deploy of one file in place.
EDIT = 'sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER"'


def compiled_before(host: Host, *settings: str) -> None:
    """Let PHP, with these settings, compile the app well after its files were written, and liveproof see that.

    Whoever had never looked before could not tell a script that was compiled before a change from one compiled after.
    """
    host.ini(*settings)
    host.sh("sleep 2")
    host.warm()
    host.liveproof("check")


def old_answer(host: Host) -> bool:
    """Whether visitors get the answer of the code that was there before the edit."""
    return "handler-v9" in host.sh('cat "$HANDLER"') and "handler-v9" not in host.post().body


def denied(host: Host, path: str) -> bool:
    """Whether the app's user cannot write there."""
    return host.sh(f'test -w "{path}" && echo writable || echo denied', user=host.user) == "denied"


def commit(*ignored: str) -> str:
    """Shell that makes the app a git tree with all of it committed, as its owner ``$u``, but for what is ignored."""
    rules = "\\n".join(("/vendor", "/storage", "/bootstrap/cache", ".env", *ignored))
    return f"""
g() {{ setpriv --reuid="$1" --regid="$1" --clear-groups env -C "$APP" HOME=/nonexistent "${{@:2}}"; }}
u=$(stat -c %U artisan)
printf '{rules}\\n' > .git-ignored
g "$u" git init -q
mv .git-ignored .git/info/exclude; chown "$u:" .git/info/exclude
g "$u" git add -A
g "$u" git -c user.name=lab -c user.email=lab@localhost commit -q -m release
"""
