"""A host's facts as one file: what to send with a bug report, and what the tests replay.

A recording holds what the probes saw and the settings that the rules go by, nothing that was concluded: replaying it
asks the rules of today. Secrets stay on the host: values of headers, bodies of requests and answers, and every field
that the model declares secret are left out.
"""

import json
import sys
from collections.abc import Mapping

from liveproof import __version__
from liveproof.model.codec import Cut, Misshapen, from_json, to_json
from liveproof.model.dataclass import dataclass
from liveproof.model.examination import Examination
from liveproof.model.facts.apps import App
from liveproof.model.secrets import hide_all
from liveproof.model.settings import Settings
from liveproof.store.fact_records import facts_from_json, facts_to_json

SCHEMA = "liveproof-recording/1"


class NoRecording(Exception):
    """The text is no recording that this version can read; the message says why."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What was seen of a host: ``apps`` are each an app with its facts, ``started`` epoch seconds.

    ``version`` is that of the liveproof that recorded, ``reason`` tells why there are no apps.
    """

    version: str
    host: str
    started: float
    reason: str
    settings: Settings
    apps: tuple[tuple[App, Mapping[type, object]], ...]


def record(examination: Examination, settings: Settings) -> Recording:
    """The recording of an examination."""
    found = tuple((app.app, app.facts) for app in examination.apps)
    return Recording(__version__, examination.host, examination.started, examination.reason, settings, found)


def dumps(recording: Recording) -> str:
    """The recording as JSON text, all of it ASCII."""
    whole = Cut(sys.maxsize, sys.maxsize)  # cuts nothing, but leaves out what may be secret
    settings = recording.settings.without_secrets()
    message = {
        "schema": SCHEMA,
        "liveproof": recording.version,
        "host": recording.host,
        "started": recording.started,
        "reason": recording.reason,
        "settings": to_json(settings, cut=whole),
        "apps": [
            {"app": to_json(app, cut=whole), "facts": facts_to_json(facts, whole)} for app, facts in recording.apps
        ],
    }
    return json.dumps(hide_all(message), separators=(",", ":"), check_circular=False) + "\n"


def loads(text: str | bytes) -> Recording:
    """The recording that ``dumps`` wrote.

    Raises:
        NoRecording: it is none, or one that this version cannot read.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoRecording(f"it is not JSON ({error})") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else None
        raise NoRecording(f"its schema is {found!r}, and this version reads {SCHEMA!r}")
    try:
        return Recording(
            from_json(str, data["liveproof"]),
            from_json(str, data["host"]),
            from_json(float, data["started"]),
            from_json(str, data["reason"]),
            from_json(Settings, data["settings"]),
            tuple((from_json(App, one["app"]), facts_from_json(one["facts"])) for one in data["apps"]),
        )
    except (Misshapen, KeyError, TypeError, AttributeError, RecursionError) as error:
        made = data.get("liveproof")
        raise NoRecording(f"it does not fit this version ({error!r}); it was made by liveproof {made!r}") from None
