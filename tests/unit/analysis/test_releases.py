"""Which directories are releases of an app."""

import pytest

from liveproof.analysis.releases import named_as_release, release_of
from liveproof.model.facts.apps import App
from tests.unit.opcaches import app


def _app(real: str, path: str = "/srv/app/current") -> App:
    return app(path, real)


def test_only_beside_what_a_link_leads_to():
    """The app itself, what lies beside it, nothing above; without a link nothing is a release."""
    one = _app("/srv/app/releases/2")
    assert release_of(one, "/srv/app/releases/2/storage") == "/srv/app/releases/2"
    assert release_of(one, "/srv/app/releases/1/public") == "/srv/app/releases/1"
    assert release_of(one, "/srv/app/releases") == ""
    assert release_of(one, "/srv/app/releases2/1") == ""
    assert release_of(_app("/srv/a", "/srv/a"), "/srv/b") == ""


@pytest.mark.parametrize(
    ("real", "other", "same"),
    [
        ("/srv/app/releases/2", "/srv/app/releases/anything", True),
        ("/srv/app-releases/2", "/srv/app-releases/1", True),
        ("/var/www/v1.2", "/var/www/v1.3.1", True),
        ("/var/www/20240101-1200", "/var/www/20231231-0900", True),
        ("/var/www/4ed993c7a1b2", "/var/www/0011223344ff", True),
        ("/var/www/app-4ed993c", "/var/www/app-77d993c", True),
        ("/var/www/blog-v2", "/var/www/shop-v2", False),
        ("/var/www/blog", "/var/www/shop", False),
        ("/var/www/2", "/var/www/staging", False),
    ],
)
def test_the_name_tells_where_other_apps_may_lie(real, other, same):
    """In a directory of releases each is one; elsewhere those whose names differ in a number, a date or a commit."""
    assert named_as_release(_app(real), other) is same
