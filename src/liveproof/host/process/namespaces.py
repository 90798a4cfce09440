"""The file system and the network as another process sees them."""

from liveproof.host.files.reader import FileReader


def pid_for_files(reader: FileReader, pid: int) -> int:
    """``pid`` when its root directory or its mounts are not ours, else 0: then plain paths tell the same."""
    return pid if pid and reader.root and (_differs(reader, pid, "ns/mnt") or _root(reader, pid) != "/") else 0


def pid_for_sockets(reader: FileReader, pid: int) -> int:
    """``pid`` when its network namespace is not ours, else 0."""
    return pid if pid and reader.root and _differs(reader, pid, "ns/net") else 0


def path_for(pid: int, path: str) -> str:
    """A path of the view of ``pid`` as we reach it (proc_pid_root(5)); with 0 the path itself."""
    return f"/proc/{pid}/root{path}" if pid else path


def _differs(reader: FileReader, pid: int, name: str) -> bool:
    try:
        return reader.readlink(f"/proc/{pid}/{name}") != reader.readlink(f"/proc/self/{name}")
    except OSError:
        return False


def _root(reader: FileReader, pid: int) -> str:
    try:
        return reader.readlink(f"/proc/{pid}/root")
    except OSError:
        return "/"
