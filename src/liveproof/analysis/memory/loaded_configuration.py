"""What is said of a service that has loaded other files than lie on disk now. Pure."""

from collections.abc import Iterator

from liveproof.analysis.times import moment
from liveproof.model.findings import Evidence, Ref
from liveproof.model.loaded import Difference, Loaded

SHOWN = 10


def summary(loaded: Loaded) -> str:
    """How many files differ and the first of them: ``/etc/nginx/nginx.conf (changed) and 2 more``."""
    first, *more = loaded.differing
    return f"{first.path} ({first.way}){f' and {len(more)} more' if more else ''}"


def evidence(loaded: Loaded) -> Iterator[Evidence]:
    """Each file beside when the configuration was loaded."""
    expected = f"as it was loaded, {moment(loaded.since)} or later ({loaded.by})"
    for one in loaded.differing[:SHOWN]:
        if one.way == "removed":
            yield Evidence(f"ls {one.path}", "it is not included any more", expected)
        else:
            saw = "another content" if one.way == "changed" else "a file that was not there"
            yield Evidence(f"stat {one.path}", f"{saw}, {moment(one.when)}", expected)


def about(loaded: Loaded) -> tuple[Ref, ...]:
    """The files that differ."""
    return tuple(Ref("file", one.path) for one in loaded.differing[:SHOWN])


def unsure(loaded: Loaded, service: str) -> str:
    """What cannot be compared, and when it changed."""
    listings = [one for one in loaded.unsure if one.way == "listing"]
    files = [one for one in loaded.unsure if one.way != "listing"]
    parts = []
    if files:
        parts.append(f"{_first(files)} changed after {service} loaded its configuration")
    if listings:
        parts.append(f"files may have been removed from {_first(listings)} since")
    told = f"{moment(loaded.since)} by {loaded.by}"
    return (
        f"{'; '.join(parts)} ({told}), and no earlier run kept what was loaded, so whether the content differs is not "
        f"known; a reload settles it"
    )


def _first(some: list[Difference]) -> str:
    when = f" ({moment(some[0].when)})" if some[0].when else ""
    return f"{some[0].path}{when}{f' and {len(some) - 1} more' if len(some) > 1 else ''}"
