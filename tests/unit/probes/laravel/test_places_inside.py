"""Paths inside a cached configuration, beside real directories."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from liveproof.host.reader import Reader
from liveproof.probes.laravel.places_inside import elsewhere
from tests.unit.opcaches import app


def _config(views: str, **more: Any) -> Any:
    return {"view": {"paths": {0: f"{views}/resources/views"}, "compiled": f"{views}/storage/framework/views"}, **more}


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    for name in ("1", "2", "shared"):
        (tmp_path / name).mkdir()
    for name in ("1", "2"):
        (tmp_path / name / "artisan").touch()
    (tmp_path / "current").symlink_to(tmp_path / "2")
    return tmp_path


def test_a_release_beside_the_served_one(releases):
    """By its key; what is shared, the link itself and the served release are no other copy."""
    one = replace(app(str(releases / "current")), real=str(releases / "2"))
    assert elsewhere(Reader(), one, _config(f"{releases}/1")) == (("view.paths.0", "view.compiled"), (f"{releases}/1",))
    for fine in (f"{releases}/2", f"{releases}/current", f"{releases}/shared"):
        assert elsewhere(Reader(), one, _config(f"{releases}/2", x=f"{fine}/storage/a"))[0] == ()
    mixed = _config(f"{releases}/2", x={"y": f"{releases}/1/storage/logs"})
    assert elsewhere(Reader(), one, mixed) == (("x.y",), (f"{releases}/1",))
    gone = _config(f"{releases}/0", x=f"{releases}/2/a")
    assert elsewhere(Reader(), one, gone) == (("view.paths.0",), (f"{releases}/0",))


def test_a_build_in_another_place(releases):
    """Only where nothing in it lies in this app."""
    one = app(str(releases / "2"))
    assert elsewhere(Reader(), one, _config("/builds/app")) == (("view.paths.0",), ("/builds/app",))
    assert elsewhere(Reader(), one, _config(str(releases / "1"))) == (("view.paths.0",), (str(releases / "1"),))
    assert elsewhere(Reader(), one, _config("/builds/app", x=f"{releases}/2/a")) == ((), ())
    assert elsewhere(Reader(), one, {"view": {"paths": {0: "themes"}}}) == ((), ())
    assert elsewhere(Reader(), one, {}) == ((), ())
