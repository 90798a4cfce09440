"""Write docs/rules from the rules' own docstrings; with --check only tell whether they are up to date (status 1)."""

import sys

from liveproof.model.rule import Rule
from liveproof.report.content.host_names import NOWHERE
from liveproof.rules import load
from scripts.pages import TOP, write_or_compare

PAGES = TOP / "docs" / "rules"


def main(arguments: list[str]) -> int:
    """Write or compare every page and the index."""
    wanted = {PAGES / f"{rule.code}.md": _page(rule) for rule in load()}
    return write_or_compare({**wanted, PAGES / "README.md": _index()}, arguments, PAGES)


def _page(rule: Rule) -> str:
    causes = ", ".join(f"[{code}]({code}.md)" for code in rule.caused_by) or "none"
    head = f"# {rule.code}: {rule.name}\n\n{rule.page.partition(chr(10))[0]}\n\n"
    facts = (
        f"| severity | link | fix | possible causes |\n|---|---|---|---|\n"
        f"| {rule.severity.value} | {rule.link.value} | {rule.fix_safety.value} | {causes} |\n\n"
    )
    page = NOWHERE.fill(rule.page.partition("\n")[2].strip())
    if page != rule.page.partition("\n")[2].strip():
        page += (
            f"\n\nThe commands name an example; `liveproof explain {rule.code}` prints them with your host's own names."
        )
    return head + facts + page + "\n"


def _index() -> str:
    lines = [
        "# Rules",
        "",
        "Made from the rules' own docstrings by `make docs`.",
        "",
        "| code | what it finds | link | fix |",
    ]
    lines.append("|---|---|---|---|")
    lines += [
        f"| [{rule.code}]({rule.code}.md) | {rule.title} | {rule.link.value} | {rule.fix_safety.value} |"
        for rule in load()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
