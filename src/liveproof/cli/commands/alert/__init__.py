"""List alerts, send those that are due, test channels."""

HELP_ORDER = 7
