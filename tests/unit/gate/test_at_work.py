"""Who is seen at work in an app: what carries files, and nobody else."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from liveproof.gate.at_work import at_work


@contextmanager
def _program(name: str, where: Path, beside: Path, *words: str) -> Iterator[int]:
    """A process of this name that stands in a directory."""
    program = beside / name
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "30", *words], cwd=where) as process:
        for _ in range(100):
            if os.path.basename(Path(f"/proc/{process.pid}/comm").read_text().strip()) == name:
                break
            time.sleep(0.01)
        try:
            yield process.pid
        finally:
            process.kill()


def test_a_carrier_in_the_tree(tmp_path: Path) -> None:
    """Below it as well, not beside it; a shell that stands there carries nothing."""
    tree, other = tmp_path / "app", tmp_path / "app2"
    (tree / "public").mkdir(parents=True)
    other.mkdir()
    assert at_work([str(tree)]) == ""
    with _program("rsync", tree / "public", tmp_path) as pid:
        assert at_work([str(tree)]) == f"rsync (process {pid})"
        assert at_work([str(other)]) == ""
    with _program("bash", tree, tmp_path):
        assert at_work([str(tree)]) == ""
