"""SYS001, artisan_runs_as_another_user."""

from tests.lab import Host


def fault(host: Host) -> None:
    """Scheduler in the crontab as root."""
    host.sh(r"""
        sed -i "s/ $WWW cd / root cd /" /etc/cron.d/api-gateway
        rm -f "$CACHE/packages.php" "$CACHE/services.php"
        sh -c "$(sed -n 's/.* root \(cd .*\)/\1/p' /etc/cron.d/api-gateway)"
    """)


def symptom(host: Host) -> bool:
    """What it wrote belongs to root."""
    return bool(
        host.sh("grep -E '^[^#].* root .*artisan' /etc/cron.d/api-gateway && find $CACHE -user root", check=False)
    )


def lookalike(host: Host) -> None:
    """Root crontab that steps down."""
    host.sh(r"""
        cat > /etc/cron.d/steps-down <<CRON
        * * * * * root cd $APP && sudo -u $WWW php artisan schedule:run >/dev/null 2>&1
        0 3 * * * root su -s /bin/sh $WWW -c "cd $APP && php artisan queue:prune-failed"
        0 4 * * * root runuser -u $WWW -- php $APP/artisan view:cache
        0 5 * * * root cd $APP && setpriv --reuid=$WWW --regid=$WWW --init-groups php artisan list
        #* * * * * root cd $APP && php artisan schedule:run
        * * * * * root cd /srv/another && php artisan schedule:run
CRON
        printf '* * * * * root cd %s && php artisan schedule:run\n' "$APP" > /etc/cron.d/not-read.disabled
    """)
