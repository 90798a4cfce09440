"""OPC016, worker_settings_differ."""

from tests.lab import Host

_PAGES = """
for name in limit big; do
  printf '<?php echo "limit=", ini_get("memory_limit");' > public/$name.php
  chown --reference=artisan public/$name.php
done
"""
_LOCATION = r"""
location() {
  printf 'location = /big.php { include fastcgi_params; fastcgi_param SCRIPT_FILENAME %s;' "$APP/public/big.php"
  printf ' %s fastcgi_pass unix:%s; }\n' "$1" "$SOCK"
}
insert() { sed -i "/index index.php;/r /dev/stdin" /etc/nginx/sites-available/api-gateway; }
"""
_VALUE = 'fastcgi_param PHP_VALUE "memory_limit=777M";'


def fault(host: Host) -> None:
    """One location raises the memory limit for its requests."""
    host.sh(f"{_PAGES}{_LOCATION} location '{_VALUE}' | insert; nginx -t -q; systemctl reload nginx; sleep 1")
    host.warm()


def symptom(host: Host) -> bool:
    """Another page has that limit too, after the worker served the first one."""
    host.sh("for n in 1 2 3 4 5 6 7 8; do curl -s http://127.0.0.1/big.php; done")
    return "limit=777M" in host.sh("for n in 1 2 3 4 5 6 7 8; do curl -s http://127.0.0.1/limit.php; done")


def lookalike(host: Host) -> None:
    """A location of its own that sends what the other sends: nothing."""
    host.sh(f"{_PAGES}{_LOCATION} location '' | insert; nginx -t -q; systemctl reload nginx; sleep 1")
    host.warm()
