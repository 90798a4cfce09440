"""The page of the configuration, from the file that `liveproof install` lays down."""

from collections.abc import Iterator

from liveproof.install.config_file import config_file

_HEAD = """# Configuration

Made from the keys' own declarations by `make docs`. The same as one file to copy:
[liveproof.toml.example](../liveproof.toml.example); `liveproof config schema` prints a JSON Schema for editors.

liveproof reads `/etc/liveproof/liveproof.toml`, or what `--config FILE` names. Everything may be left out: each key is
shown with its default, or with an example where the default is not a value. `liveproof config show` prints what is in
force and where it came from. Tables in double brackets may stand there several times.
"""


def page() -> str:
    """The page."""
    # The head of the file says to those who edit it what stands above.
    body = config_file().content.decode().partition("\n\n")[2]
    return "\n".join((_HEAD, *_sections(body.splitlines())))


def _sections(lines: list[str]) -> Iterator[str]:
    said: list[str] = []
    table = ""
    for line in lines:
        name = line.lstrip("#")
        if line.startswith("# "):
            said.append(line[2:])
        elif name.startswith("["):
            if table:
                yield ""
            table = name
            yield from (f"## {name.strip('[]')}", "", f"`{name}`: {_sentence(said)}", "")
            said = []
        elif line:
            key, _, value = name.partition(" = ")
            yield f"- **`{key}`** `= {value}`  "
            yield f"  {_sentence(said)}"
            said = []
    yield ""


def _sentence(said: list[str]) -> str:
    text = " ".join(said)
    return text if "`" in text else text.replace("*", "\\*").replace("<", "\\<").replace("[", "\\[")
