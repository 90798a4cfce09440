"""OPC004, root_follows_symlink."""

from tests.lab import Host

_RELEASES = r"""
if [ ! -L "$APP" ]; then
  parent=$APP-releases; mkdir "$parent"; mv "$APP" "$parent/1"; cp -a "$parent/1" "$parent/2"; ln -s "$parent/1" "$APP"
else
  parent=$(dirname "$(readlink -f "$APP")")
fi
chown -h "$WWW:$WWW" "$parent" "$APP"
cd "$parent"
for n in 1 2; do
  sed -i "s/^RELEASE=.*/RELEASE=r$n/" "$parent/$n/.env"
  sed -i "s/handler-v[0-9]*/handler-v$n/" "$parent/$n/app/Http/Controllers/RetellFunctionCallHandler.php"
  cd "$parent/$n"
  for what in config route view; do (umask 027; runuser -u "$WWW" -- php artisan $what:cache -q); done
done
sed -i 's/\$\(document_root\|realpath_root\)/$@VARIABLE@/g' /etc/nginx/sites-available/api-gateway
nginx -t -q; systemctl reload nginx; sleep 3
systemctl restart "$FPM"; sleep 1
"""

_SWITCH = r"""
sleep 1; ln -s "$(dirname "$(readlink -f "$APP")")/2" "$APP.new"; mv -T "$APP.new" "$APP"; sleep 2
"""


def fault(host: Host) -> None:
    """Switched behind the link."""
    host.sh(_RELEASES.replace("@VARIABLE@", "document_root"), timeout=120)
    host.warm()
    host.sh(_SWITCH)
    host.warm()


def symptom(host: Host) -> bool:
    """Old release answers."""
    return "handler-v2" in host.sh('cat "$HANDLER"') and "handler-v1" in host.post().body


def lookalike(host: Host) -> None:
    """Switched with resolved root."""
    host.sh(_RELEASES.replace("@VARIABLE@", "realpath_root"), timeout=120)
    host.warm()
    host.sh(_SWITCH)
    host.warm()
