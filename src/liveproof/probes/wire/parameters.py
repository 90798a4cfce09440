"""The FastCGI parameters that nginx would send for a request (nginx's fastcgi_params, RFC 3875)."""

from liveproof.host.reader import CannotSee, Reader
from liveproof.model.settings import Request
from liveproof.probes.wire.target import Target

_NEVER = frozenset({"PHP_VALUE", "PHP_ADMIN_VALUE"})


def parameters(
    reader: Reader, request: Request, target: Target, headers: tuple[tuple[str, str], ...]
) -> dict[str, str]:
    """All parameters of the request when it goes straight to the pool.

    Raises:
        CannotSee: nginx's SCRIPT_FILENAME has a variable whose value is not known.
    """
    path, _, query = request.path.partition("?")
    script = _script(reader, target, path)
    known = {
        "document_root": target.root,
        "realpath_root": target.real_root,
        "fastcgi_script_name": script,
        "request_filename": f"{target.root}{script}",
        "uri": script,
        "document_uri": script,
    }
    server_name, _, port = target.host.partition(":")
    listen = target.listen
    params = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REDIRECT_STATUS": "200",
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": request.path,
        "REQUEST_SCHEME": "https" if target.tls else "http",
        "QUERY_STRING": query,
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": str(len(request.body.encode())) if request.body else "",
        "SCRIPT_NAME": script,
        "SCRIPT_FILENAME": _expand(target.through.script_filename or "$document_root$fastcgi_script_name", known),
        "DOCUMENT_URI": script,
        "DOCUMENT_ROOT": _expand(target.through.document_root or "$document_root", known),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "nginx",
        "SERVER_NAME": server_name,
        "SERVER_ADDR": "127.0.0.1",
        "SERVER_PORT": port or str((listen.port if listen else 0) or (443 if target.tls else 80)),
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "0",
    }
    if target.tls:
        params["HTTPS"] = "on"
    for name, value in headers:
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            params[key] = value
        elif key not in _NEVER:
            params[f"HTTP_{key}"] = value
    return params


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
    told = [before]
    for part in parts:
        if part.startswith("{"):
            name, _, rest = part[1:].partition("}")
        else:
            length = next((at for at, char in enumerate(part) if not (char.isalnum() or char == "_")), len(part))
            name, rest = part[:length], part[length:]
        if name not in known:
            raise CannotSee(f"nginx's {template} has the variable ${name}, whose value only nginx knows")
        told += [known[name], rest]
    return "".join(told)
