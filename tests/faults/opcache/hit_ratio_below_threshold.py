"""OPC009, hit_ratio_below_threshold."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Recompiled over and over."""
    host.ini("opcache.validate_timestamps=1", "opcache.revalidate_freq=0", "opcache.file_update_protection=0")
    host.sh("""mkdir -p /etc/liveproof "$APP/public/lab"
printf '[thresholds]\\nhit_ratio_lookups = 200\\nhit_ratio_age = 1\\n' >>/etc/liveproof/liveproof.toml
for n in $(seq 300); do echo '<?php return 1;' >"$APP/public/lab/$n.php"; done
echo '<?php foreach (glob(__DIR__ . "/[0-9]*.php") as $file) include $file;' >"$APP/public/lab/all.php"
chown -R "$WWW:$WWW" "$APP/public/lab"
for round in $(seq 8); do
  touch -d "2020-01-0$round" "$APP"/public/lab/[0-9]*.php
  curl -s -o /dev/null http://127.0.0.1/lab/all.php
done""")


def symptom(host: Host) -> bool:
    """Mostly misses."""
    told = host.sh("""page=$APP/public/lab/ratio.php
echo '<?php echo (int) opcache_get_status(false)["opcache_statistics"]["opcache_hit_rate"];' >"$page"
curl -s http://127.0.0.1/lab/ratio.php; rm "$page" """)
    return told.isdigit() and int(told) < 85


def lookalike(host: Host) -> None:
    """Just started."""
    host.sh('systemctl restart "$FPM"; sleep 1')
    host.get()
