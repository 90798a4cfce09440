"""What keeps a look at a host from seeing its subject."""


class CannotSee(Exception):
    """The subject cannot be seen; the message is the reason, reported as UNKNOWN."""


class NoSuchThing(CannotSee):
    """What a person named does not exist (a user, a release): named on the command line it is a usage error."""


class NotThere(Exception):
    """The subject does not exist on this host (no Laravel, no nginx asked for); rules on it do not count."""
