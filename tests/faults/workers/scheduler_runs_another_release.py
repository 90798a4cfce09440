"""WRK008, scheduler_runs_another_release."""

from tests.faults.snippets import into_releases, switch_release
from tests.lab import Host


def fault(host: Host) -> None:
    """The crontab names the release that was served when it was written."""
    into_releases(host)
    host.sh('sed -i "s|$APP|$(readlink -f "$APP")|g" /etc/cron.d/api-gateway')
    switch_release(host)


def symptom(host: Host) -> bool:
    """The directory in the crontab is not the app's."""
    named = host.sh("sed -n 's/.* cd \\([^ ]*\\) .*/\\1/p' /etc/cron.d/api-gateway | tail -n 1")
    return named.startswith("/") and named != host.sh('readlink -f "$APP"')


def lookalike(host: Host) -> None:
    """The crontab goes through the link; the line of another app that lies beside the releases names it."""
    into_releases(host)
    switch_release(host)
    host.sh(r"""
        other=$(dirname "$(readlink -f "$APP")")/3
        cp -a "$APP/." "$other"
        printf 'server { listen 8080; root %s/public; }\n' "$other" > /etc/nginx/sites-enabled/other
        systemctl reload nginx
        printf '* * * * * %s cd %s && php artisan schedule:run\n' "$WWW" "$other" > /etc/cron.d/other
        printf '#* * * * * %s cd %s/1 && php artisan list\n' "$WWW" "$(dirname "$other")" > /etc/cron.d/old
        sleep 1
    """)
