"""Show the configuration, or what it may hold."""

HELP_ORDER = 8
