"""CMP001, vendor_differs_from_lock."""

from tests.lab import Host

_EDIT = r"""
php -r '
  [, $lock, $installed] = $argv;
  $data = json_decode(file_get_contents("composer.lock"), true);
  $package = ["name" => "acme/greeter", "version" => "2.1.0", "type" => "library",
    "dist" => ["type" => "zip", "url" => "https://example.org/greeter.zip", "reference" => str_repeat("a", 40)]];
  $data[$lock][] = $package;
  file_put_contents("composer.lock", json_encode($data, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES));
  $data = json_decode(file_get_contents("vendor/composer/installed.json"), true);
  $data["dev"] = $installed === "dev";
  $data["packages"][0]["dist"]["reference"] = str_repeat("b", 40);
  file_put_contents("vendor/composer/installed.json", json_encode($data, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES));
' -- @ARGUMENTS@
"""


def fault(host: Host) -> None:
    """Lock deployed without composer install."""
    host.sh(_EDIT.replace("@ARGUMENTS@", "packages dev"), user=host.user)


def symptom(host: Host) -> bool:
    """Composer would install a package."""
    told = host.sh("COMPOSER_HOME=/tmp composer install --dry-run --no-scripts 2>&1 || true", user=host.user)
    return "Installing acme/greeter" in told


def lookalike(host: Host) -> None:
    """Installed without packages for development; a path package whose directory changed."""
    host.sh(_EDIT.replace("@ARGUMENTS@", "packages-dev none"), user=host.user)
