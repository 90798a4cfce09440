"""SHA-256 of values. hashlib loads OpenSSL (6 ms), which a check of what did not change need not wait for."""


def sha256(data: bytes) -> str:
    """64 hexadecimal digits."""
    import hashlib  # noqa: PLC0415  (see above)

    return hashlib.sha256(data).hexdigest()
