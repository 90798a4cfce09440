"""A suite's root file system: Debian's packages, and what every host of the suite has in common."""

from pathlib import Path
from typing import Final

from tests.lab import mirror, needs, places
from tests.lab.chroot import chroot
from tests.lab.errors import LabError
from tests.lab.layer import layer, recipe
from tests.lab.progress import progress
from tests.lab.shell import run
from tests.lab.suites import Suite

_APT: Final = (
    # A mirror's release file for a suite under development may be past its date.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=force-unsafe-io",
)

# What makes no sense in a container, or would write to the disk by itself.
_MASKED: Final = (
    *("getty.target", "console-getty.service", "getty@tty1.service", "systemd-firstboot.service"),
    *("systemd-update-utmp.service", "systemd-update-utmp-runlevel.service", "systemd-machine-id-commit.service"),
    *("apt-daily.timer", "apt-daily-upgrade.timer", "man-db.timer", "e2scrub_all.timer", "e2scrub_reap.service"),
    *("fstrim.timer", "dpkg-db-backup.timer", "systemd-tmpfiles-clean.timer"),
    *("systemd-networkd.service", "systemd-networkd.socket", "systemd-resolved.service", "systemd-timesyncd.service"),
    *(
        "systemd-modules-load.service",
        "systemd-sysctl.service",
        "systemd-random-seed.service",
        "systemd-pcrlock.socket",
    ),
    *("sys-kernel-debug.mount", "sys-kernel-tracing.mount", "sys-kernel-config.mount", "sys-fs-fuse-connections.mount"),
    *("dev-hugepages.mount", "dev-mqueue.mount", "ldconfig.service", "systemd-hwdb-update.service"),
)

_PROVISION: Final = """
ln -sf /lib/systemd/system/multi-user.target /etc/systemd/system/default.target
for unit in {masked}; do ln -sf /dev/null /etc/systemd/system/$unit; done
systemctl enable -q nginx php{php}-fpm cron ssh 2>&1

useradd --create-home --shell /bin/bash --groups www-data deploy
useradd --system --create-home --home-dir /var/lib/gateway --shell /usr/sbin/nologin gateway
printf 'deploy ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/deploy
chmod 440 /etc/sudoers.d/deploy
for home in /root /home/deploy; do
  install -d -m 700 $home/.ssh
  install -m 600 /dev/null $home/.ssh/authorized_keys
done
chown -R deploy:deploy /home/deploy
ssh-keygen -A >/dev/null
printf 'PermitRootLogin prohibit-password\\nUseDNS no\\nMaxStartups 100:30:200\\n' >/etc/ssh/sshd_config.d/lab.conf

# From Laravel 11 on the framework merges its own config directory; Debian's package keeps it elsewhere than it looks.
[ ! -d /usr/share/php/Illuminate/config ] || ln -sfn php/Illuminate/config /usr/share/config

: >/etc/machine-id
: >/etc/fstab
: >/etc/resolv.conf
rm -f /etc/hostname /usr/sbin/policy-rc.d /etc/nginx/sites-enabled/default
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
printf '127.0.0.1 localhost\\n::1 localhost\\n' >/etc/hosts
mkdir -p /var/log/journal
"""


def rootfs(suite: Suite) -> Path:
    """The suite's root file system, built when it is not there yet (about a minute)."""
    key = recipe(repr(suite.packages()), _PROVISION, repr((_APT, _MASKED)), suite.php)
    return layer(f"rootfs-{suite.name}", key, lambda tree: _build(suite, tree))


def _build(suite: Suite, tree: Path) -> None:
    needs.install()
    source = mirror.find()
    if source is None:
        raise LabError("this machine's apt sources name no Debian mirror; set LIVEPROOF_LAB_MIRROR")
    with progress(f"{suite.name}: Debian packages (mmdebstrap)"):
        run(
            [
                *("mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", f"--keyring={needs.KEYRING}"),
                *_APT,
                f"--include={','.join(suite.packages())}",
                *(suite.name, tree),
                *source.sources(suite.name, suite.archives),
            ],
            timeout=1200,
            log=places.logs() / f"mmdebstrap-{suite.name}.log",
        )
    script = _PROVISION.format(masked=" ".join(_MASKED), php=suite.php)
    chroot(script, upper=tree, log=f"provision-{suite.name}")
