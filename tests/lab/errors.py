"""What the lab says when it cannot do what it was asked."""


class LabError(RuntimeError):
    """The lab itself failed: its message says what, and what to do about it."""
