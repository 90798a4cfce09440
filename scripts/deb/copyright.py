"""The package's copyright file: liveproof's licence, and that of each library with its text."""

from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

_APACHE = "The text of the Apache License, Version 2.0, is in /usr/share/common-licenses/Apache-2.0 on Debian systems."
_OWN = f"""\
liveproof: Copyright the liveproof authors. Licence: Apache-2.0

{_APACHE}

/usr/lib/liveproof also holds these libraries, as their authors published them:
"""
_TEXTS = ("LICEN", "COPYING", "NOTICE", "AUTHORS")


def written(libraries: Path) -> str:
    """The whole file, for the libraries below a directory.

    Raises:
        ValueError: a library says nothing of its licence.
    """
    return _OWN + "".join(_library(found) for found in sorted(libraries.glob("*.dist-info")))


def _library(found: Path) -> str:
    about = HeaderParser().parsestr((found / "METADATA").read_text(encoding="utf-8"))
    title = f"{about['Name']} {about['Version']}"
    if about["Name"] == "liveproof":
        return ""
    texts = [path for path in sorted(found.rglob("*")) if path.is_file() and path.name.upper().startswith(_TEXTS)]
    licence = _licence(about)
    if not licence and not texts:
        raise ValueError(f"{title} says nothing of its licence")
    place = about["Home-Page"] or next((url.partition(", ")[2] for url in about.get_all("Project-URL", [])), "")
    head = f"\n{'-' * 78}\n{title}  {place}\nLicence: {licence or 'see below'}\n"
    return head + "".join(f"\n{_text(path)}\n" for path in texts)


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8").strip()
    return _APACHE if "Apache License" in text and "TERMS AND CONDITIONS FOR USE" in text else text


def _licence(about: Message) -> str:
    """What the metadata says in a line; the older field may hold the whole text."""
    classifiers = [each for each in about.get_all("Classifier", []) if each.startswith("License ::")]
    older = (about["License"] or "").strip()
    return (
        about["License-Expression"]
        or (older if "\n" not in older else "")
        or "; ".join(each.rpartition(" :: ")[2] for each in classifiers)
    )
