"""LAR004, event_cache_stale."""

from tests.lab import Host

_HANDLED = r"Illuminate\Foundation\Http\Events\RequestHandled"
_CACHED = r"""
mkdir -p app/Heard
cat >app/Providers/EventServiceProvider.php <<'END'
<?php
namespace App\Providers;
class EventServiceProvider extends \Illuminate\Foundation\Support\Providers\EventServiceProvider
{
    protected $listen = [
        \@HANDLED@::class => [\App\Heard\First::class],
    ];
}
END
for name in First Second; do cat >app/Heard/$name.php <<END
<?php
namespace App\Heard;
class $name
{
    public function handle(\@HANDLED@ \$event) { \$event->response->headers->set('X-$name', 'called'); }
}
END
done
list=config/app.php; [ ! -e bootstrap/providers.php ] || list=bootstrap/providers.php
sed -i 's/^\( *\)App.Providers.AppServiceProvider::class,/&\n\1App\\Providers\\EventServiceProvider::class,/' $list
chown -R --reference=artisan app $list
for what in config event; do (umask 027; runuser -u "$WWW" -- php artisan $what:cache -q); done
""".replace("@HANDLED@", _HANDLED)
_RELOAD = 'sleep 1; systemctl restart "$FPM"; sleep 1'


def fault(host: Host) -> None:
    """Listener added after caching."""
    host.sh(f"{_CACHED}\n sed -i 's/First::class/&, \\\\App\\\\Heard\\\\Second::class/' app/Providers/EventS*")
    host.sh(_RELOAD)
    host.warm()


def symptom(host: Host) -> bool:
    """The new listener is not called, the old one is."""
    headers = host.sh("curl -si http://127.0.0.1/api/status")
    return "X-First" in headers and "X-Second" not in headers and "Second" in host.sh("cat app/Providers/EventS*")


def lookalike(host: Host) -> None:
    """Listeners in another order and touched; one that nobody names."""
    host.sh(f"""{_CACHED}
        sed -i 's/First::class/&, \\\\App\\\\Heard\\\\Second::class/' app/Providers/EventS*
        (umask 027; runuser -u "$WWW" -- php artisan event:cache -q)
        sed -i 's/\\[.*First::class, \\(.*Second::class\\)\\]/[\\1, \\\\App\\\\Heard\\\\First::class]/' \
            app/Providers/EventS*
        cp app/Heard/First.php app/Heard/Third.php; sed -i 's/First/Third/g' app/Heard/Third.php
        chown --reference=artisan app/Heard/Third.php
    """)
    host.sh(_RELOAD)
    host.warm()
