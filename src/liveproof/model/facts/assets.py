"""The manifests of built assets below public/ (Vite, Mix), and what a development server left there."""

from liveproof.model.dataclass import dataclass
from liveproof.model.findings import Unknown


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that Laravel reads to find the built files.

    Attributes:
        path: absolute, as it is served (``/var/www/x/current/public/build/manifest.json``).
        tool: what wrote it: ``vite`` or ``mix``.
        files: how many files it names, maps of sources left out.
        missing: those of them that are no files below public/, and entries that others import and that it lacks
            (``model.facts.laravel.counted`` tells how many), or why that is not known.
        broken: why Laravel can use nothing of it (``it is empty``), else empty.
    """

    path: str
    tool: str
    files: int
    missing: tuple[str, ...] | Unknown
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Hot:
    """A file ``hot``: while it is there, pages load their assets from the ``address`` inside it, secrets hidden."""

    path: str
    address: str


@dataclass(frozen=True, slots=True)
class Assets:
    """What tells a Laravel app's pages where its assets are; ``unseen`` is what could not be looked at, and why."""

    manifests: tuple[Manifest, ...]
    hot: tuple[Hot, ...]
    unseen: tuple[Unknown, ...] = ()
