"""REL011, untracked_code_in_release."""

from tests.lab import Host

_COMMIT = """
g() { setpriv --reuid="$1" --regid="$1" --clear-groups env -C "$APP" HOME=/nonexistent "${@:2}"; }
u=$(stat -c %U artisan)
printf '/vendor\\n/storage\\n/bootstrap/cache\\n.env\\n/public/build\\n/app/helper.php\\n' > .git-ignored
g "$u" git init -q
mv .git-ignored .git/info/exclude; chown "$u:" .git/info/exclude
g "$u" git add -A
g "$u" git -c user.name=lab -c user.email=lab@localhost commit -q -m release
"""


def fault(host: Host) -> None:
    """A script that nobody released."""
    host.sh(_COMMIT + """echo '<?php echo "shell";' > public/shell.php; chown "$u:" public/shell.php""")


def symptom(host: Host) -> bool:
    """Visitors can run it."""
    tracked = host.sh("git -c safe.directory='*' ls-tree -r --name-only HEAD public/").split()
    return "public/shell.php" not in tracked and host.sh("ls public").split().count("shell.php") == 1


def lookalike(host: Host) -> None:
    """What is never committed."""
    host.sh(
        _COMMIT
        + """mkdir -p public/build storage/framework/views; echo x > public/build/app.js; echo note > notes.txt
        echo '<?php return [];' | tee app/helper.php storage/framework/views/abc.php > bootstrap/cache/extra.php
        chown -R "$u:" public notes.txt app/helper.php storage/framework/views; chown "$u:" bootstrap/cache/extra.php
        systemctl reload "$FPM.service"
        """
    )
