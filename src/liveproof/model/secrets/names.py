"""Names that announce a secret: of headers, variables, options, settings and array keys."""

import re
from functools import lru_cache

HIDDEN = "[hidden]"

# Wherever they stand in a name.
_STRONG = (
    "passw", "passphrase", "passcode", "secret", "token", "credential", "authoriz", "cookie", "signature", "apikey",
    "sessid", "bearer",
)  # fmt: skip
_STRONG_PARTS = frozenset({"pass", "pwd", "pw", "cred", "creds", "jwt", "otp", "pin", "salt", "csrf", "xsrf", "hmac"})
# At the end of a name only: SESSION_DRIVER and key_length are no secrets, laravel_session and APP_KEY are.
_WEAK_PARTS = frozenset({"key", "auth", "session", "sig", "dsn", "keys"})
_FILLERS = frozenset({"id", "value", "old", "new", "prod", "live", "test", "staging", "dev", "x", "hash", "raw"})
_NOT_KEYS = ("monkey", "turkey", "donkey", "whiskey", "hockey", "hotkey")
_NOT_PASSES = ("compass", "bypass", "trespass", "surpass")
# Directives of nginx and PHP that hold such a word and no secret.
_HARMLESS = frozenset({
    "fastcgi_pass", "proxy_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass", "fastcgi_cache_key",
    "proxy_cache_key", "server_tokens", "ssl_session_tickets", "realpath_cache_keys", "cached_keys", "max_cached_keys",
    "num_cached_keys", "proxy_pass_header", "fastcgi_pass_header", "fastcgi_pass_request_headers", "primary_key",
    "foreign_key", "ssl_certificate_key", "proxy_ssl_certificate_key", "session.cookie_secure", "session.cookie_path",
    "session.cookie_httponly", "session.cookie_samesite", "session.cookie_lifetime", "session.use_cookies",
    "session.use_only_cookies", "session.cookie_domain",
})  # fmt: skip
# The end of a name that holds the place of a secret, or something else about it, and not the secret.
_PLACES = frozenset({
    "file", "path", "dir", "directory", "php", "log", "conf", "ini", "json", "js", "css", "yml", "yaml", "sh", "html",
    "length", "lifetime", "ttl", "driver", "table", "type", "name", "count", "size", "domain", "provider", "guard",
    "algo", "algorithm", "exception", "controller", "service", "middleware", "handler", "model", "repository", "pem",
    "socket", "sock", "created", "missing", "generate", "rotation", "connection", "encrypt", "cost", "rounds",
})  # fmt: skip

_PARTS = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+"
_LONGEST = 200


@lru_cache(4096)
def is_secret(name: str) -> bool:
    """Whether a name announces a secret (``X-Api-Key``, ``DB_PWD``, ``mysqli.default_pw``, ``laravel_session``).

    Of a dotted name (``services.stripe.secret``) the last part that is no number decides.
    """
    name = name[-_LONGEST:].strip("\"'[]$ ")
    if name.lower() in _HARMLESS:
        return False
    segments = [segment for segment in name.split(".") if segment and not segment.isdigit()]
    last = segments[-1] if segments else ""
    parts = [part.lower() for part in re.findall(_PARTS, last)]
    while len(parts) > 1 and (parts[-1].isdigit() or parts[-1] in _FILLERS):
        parts.pop()
    if not parts or parts[-1] in _PLACES:
        return False
    joined = last.lower()
    return (
        any(word in joined for word in _STRONG)
        or not _STRONG_PARTS.isdisjoint(parts)
        or parts[-1] in _WEAK_PARTS
        or any(_ends_so(part) for part in parts)
    )


def _ends_so(part: str) -> bool:
    """``dbpass``, ``stripekey``, ``userpwd``: written without a separator."""
    return (
        (part.endswith("key") and not part.endswith(_NOT_KEYS) and len(part) > 5)
        or (part.endswith("pass") and not part.endswith(_NOT_PASSES) and len(part) > 4)
        or (part.endswith("pwd") and len(part) > 3)
    )
