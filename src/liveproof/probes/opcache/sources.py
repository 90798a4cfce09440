"""The text of configuration files that a fix would edit, told only where one would."""

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.nginx import FastcgiPass, Nginx
from liveproof.model.facts.opcache import Source
from liveproof.model.findings import Unknown

_LIMIT = 1 << 20
_INCLUDES = 100


def sources(reader: Reader, app: App, fpm: Fpm, nginx: Nginx | Unknown) -> tuple[Source, ...]:
    """Each such file; one that cannot be read, or is not UTF-8, is left out.

    php-fpm.conf where ``process_control_timeout`` is 0; the file of a ``fastcgi_pass`` that hands PHP an unresolved
    link, and all that nginx read beside it, since that may hold the parameter.
    """
    wanted = [master.config for master, _ in fpm.serving(app.pools) if not master.control_timeout and master.config]
    if isinstance(nginx, Nginx) and app.path != app.real:
        passes = [taken for server in nginx.servers if server.id in app.servers for taken in server.passes]
        if any(_unresolved(taken) for taken in passes):
            wanted += [taken.file for taken in passes]
            wanted += [path for path, _ in nginx.files[:_INCLUDES]]
    texts = {path: _text(reader, path) for path in dict.fromkeys(wanted)}
    return tuple(Source(path, reader.resolve(path), text) for path, text in texts.items() if text)


def _unresolved(taken: FastcgiPass) -> bool:
    return "$document_root" in taken.script_filename


def _text(reader: Reader, path: str) -> str:
    try:
        return reader.read(path, _LIMIT).decode()
    except (OSError, CannotSee, UnicodeDecodeError):
        return ""
