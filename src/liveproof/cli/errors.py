"""What ends a command before it has done its work."""


class UsageError(Exception):
    """What was asked for is not possible; the message says why, and what to do. Exit status 2."""


class HelpText(Exception):
    """A text to show instead of running a command: on standard output; on standard error when ``status`` is not 0."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.text, self.status = text, status
