"""The rules' own pages as values, so that reports need no rule registry."""

from collections.abc import Iterable, Mapping

from liveproof.model.dataclass import dataclass
from liveproof.model.rule import Rule
from liveproof.model.verdicts import Safety


@dataclass(frozen=True, slots=True)
class Page:
    """A rule's page: ``text`` is Markdown, its first line the ``title``; ``safety`` is that of its fix."""

    code: str
    name: str
    title: str
    text: str
    safety: Safety

    def section(self, heading: str) -> str:
        """The text below ``## heading`` up to the next heading, empty when there is none."""
        _, found, rest = self.text.partition(f"\n## {heading}\n")
        return rest.partition("\n## ")[0].strip() if found else ""


Pages = Mapping[str, Page]


def pages_of(rules: Iterable[Rule]) -> Pages:
    """The pages of some rules by code."""
    return {rule.code: Page(rule.code, rule.name, rule.title, rule.page, rule.fix_safety) for rule in rules}
