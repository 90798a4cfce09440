"""The deploy script ends with proof, and holds alerts back while it runs."""

from liveproof.analysis.shell_words import quoted
from liveproof.model.facts.deployment import Deployment
from liveproof.prevention.item import Item, Seen, State
from liveproof.report.content.host_names import Place
from liveproof.report.content.symptoms import as_user, php, test, unit

item = Item(100, "The deploy script ends with proof (liveproof check)")

_CACHES = ("config:cache", "route:cache", "view:cache")
_WHERE = {
    "Deployer": "In deploy.php, after the link is moved: after('deploy:symlink', 'liveproof'), with a task that runs",
    "Capistrano": "In config/deploy.rb, after 'deploy:published', in a task that executes",
    "releases": "As a hook after the new release is activated (Envoyer: Activate New Release, After), as root by sudo",
    "git": "At the end of the deploy script, after `git pull` and `composer install`",
    "": "At the end of the deploy script",
}


@item.judge
def judge(deployment: Deployment, place: Place) -> Seen:
    """Done where a script of the deploy names liveproof; what is not on this host cannot be seen."""
    named = next((script.path for script in deployment.scripts if script.proves), "")
    if named:
        return Seen(State.DONE, f"{named} calls liveproof")
    by = f"{deployment.tool} by {deployment.by}, " if deployment.by else ""
    todo = (
        *(f"{path} could not be read: {why}" for path, why in deployment.unread[:3]),
        "Begin the deploy with: liveproof deploy begin",
        _WHERE[deployment.tool],
    )
    if deployment.scripts:
        return Seen(State.OPEN, f"{by}{deployment.scripts[0].path} does not call liveproof", todo, _lines(place))
    return Seen(State.UNKNOWN, f"{by}no script of the deploy was seen on this host", todo, _lines(place))


def _lines(place: Place) -> tuple[str, ...]:
    app = quoted(place.app)
    artisan = f"{php(place)} {quoted(place.app + '/artisan')}"
    caches = tuple(as_user(place, f"{artisan} {command}") for command in _CACHES) if place.laravel else ()
    return (
        *caches,
        f"{test(place)} && systemctl reload {unit(place)}",
        f"liveproof check {app}",
        "liveproof deploy end",
    )
