"""What several faults do to a host, and how a person sees them."""

from tests.lab import Host

# A deploy of one file in place.
EDIT = 'sed -i "s/handler-v[0-9]*/handler-v9/" "$HANDLER"'


def compiled_before(host: Host, *settings: str) -> None:
    """Let PHP, with these settings, compile the app well after its files were written, and liveproof see that.

    Whoever had never looked before could not tell a script that was compiled before a change from one compiled after.
    """
    host.ini(*settings)
    host.sh("sleep 2")
    host.warm()
    host.liveproof("check")


def old_answer(host: Host) -> bool:
    """Whether visitors get the answer of the code that was there before the edit."""
    return "handler-v9" in host.sh('cat "$HANDLER"') and "handler-v9" not in host.post().body


def denied(host: Host, path: str) -> bool:
    """Whether the app's user cannot write there."""
    return host.sh(f'test -w "{path}" && echo writable || echo denied', user=host.user) == "denied"


def commit(*ignored: str) -> str:
    """Shell that makes the app a git tree with all of it committed, as its owner ``$u``, but for what is ignored."""
    rules = "\\n".join(("/vendor", "/storage", "/bootstrap/cache", ".env", *ignored))
    return f"""
g() {{ setpriv --reuid="$1" --regid="$1" --clear-groups env -C "$APP" HOME=/nonexistent "${{@:2}}"; }}
u=$(stat -c %U artisan)
printf '{rules}\\n' > .git-ignored
g "$u" git init -q
mv .git-ignored .git/info/exclude; chown "$u:" .git/info/exclude
g "$u" git add -A
g "$u" git -c user.name=lab -c user.email=lab@localhost commit -q -m release
"""


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

_BOOK = """{"name": "book_appointment", "args": {"name": "A", "date": "2030-01-01", "time": "10:00"}}"""


def into_releases(host: Host, variable: str = "realpath_root") -> None:
    """Let the app lie in two releases, its link on the first; ``variable`` tells how nginx names the root to PHP."""
    host.sh(_RELEASES.replace("@VARIABLE@", variable), timeout=120)


def switch_release(host: Host) -> None:
    """Let the link lead to the second release."""
    host.sh(_SWITCH)


def start_worker(host: Host) -> None:
    """Start the host's queue worker, well after its code was written."""
    host.sh("php artisan migrate --force --quiet", user=host.user)
    host.sh("systemctl start api-gateway-queue; sleep 1")


def work(host: Host) -> str:
    """What the worker wrote about a job that is queued now: the version of the class that it ran, and its pid.

    Raises:
        RuntimeError: no worker did the job within 10 s.
    """
    log = f"{host.storage}/logs/queue.log"
    host.post(body=_BOOK)
    return host.sh(f"""
        lines() {{ cat "{log}" 2>/dev/null | wc -l; }}
        for i in $(seq 100); do [ "$(lines)" -gt "$(cat /run/jobs 2>/dev/null || echo 0)" ] && break; sleep 0.1; done
        [ "$(lines)" -gt "$(cat /run/jobs 2>/dev/null || echo 0)" ]
        lines > /run/jobs
        tail -n 1 "{log}"
    """)


def worker_directory(host: Host) -> str:
    """Where the host's queue worker stands, in the kernel's words."""
    return host.sh('readlink "/proc/$(systemctl show -P MainPID api-gateway-queue)/cwd"')


_DEPLOYER = r"""
base=$APP
mv "$APP" "$APP.tree"; mkdir -p "$base/releases" "$base/shared" "$base/.dep"
mv "$APP.tree" "$base/releases/1"
mv "$base/releases/1/storage" "$base/shared/storage"; ln -s ../../shared/storage "$base/releases/1/storage"
cp -a "$base/releases/1" "$base/releases/2"
sed -i 's/handler-v[0-9]*/handler-v2/' "$base/releases/2/app/Http/Controllers/RetellFunctionCallHandler.php"
for n in 1 2; do
  printf '{"created_at":"2026-01-0%s","release_name":"%s","user":"deploy","target":"main"}\n' "$n" "$n"
done > "$base/.dep/releases_log"
echo 2 > "$base/.dep/latest_release"
ln -s "releases/@SERVED@" "$base/current"
for f in /etc/nginx/sites-available/api-gateway /etc/systemd/system/api-gateway-queue.service /etc/cron.d/api-gateway \
  /etc/logrotate.d/api-gateway; do
  sed -i "s#$base/storage#$base/shared/storage#g; s#$base\([ ;]\|/public\|$\)#$base/current\1#g" "$f"
  sed -i 's/\$document_root/$realpath_root/g' "$f"
done
chown -hR "$WWW:$WWW" "$base"
for n in 1 2; do
  cd "$base/releases/$n"
  for what in config route view; do (umask 027; runuser -u "$WWW" -- php artisan $what:cache -q); done
done
systemctl daemon-reload; nginx -t -q; systemctl reload nginx; sleep 1; systemctl restart "$FPM"; sleep 1
"""


def into_deployer(host: Host, served: int) -> None:
    """Let the app lie as Deployer lays it, with two releases recorded a day ago, and ``current`` on one of them.

    Which of the two events came first, the last record or the last switch, is the caller's to say.
    """
    host.sh(_DEPLOYER.replace("@SERVED@", str(served)), timeout=120)


def served_release(host: Host) -> str:
    """Which release answers: v1 or v2."""
    return "v2" if "handler-v2" in host.post().body else "v1"
