"""How an app is deployed, as far as its directories tell."""

from liveproof.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class DeployScript:
    """A file that a deploy runs, and what it names outside of its comments.

    ``proves``: `liveproof check`, `gate` or `deploy`; ``reloads``: a reload or restart of PHP-FPM.
    """

    path: str
    proves: bool
    reloads: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    """How an app is deployed.

    Attributes:
        tool: ``Deployer``, ``Capistrano``, ``releases`` (release directories as Envoyer and others make them), ``git``,
            or empty where nothing tells.
        by: the path that tells it.
        scripts: the files of the deploy that lie on this host.
        unread: those that could not be read, each with the reason.
    """

    tool: str
    by: str
    scripts: tuple[DeployScript, ...]
    unread: tuple[tuple[str, str], ...] = ()
