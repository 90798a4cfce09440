"""Be another user, where its process is. Only for a child process that ends after its one question."""

import os

from liveproof.host.process.command import Identity


def become(identity: Identity, pid: int) -> None:
    """Be the user where its process is: its root directory leads into its mount namespace (proc_pid_root(5)).

    Args:
        identity: user, group and supplementary groups; without root we stay who we are.
        pid: the process whose root directory and mounts count; 0 for our own.

    Raises:
        FileNotFoundError: the process has ended.
        OSError: the kernel refuses.
    """
    if os.geteuid() != 0:
        return
    if pid:
        os.chroot(f"/proc/{pid}/root")
        os.chdir("/")
    os.setgroups(identity.groups)
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
