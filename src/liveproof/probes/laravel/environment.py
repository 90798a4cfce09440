"""Which keys of ``.env`` requests see with another value: what pools, their service and nginx set comes before it.

Laravel reads ``$_SERVER``, then ``$_ENV``, and ``.env`` only for what neither has (vlucas/phpdotenv, immutable). Into
``$_SERVER`` PHP-FPM puts the environment of the worker, then nginx's parameters over it.
"""

import re
from collections.abc import Iterator, Mapping

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.dataclass import dataclass
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm, Master, Pool
from liveproof.model.facts.laravel import Override
from liveproof.model.facts.nginx import Nginx
from liveproof.model.findings import Absent, Unknown
from liveproof.model.secrets import harmless_key
from liveproof.probes.laravel.laravel_app import pool_environment

# What Laravel says of a .env that it cannot parse (LoadEnvironmentVariables), and what liveproof says then.
REFUSED = "environment file is invalid"
INVALID = "Laravel refuses it: The environment file is invalid!"

_OTHER = re.compile(rb"loadEnvironmentFrom|useEnvironmentPath")
_LIMIT = 1 << 20
_SECTION = re.compile(r"^\s*\[\s*([^\]]+?)\s*\]\s*(?:[;#].*)?$")
_CLEAR = re.compile(r"^\s*clear_env\s*=\s*[\"']?(\w+)", re.MULTILINE)
_OFF = ("no", "off", "0", "false")
# What Laravel's env() makes the same of (Illuminate\Support\Env).
_WORDS = {f"({word})": word for word in ("true", "false", "null", "empty")}


@dataclass(frozen=True, slots=True)
class _Set:
    """A value that comes before ``.env``; None where only a request has it. ``where`` it is set, in words."""

    value: str | None
    where: str


def overrides(
    reader: Reader,
    app: App,
    fpm: Fpm | Unknown | Absent,
    nginx: Nginx | Unknown | Absent,
    dotenv: Mapping[str, str],
) -> tuple[Override, ...] | Unknown:
    """The keys of ``dotenv`` that the app's pools give requests another value of, or why that is not known."""
    if not dotenv:
        return ()
    if isinstance(fpm, Unknown | Absent):
        return Unknown(f"which environment requests see: {fpm.reason}")
    if isinstance(nginx, Unknown):
        return Unknown(f"which parameters nginx sets: {nginx.reason}")
    found: list[Override] = []
    unsure: list[str] = []
    try:
        for pool, name, one in _before(reader, app, fpm, nginx):
            if name not in dotenv:
                continue
            written = _written(dotenv[name])
            if one.value is None or written is None:
                unsure.append(f"{harmless_key(name)} ({one.where})")
            elif _plain(one.value) != written:
                found.append(Override(harmless_key(name), one.where, pool.id))
    except (OSError, CannotSee) as error:
        return Unknown(f"which environment requests see: {error}")
    if unsure and not found:
        return Unknown(f"whether requests see the values of .env: what is set may be another one: {', '.join(unsure)}")
    return tuple(found)


def gives_key(reader: Reader, app: App, fpm: Fpm | Unknown | Absent, nginx: Nginx | Unknown | Absent) -> bool | Unknown:
    """Whether every pool of the app has APP_KEY without ``.env``: then it may be meant that the file is not there."""
    if isinstance(fpm, Unknown | Absent):
        return Unknown(f"whether PHP-FPM gives the app its variables: {fpm.reason}")
    if isinstance(nginx, Unknown):
        return Unknown(f"whether nginx gives the app its variables: {nginx.reason}")
    try:
        if _OTHER.search(reader.read(f"{app.real}/bootstrap/app.php", _LIMIT)):
            return Unknown("bootstrap/app.php names another file or place for it")
        keyed = {pool.id for pool, name, _ in _before(reader, app, fpm, nginx) if name == "APP_KEY"}
    except (OSError, CannotSee) as error:
        return Unknown(f"whether PHP-FPM gives the app its variables: {error}")
    return bool(app.pools) and keyed >= set(app.pools)


def _before(reader: Reader, app: App, fpm: Fpm, nginx: Nginx | Absent) -> Iterator[tuple[Pool, str, _Set]]:
    """What requests to each of the app's pools see before ``.env``: pool, name and value."""
    for master, pool in fpm.serving(app.pools):
        for name, one in {**_given(reader, master, pool), **dict(_sent(app, nginx, pool))}.items():
            yield pool, name, one


def _given(reader: Reader, master: Master, pool: Pool) -> dict[str, _Set]:
    """What a worker of this pool has in its environment, by its pool's file and its service."""
    section = _section(reader.read(pool.file, _LIMIT), pool.name)
    cleared = _CLEAR.search(section.decode(errors="surrogateescape"))
    own = pool_environment(section)
    inherits = bool(cleared and cleared[1].lower() in _OFF)
    # Read only where it reaches the workers: it may hold the secrets of others.
    service = _environ(reader, master) if inherits or any(value.startswith("$") for value in own.values()) else {}
    found = {}
    if inherits:
        where = f"the environment of PHP-FPM {master.version} (clear_env = no)"
        found = {name: _Set(value, where) for name, value in service.items()}
    for name, value in own.items():
        given = service.get(value[1:]) if value.startswith("$") else value
        if given is not None:  # PHP-FPM sets no variable that it has not itself
            found[name] = _Set(given, f"env[{harmless_key(name)}] in {pool.file}")
    return found


def _section(content: bytes, name: str) -> bytes:
    """The lines of one pool in a file that may hold several."""
    current, lines = "", []
    for line in content.decode(errors="surrogateescape").splitlines():
        if begins := _SECTION.match(line):
            current = begins[1]
        elif current == name:
            lines.append(line)
    return "\n".join(lines).encode(errors="surrogateescape")


def _environ(reader: Reader, master: Master) -> dict[str, str]:
    if not master.pid:
        return {}
    pairs = reader.read(f"/proc/{master.pid}/environ", _LIMIT).decode(errors="surrogateescape").split("\0")
    return {name: value for name, equals, value in (pair.partition("=") for pair in pairs) if equals}


def _sent(app: App, nginx: Nginx | Absent, pool: Pool) -> Iterator[tuple[str, _Set]]:
    """What nginx sends along with the app's requests to this pool."""
    if isinstance(nginx, Absent):
        return
    for server in nginx.servers:
        for one in server.passes if server.id in app.servers else ():
            if pool.address in one.addresses or not one.addresses:
                for name, value, optional in one.params:
                    if value or not optional:
                        known = None if "$" in value else value
                        yield name, _Set(known, f"fastcgi_param {harmless_key(name)} at {one.file}:{one.line}")


def _plain(value: str) -> str:
    lowered = value.lower()
    return _WORDS.get(lowered, lowered if lowered in _WORDS.values() else value)


def _written(value: str) -> str | None:
    """The value of ``.env`` as env() has it; None where it is put together from others, or escapes something."""
    return None if "$" in value or "\\" in value else _plain(value)
