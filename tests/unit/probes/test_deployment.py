"""How an app is deployed, by the traces in directories of this machine."""

import os
from pathlib import Path

import pytest

from liveproof.host.reader import Reader
from liveproof.model.facts.deployment import Deployment
from liveproof.probes.deployment import probe
from tests.unit.trees import app


def _seen(top: Path, *traces: str, releases: bool = True, **scripts: str) -> Deployment:
    real = top / "releases" / "7" if releases else top
    real.mkdir(parents=True, exist_ok=True)
    for trace in traces:
        (top / trace).mkdir(parents=True, exist_ok=True)
    for name, text in scripts.items():
        (real / name.replace("__", "/").replace("_dot_", ".")).write_text(text)
    path = str(top / "current") if releases else str(top)
    given = app(real, path=path)
    return probe(reader=Reader(), app=given)


@pytest.mark.parametrize(
    ("traces", "releases", "tool"),
    [
        ((".dep",), True, "Deployer"),
        (("repo",), True, "Capistrano"),
        ((), True, "releases"),
        ((".git",), False, "git"),
        ((), False, ""),
    ],
)
def test_tool(traces: tuple[str, ...], releases: bool, tool: str, tmp_path: Path) -> None:
    """Deployer and Capistrano leave their own directories; others releases, or a repository."""
    assert _seen(tmp_path / "x" / "y", *traces, releases=releases).tool == tool


@pytest.mark.parametrize(
    ("text", "proves", "reloads"),
    [
        ("#!/bin/sh\nliveproof check /var/www/x\n", True, False),
        ("# liveproof check\n// liveproof deploy end\n", False, False),
        ("run('sudo systemctl reload php8.2-fpm');", False, True),
        ("after('deploy:symlink', 'php-fpm:reload');", False, True),
        ("service php8.3-fpm restart && liveproof deploy end", True, True),
        ("echo liveproofcheck; php-fpm -t", False, False),
        ("\xff\x00\x1b" * 100, False, False),
        ("", False, False),
        ("php-fpm " * 20_000, False, False),
    ],
)
def test_what_a_script_names(text: str, proves: bool, reloads: bool, tmp_path: Path) -> None:
    """Outside of comments, whatever else stands in it."""
    (script,) = _seen(tmp_path / "x" / "y", deploy_dot_php=text).scripts
    assert (script.proves, script.reloads) == (proves, reloads)


def test_what_is_no_script_of_its_own(tmp_path: Path) -> None:
    """Links, FIFOs and directories of these names are not read, and hold nothing up."""
    real = tmp_path / "x" / "y" / "releases" / "7"
    real.mkdir(parents=True)
    (real / "deploy.php").symlink_to("/etc/passwd")
    os.mkfifo(real / "deploy.sh")
    (real / "deploy").mkdir()
    (real / "bin").symlink_to("bin")
    assert _seen(tmp_path / "x" / "y").scripts == ()
