"""What a running master has loaded, beside what its files hold now: php-fpm.conf, pool files, php.ini."""

from liveproof.host.process.proc import Process
from liveproof.host.reader import Reader
from liveproof.model.findings import Unknown
from liveproof.model.loaded import Loaded
from liveproof.probes.fpm import load_moment
from liveproof.probes.fpm.configuration import FpmConf
from liveproof.probes.fpm.masters import Found, pool_of
from liveproof.probes.fpm.php_ini import ini_files
from liveproof.store import loaded_files
from liveproof.store.cache import Cache
from liveproof.store.loaded_files import Wanted


def loaded(reader: Reader, cache: Cache, found: Found, conf: FpmConf | None) -> Loaded | Unknown | None:
    """None where it does not run."""
    if found.process is None:
        return None
    if conf is None:
        return Unknown(f"{found.config} cannot be read, so it is not known whether PHP-FPM has loaded it")
    ini = ini_files(reader, cache, found)
    if ini is None:
        return Unknown(
            f"which php.ini the PHP-FPM master {found.process.pid} reads could not be asked of {found.binary}"
        )
    directories = loaded_files.directories(reader, (*conf.patterns, *ini.patterns))
    process = found.process

    def look() -> Loaded | Unknown:
        load = load_moment.load(reader, process, _workers(reader, process))
        if isinstance(load, Unknown):
            return load
        margin = load_moment.ini_margin(reader, process, found.service, load)
        files = dict.fromkeys(conf.files, 0.0) | dict.fromkeys(ini.files, margin)
        wanted = Wanted(tuple(files.items()), directories)
        return loaded_files.compared(reader, cache.entry("fpm-loaded", found.config), load, wanted)

    return loaded_files.at_rest(reader, look)


def _workers(reader: Reader, process: Process) -> tuple[Process, ...]:
    return tuple(one for one in reader.processes() if one.parent == process.pid and pool_of(one))
