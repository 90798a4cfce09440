"""What a service tells systemd about itself: ready, reloading, stopping, alive (sd_notify(3)).

The protocol is one datagram to the socket that NOTIFY_SOCKET names; without it nothing is sent.
"""

import os
import socket
import time


class Notifier:
    """Sends to the socket that the environment names. Failures are ignored, as sd_notify(3) asks of services."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")

    @property
    def watchdog_seconds(self) -> float:
        """How often systemd wants to hear of us (WatchdogSec, sd_watchdog_enabled(3)); 0 where it does not."""
        try:
            pid, microseconds = int(os.environ.get("WATCHDOG_PID", os.getpid())), int(os.environ["WATCHDOG_USEC"])
        except (KeyError, ValueError):
            return 0.0
        return microseconds / 1e6 if pid == os.getpid() and microseconds > 0 else 0.0

    def ready(self, status: str) -> None:
        """Starting, or reloading, has ended."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def reloading(self) -> None:
        """The configuration is being read again; ``ready`` ends it (Type=notify-reload needs the time)."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6)}")

    def stopping(self) -> None:
        """It is about to end."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """It still works."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={_line(text)}")

    def _send(self, message: str) -> None:
        if not self._address or self._address[0] not in "/@":
            return
        address = f"\0{self._address[1:]}" if self._address[0] == "@" else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)  # a full queue must not stop the watcher
                sender.sendto(message.encode(errors="replace"), address)
        except OSError:
            return


def _line(text: str) -> str:
    return text.replace("\n", " ")
