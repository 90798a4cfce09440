"""The FastCGI parameters that nginx would send for a request (nginx's fastcgi_params, RFC 3875)."""

from liveproof.host.errors import CannotSee
from liveproof.host.reader import Reader
from liveproof.model.settings import Request
from liveproof.probes.wire.target import Target

_NEVER = frozenset({"PHP_VALUE", "PHP_ADMIN_VALUE"})
Headers = tuple[tuple[str, str], ...]


def parameters(reader: Reader, request: Request, target: Target, headers: Headers) -> dict[str, str]:
    """All parameters of the request when it goes straight to the pool.

    They are those that nginx's configuration sends, but for values with variables that only nginx knows: these are what
    the file fastcgi_params of nginx gives the name, else left out. Without any in the configuration it is that file's.

    Raises:
        CannotSee: nginx's SCRIPT_FILENAME has a variable whose value is not known.
    """
    known = _known(reader, request, target)
    usual = _usual(request, target, known)
    content = {name.lower(): value for name, value in headers}.get("content-type", "")
    known["content_type"] = usual["CONTENT_TYPE"] = content
    known |= {f"http_{name.lower().replace('-', '_')}": value for name, value in headers}
    params = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers if not _is_content(name)}
    params |= _configured(target, usual, known) if target.through.params else usual
    return {name: value for name, value in params.items() if name not in _NEVER and name[5:] not in _NEVER}


def _is_content(name: str) -> bool:
    """Content-Type and Content-Length are parameters without HTTP_ before them (RFC 3875, 4.1.18)."""
    return name.lower() in ("content-type", "content-length")


def _configured(target: Target, usual: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    """What the configuration sends, the last of a name in force; SCRIPT_FILENAME as ``usual`` has it."""
    sent: dict[str, str] = {}
    for name, template, optional in target.through.params:
        try:
            value = usual[name] if name == "SCRIPT_FILENAME" else _expand(template, known)
        except CannotSee:
            if name not in usual:
                continue
            value = usual[name]
        sent.pop(name, None)
        if value or not optional:
            sent[name] = value
    return sent


def _known(reader: Reader, request: Request, target: Target) -> dict[str, str]:
    """The variables of nginx whose values we know for this request (nginx.org: ngx_http_core_module)."""
    path, _, query = request.path.partition("?")
    script = _script(reader, target, path)
    host, _, port = target.host.partition(":")
    listen = target.listen
    names = [name for name in target.server.names if name and name[0] not in "~*."]
    return {
        "args": query,
        "content_length": str(len(request.body.encode())) if request.body else "",
        "document_root": target.root,
        "document_uri": script,
        "fastcgi_path_info": "",
        "fastcgi_script_name": script,
        "host": host.lower(),
        "https": "on" if target.tls else "",
        "is_args": "?" if query else "",
        "query_string": query,
        "realpath_root": target.real_root,
        "remote_addr": "127.0.0.1",
        "remote_port": "0",
        "remote_user": "",
        "request_filename": f"{target.root}{script}",
        "request_method": request.method,
        "request_scheme": "https" if target.tls else "http",
        "request_uri": request.path,
        "scheme": "https" if target.tls else "http",
        "server_addr": "127.0.0.1",
        "server_name": names[0] if names else host,
        "server_port": port or str((listen.port if listen else 0) or (443 if target.tls else 80)),
        "server_protocol": "HTTP/1.1",
        "uri": script,
    }


def _usual(request: Request, target: Target, known: dict[str, str]) -> dict[str, str]:
    """What nginx's own fastcgi_params sends, with the script and the root as the configuration has them."""
    params = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REDIRECT_STATUS": "200",
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": request.path,
        "REQUEST_SCHEME": known["request_scheme"],
        "QUERY_STRING": known["query_string"],
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": known["content_length"],
        "SCRIPT_NAME": known["fastcgi_script_name"],
        "SCRIPT_FILENAME": _expand(target.through.script_filename or "$document_root$fastcgi_script_name", known),
        "DOCUMENT_URI": known["document_uri"],
        "DOCUMENT_ROOT": _expand(target.through.document_root or "$document_root", known),
        "SERVER_PROTOCOL": known["server_protocol"],
        "SERVER_SOFTWARE": "nginx",
        "SERVER_NAME": target.host.partition(":")[0],
        "SERVER_ADDR": known["server_addr"],
        "SERVER_PORT": known["server_port"],
        "REMOTE_ADDR": known["remote_addr"],
        "REMOTE_PORT": known["remote_port"],
    }
    return {**params, "HTTPS": "on"} if target.tls else params


def _script(reader: Reader, target: Target, path: str) -> str:
    """The script for a path: itself when it is one, else the front controller that try_files ends in."""
    if path.endswith(".php") and ".." not in path.split("/"):
        try:
            if reader.stat(f"{target.root}{path}") is not None:
                return path
        except OSError:
            return target.front
    return target.front


def _expand(template: str, known: dict[str, str]) -> str:
    """A value of nginx's configuration with its variables (``$name`` or ``${name}``) filled in.

    Raises:
        CannotSee: a variable is not known.
    """
    before, *parts = template.split("$")
    result = [before]
    for part in parts:
        if part.startswith("{"):
            name, _, rest = part[1:].partition("}")
        else:
            length = next((at for at, char in enumerate(part) if not (char.isalnum() or char == "_")), len(part))
            name, rest = part[:length], part[length:]
        if name not in known:
            raise CannotSee(f"nginx's {template} has the variable ${name}, whose value only nginx knows")
        result += [known[name], rest]
    return "".join(result)
