"""How the PHP probe is asked over a pool's FastCGI socket, and how paths go there and come back."""

from collections.abc import Iterable, Mapping


def parameters(script: str, asked: Mapping[str, str]) -> dict[str, str]:
    """The FastCGI parameters of a request to the probe at ``script``; ``asked`` are its own (LIVEPROOF_…)."""
    return {
        "GATEWAY_INTERFACE": "FastCGI/1.0",
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": "/liveproof",
        "SCRIPT_FILENAME": script,
        "SCRIPT_NAME": "/liveproof",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "LIVEPROOF": "1",
        **asked,
    }


def paths_asked(paths: Iterable[str]) -> str:
    """Paths as the probe takes them: each once, in hexadecimal, joined by commas."""
    return ",".join(path.encode(errors="surrogateescape").hex() for path in dict.fromkeys(paths))


def path_told(told: str) -> str:
    """A path, or any other text, of the probe's answer: what is not UTF-8 comes as a NUL byte and hexadecimal digits.

    Raises:
        ValueError: the digits are none.
    """
    return bytes.fromhex(told[1:]).decode(errors="surrogateescape") if told.startswith("\0") else told
