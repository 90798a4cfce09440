"""The page of JSON schemas, from the files in schema/."""

import json
from pathlib import Path

_SCHEMAS = Path(__file__).parents[2] / "schema"
_HEAD = """# JSON schemas

Made from `schema/` by `make docs`. What liveproof prints as JSON names its schema in `"schema"` (`"liveproof/1"`).
These are contracts: fields are added, none is changed or removed under the same number.

| schema | describes |
|---|---|
"""


def page() -> str:
    """The page."""
    rows = []
    for path in sorted(_SCHEMAS.glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        said = schema["description"].replace("|", "\\|")
        rows.append(f"| [{schema['title']}](../../schema/{path.name}) | {said} |\n")
    return _HEAD + "".join(rows)
