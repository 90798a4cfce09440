"""What must not leave the machine, decided in one place: by a value's name and by its own shape.

Everything that is kept, shown or sent passes through here: reports, JSON, the history, recordings, the memory between
runs, what the journal says. ``hide`` is for a text, ``hide_all`` for values beside their names, ``hide_in_command`` for
a line of the shell, ``gist`` for what the app or its visitors wrote (log lines, exceptions, answers), of which only
words that every PHP program uses are reported. Names stay, values do not.
"""

from liveproof.model.secrets.commands import hide_in_arguments, hide_in_command
from liveproof.model.secrets.edits import redacted_diff
from liveproof.model.secrets.foreign import digest, gist
from liveproof.model.secrets.names import HIDDEN, is_secret
from liveproof.model.secrets.structures import (
    harmless_key,
    harmless_parameter,
    harmless_setting,
    hide_all,
    hide_headers,
)
from liveproof.model.secrets.texts import hide, hide_in_path, one_line

__all__ = [
    "HIDDEN", "digest", "gist", "harmless_key", "harmless_parameter", "harmless_setting", "hide",
    "hide_all", "hide_headers", "hide_in_arguments", "hide_in_command", "hide_in_path", "is_secret",
    "one_line", "redacted_diff",
]  # fmt: skip
