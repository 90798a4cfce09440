"""loop.py: what must not end the watcher."""

import asyncio
import time
from pathlib import Path

import pytest

from liveproof.model.settings import Settings
from liveproof.rules import load
from liveproof.store import deploys
from liveproof.store.deploys import Deploy
from liveproof.watch.loop import Task, Watcher, moment


@pytest.mark.parametrize("ends", [True, False], ids=["ends", "takes too long"])
def test_a_deploy_whose_alert_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: bool) -> None:
    """It is said, the whole chain is looked at all the same, and the watcher goes on."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path / "state"))
    now = time.time()
    deploys.begin(Deploy(now - 100, now + (100 if ends else -1), "root"))
    (tmp_path / "state/alerts.db").write_text("no database at all\n" * 100)
    said: list[str] = []

    async def watch() -> None:
        watcher = Watcher(Task(load(), Settings(), "", (), (), lambda _, text: said.append(text)))
        watcher._settling.mark(deploys.running())
        if ends:
            deploys.end()
        watcher._watch_deploys(moment())
        job = watcher._agenda.next(moment())
        assert job
        assert job.trigger == "deploy"

    asyncio.run(watch())
    (line,) = said
    assert line.startswith("alerts cannot be kept, so none is sent: ")
