"""What is found of a service that executes files which were replaced since it started. Pure."""

from collections.abc import Collection

from liveproof.model.facts.apps import App
from liveproof.model.findings import Evidence, Finding, Ref
from liveproof.model.verdicts import Severity

_SHOWN = 10


def finding(
    app: App,
    service: str,
    pid: int,
    replaced: tuple[str, ...],
    own: Collection[str],
    *,
    about: tuple[Ref, ...],
    advice: str,
) -> Finding:
    """``own`` are those of ``replaced`` that are the service's; where only libraries of the system are, it is a notice.

    ``about`` is what the finding is about besides the app and the files.
    """
    first = next((path for path in replaced if path in own), replaced[0])
    more = f" and {len(replaced) - 1} more files" if len(replaced) > 1 else ""
    return Finding(
        f"{service} runs {first}{more} as {'they were' if more else 'it was'} before an upgrade.",
        (Ref("app", app.path), *about, *(Ref("file", path) for path in replaced[:_SHOWN])),
        tuple(Evidence(f"/proc/{pid}/maps", f"{path} (deleted)", path) for path in replaced[:_SHOWN]),
        advice,
        severity=Severity.MEDIUM if own else Severity.NOTICE,
        more=len(replaced[_SHOWN:]),
    )
