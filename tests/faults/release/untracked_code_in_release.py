"""REL011, untracked_code_in_release."""

from tests.faults.snippets import commit
from tests.lab import Host

_COMMIT = commit("/public/build", "/app/helper.php")


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
