"""The mark of a deploy that runs: `deploy begin` makes it, `deploy end` takes it away, `liveproof watch` reads it."""

import json
import os
from typing import Any

from liveproof.model.dataclass import dataclass
from liveproof.store import directory as state_directory
from liveproof.store import private_file

_LIMIT = 4096
_NAME = "deploy.json"


class DeployFailed(Exception):
    """The mark cannot be written or taken away; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Deploy:
    """A deploy that was announced: when it began, until when it may take (epoch seconds), and who announced it."""

    began: float
    until: float
    by: str


def mark_path() -> str:
    """Where the mark lies."""
    return f"{state_directory.directory()}/{_NAME}"


def running() -> Deploy | None:
    """The deploy that was announced and not ended; None also where the mark cannot be read."""
    try:
        data: Any = json.loads(private_file.read(mark_path(), _LIMIT))
        return Deploy(float(data["began"]), float(data["until"]), str(data["by"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def begin(deploy: Deploy) -> None:
    """Announce a deploy; one that was announced before is forgotten.

    Raises:
        DeployFailed: the state directory cannot be written.
    """
    try:
        state_directory.ensure(state_directory.directory())
        mark = {"began": deploy.began, "until": deploy.until, "by": deploy.by}
        private_file.replace(mark_path(), json.dumps(mark))
    except (OSError, state_directory.UnsafeState) as error:
        raise DeployFailed(state_directory.unusable(error)) from None


def end() -> Deploy | None:
    """End the deploy that was announced; None where none was.

    Raises:
        DeployFailed: the state directory cannot be written.
    """
    deploy = running()
    try:
        os.unlink(mark_path())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DeployFailed(state_directory.unusable(error)) from None
    return deploy or Deploy(0.0, 0.0, "")
