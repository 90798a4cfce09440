"""Names for what a run leaves only when it is killed, so that a later run knows that nobody uses it any more."""

import os


def mark() -> str:
    """``PID-START-NAMESPACE`` of this process: its start in clock ticks since the boot, its pid namespace's inode."""
    return f"{os.getpid()}-{_start(os.getpid())}-{_namespace()}"


def is_over(name: str) -> bool:
    """Whether ``name`` begins with a mark of this pid namespace whose process has ended."""
    parts = name.split("-")
    if len(parts) < 3 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts[:3]):
        return False
    return parts[2] == _namespace() and _start(int(parts[0])) != parts[1]


def _start(pid: int) -> str:
    """Field 22 of /proc/PID/stat (proc_pid_stat(5)); empty when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _namespace() -> str:
    return str(os.stat("/proc/self/ns/pid").st_ino)
