"""A program of the administrator's: the message as JSON on its standard input, and in LIVEPROOF_ALERT_* variables.

No shell reads the arguments. Its exit status says whether it has taken the message: anything but 0 is a failure.
"""

import json
import os
import pwd
from collections.abc import Callable

from liveproof.host.files import trusted
from liveproof.host.process.command import Identity, run
from liveproof.model.settings.alerts import AlertChannel
from liveproof.report.style.escaping import utf8
from liveproof.report.style.times import iso
from liveproof.watch.alerting.channels import NotSent
from liveproof.watch.alerting.message import Message, as_json

_OUTPUT = 64 * 1024


def sender(channel: AlertChannel, seconds: float) -> Callable[[Message], None]:
    """What hands a message to the command.

    Raises:
        NotSent: there is no such user, or the program could have been written by others.
    """
    # A little less than our own time: it is this that should end it, with all that it started.
    limit = max(seconds - 1, seconds / 2)
    identity = _identity(channel.user)
    try:
        trusted.read(channel.command[0], limit=0, owner=identity.uid if identity else os.geteuid())
    except trusted.Untrusted as error:
        raise NotSent(f"the command is refused: {error}") from None
    except OSError as error:
        raise NotSent(f"{channel.command[0]} cannot be run: {error.strerror or error}") from None

    def send(message: Message) -> None:
        given = os.memfd_create("alert")
        try:
            os.write(given, (json.dumps(as_json(message)) + "\n").encode())
            os.lseek(given, 0, os.SEEK_SET)
            ran = run(
                channel.command,
                identity=identity,
                env=environment(message),
                timeout=limit,
                limit=_OUTPUT,
                stdin=given,
            )
        except OSError as error:
            raise NotSent(f"{channel.command[0]} cannot be run: {error.strerror or error}") from None
        finally:
            os.close(given)
        if ran.timed_out:
            raise NotSent(f"the command did not end within {limit:g} s and was ended")
        if ran.status:
            how = f"signal {-ran.status}" if ran.status < 0 else f"exit status {ran.status}"
            said = next((line for line in ran.errors.splitlines() if line.strip()), "")
            raise NotSent(f"the command ended with {how}" + (f": {said[:200]}" if said else ""))

    return send


def environment(message: Message) -> dict[str, str]:
    """The message in variables; those of one alert are left out where there are several."""
    values = {
        "ID": message.id, "HOST": message.host, "SUBJECT": message.subject, "COUNT": str(len(message.deliveries)),
        "KIND": "several",
    }  # fmt: skip
    if len(message.deliveries) == 1:
        delivery, alert = message.deliveries[0], message.deliveries[0].alert
        values |= {
            "KIND": delivery.kind.value, "CODE": alert.problem.code, "SEVERITY": alert.problem.severity.value,
            "APP": alert.problem.app, "WHAT": alert.problem.what, "COMMAND": alert.problem.command,
            "SINCE": iso(alert.since),
        }  # fmt: skip
    return {f"LIVEPROOF_ALERT_{name}": utf8(value).replace("\0", "") for name, value in values.items()}


def _identity(name: str) -> Identity | None:
    if not name:
        return None
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        raise NotSent(f"there is no user {name}") from None
    groups = tuple(os.getgrouplist(name, account.pw_gid))
    return Identity(account.pw_uid, account.pw_gid, groups, account.pw_dir)
