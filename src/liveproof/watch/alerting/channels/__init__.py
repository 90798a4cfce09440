"""One file is one kind of channel.

Each has a function ``sender``, which prepares what takes no network and returns what sends a message. Both raise
``NotSent``; ``watch/alerting/sending.py`` runs them, with a time limit.
"""


class NotSent(Exception):
    """The message has not been taken; the message says why, without any secret once it has left ``send``."""
