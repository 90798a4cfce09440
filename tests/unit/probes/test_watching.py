"""Whether a watcher runs, by the processes of this host."""

from pathlib import Path

import pytest

from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.settings import Settings
from liveproof.probes import watching
from liveproof.store import watch_state


class _Processes(Reader):
    """A host with these processes."""

    def __init__(self, *found: Process) -> None:
        super().__init__()
        self._found = found

    def processes(self) -> tuple[Process, ...]:
        return self._found


def _process(*argv: str, uid: int = 0) -> Process:
    return Process(812, 1, 0.0, uid, "liveproof", argv, "/system.slice/watch.service")


@pytest.mark.parametrize(
    ("argv", "seen"),
    [
        (("/opt/liveproof/bin/liveproof", "watch"), True),
        (("/usr/bin/python3", "/opt/liveproof/bin/liveproof", "watch", "--heal"), True),
        (("python3", "-m", "liveproof", "watch"), True),
        (("liveproof", "watch", "--once"), False),
        (("liveproof", "check"), False),
        (("vi", "a", "b", "c", "d", "liveproof", "watch"), False),
        (("liveproof",), False),
        ((), False),
    ],
)
def test_process(argv: tuple[str, ...], seen: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that keeps running, whatever starts it."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path))
    found = watching.probe(reader=_Processes(_process(*argv)), settings=Settings())
    assert (found.process, found.process_unit) == ((812, "watch.service") if seen else (0, ""))


def test_another_users_process_is_no_watcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody can give a process that name."""
    monkeypatch.setenv("LIVEPROOF_STATE", str(tmp_path))
    found = watching.probe(reader=_Processes(_process("liveproof", "watch", uid=33)), settings=Settings())
    assert (found.process, found.looked, found.channels) == (0, 0.0, ())
    watch_state.save({"fpm": 5.0, "chain": 7.0})
    assert watching.probe(reader=_Processes(), settings=Settings()).looked == 7.0
