"""What a process still executes though it was replaced."""

import os

import pytest

from liveproof.host.process.replaced import _gone, replaced_files
from liveproof.host.reader import Reader

_MAPS = """\
55d0c0a00000-55d0c0b00000 r--p 00000000 fe:01 131 /usr/sbin/php-fpm8.2 (deleted)
55d0c0b00000-55d0c0e00000 r-xp 00100000 fe:01 131 /usr/sbin/php-fpm8.2 (deleted)
7f0000000000-7f0000100000 r-xp 00000000 fe:01 132 /usr/lib/php/20220829/opcache.so
7f0000200000-7f0000300000 r-xp 00000000 fe:01 133 /usr/lib/php/20220829/pdo mysql.so (deleted)
7f0000400000-7f0008400000 rwxs 00000000 00:01 1025 /dev/zero (deleted)
7f0010000000-7f0010001000 rwxs 00000000 00:01 9 /memfd:opcache_lock (deleted)
7f0010002000-7f0010003000 rwxs 00000000 00:01 9 /SYSV00000000 (deleted)
7f0020000000-7f0020001000 rw-p 00000000 00:00 0 [heap]
7f0030000000-7f0030001000 rw-p 00000000 00:00 0
"""


def test_what_was_replaced_is_told_apart_from_shared_memory() -> None:
    """Each file once, where it is executed; a name may hold blanks."""
    gone = list(dict.fromkeys(_gone(_MAPS)))
    assert gone == ["/usr/sbin/php-fpm8.2", "/usr/lib/php/20220829/pdo mysql.so"]


def test_a_process_that_runs_what_is_installed() -> None:
    """This one does."""
    assert replaced_files(Reader(), os.getpid()) == ()


def test_a_process_that_has_ended() -> None:
    """Nothing is said of it."""
    with pytest.raises(FileNotFoundError):
        replaced_files(Reader(), 2**22 + 1)
