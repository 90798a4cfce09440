"""What ``platform_check.php`` asks of PHP, read from the lines that Composer writes (AutoloadGenerator.php). Pure."""

import re

from liveproof.model.facts.composer import PlatformCheck
from liveproof.model.findings import Unknown

_VERSION = re.compile(r"if \(!\(PHP_VERSION_ID >= (\d{1,9})\)\) \{")
_EXTENSION = re.compile(r"extension_loaded\('([^'\\]{1,64})'\) \|\| \$missingExtensions\[\] = '[^'\\]{1,64}';")
_CONDITION = re.compile(r"if \(!|extension_loaded\(")
_BITS = "if (PHP_INT_SIZE !== 8)"


def read_platform(content: bytes) -> PlatformCheck | Unknown:
    """The least PHP and the extensions; Unknown where the file asks for something else as well."""
    text = content.decode(errors="replace")
    conditions = [line.strip() for line in text.splitlines() if _CONDITION.search(line) or "PHP_INT_SIZE" in line]
    version, extensions = 0, []
    for line in conditions:
        if line.startswith(("if (!headers_sent()", "if (!ini_get(", "} elseif (!headers_sent()", _BITS)):
            continue
        if found := _VERSION.fullmatch(line):
            version = max(version, int(found[1]))
        elif named := _EXTENSION.fullmatch(line):
            extensions.append(named[1].lower())
        else:
            return Unknown("vendor/composer/platform_check.php asks for what Composer does not write there")
    return PlatformCheck(True, version, tuple(extensions))
