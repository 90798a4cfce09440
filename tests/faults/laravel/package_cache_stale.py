"""LAR017, package_cache_stale."""

from tests.lab import Host

# As Livewire 2 writes its list of components.
_CACHED = r"""
mkdir -p app/Http/Livewire bootstrap/cache/filament/panels
for name in Counter Search; do
  printf '<?php\nnamespace App\\Http\\Livewire;\nclass %s {}\n' $name > app/Http/Livewire/$name.php
done
cat > bootstrap/cache/livewire-components.php <<'END'
<?php return array (
  'counter' => 'App\\Http\\Livewire\\Counter',
  'search' => 'App\\Http\\Livewire\\Search',
);
END
cat > bootstrap/cache/filament/panels/admin.php <<END
<?php return array (
  'pages' => array ( '$APP/app/Http/Livewire/Search.php' => 'App\\\\Http\\\\Livewire\\\\Search', ),
  'path' => '/admin/login',
  'pageNamespaces' => array ( 0 => 'App\\\\Filament\\\\Pages', ),
  'resources' => array ( 0 => 'Unknown\\\\To\\\\Composer', ),
);
END
chown -R --reference=artisan app bootstrap/cache
"""


def fault(host: Host) -> None:
    """A component renamed after the list was made."""
    host.sh(f"{_CACHED}\n sed -i s/Counter/Clicker/ app/Http/Livewire/Counter.php")
    host.sh('mv app/Http/Livewire/Counter.php app/Http/Livewire/Clicker.php; systemctl restart "$FPM"; sleep 1')
    host.warm()


def symptom(host: Host) -> bool:
    """The class that the list names cannot be loaded."""
    code = """require "vendor/autoload.php";
        foreach (require "bootstrap/cache/livewire-components.php" as $name) echo class_exists($name) ? "y" : "n";"""
    return host.sh(f"php -r '{code}'") == "ny"


def lookalike(host: Host) -> None:
    """Every component is there; one list is older than all of them, and one holds nothing."""
    host.sh(f"""{_CACHED}
        touch -d 2020-01-01 bootstrap/cache/livewire-components.php
        echo '<?php return array ();' > bootstrap/cache/blade-icons.php
        chown --reference=artisan bootstrap/cache/blade-icons.php; systemctl restart "$FPM"; sleep 1
    """)
    host.warm()
