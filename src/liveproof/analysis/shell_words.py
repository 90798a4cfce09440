"""Words of a shell command."""

import shlex


def quoted(text: str) -> str:
    r"""A word of bash that stands for exactly this text; where it is not printable, for its bytes (``$'a\nb'``).

    Names that are not UTF-8 give back their bytes. Three octal digits end by themselves, whatever comes next.
    """
    return shlex.quote(text) if text.isprintable() else f"$'{''.join(map(_escaped, text))}'"


def _escaped(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    if char.isprintable():
        return char
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char)
    errors = "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass"
    return named or "".join(f"\\{byte:03o}" for byte in char.encode(errors=errors))
