"""What reports need of the rules, as values: their pages, and which questions they answer."""

from collections.abc import Iterable, Mapping

from liveproof.model.dataclass import dataclass
from liveproof.model.questions import Question
from liveproof.model.rule import Rule, chain_order
from liveproof.model.verdicts import Link, Safety, Severity


@dataclass(frozen=True, slots=True)
class Page:
    """A rule's page: ``text`` is Markdown, its first line the ``title``; ``safety`` is that of its fix.

    ``answers``, ``deployed``, ``severity`` and ``link`` are the rule's.
    """

    code: str
    name: str
    title: str
    text: str
    safety: Safety
    answers: tuple[Question, ...] = ()
    deployed: int = 0
    severity: Severity = Severity.HIGH
    link: Link = Link.DISK

    def section(self, heading: str) -> str:
        """The text below ``## heading`` up to the next heading, empty when there is none."""
        _, found, rest = self.text.partition(f"\n## {heading}\n")
        return rest.partition("\n## ")[0].strip() if found else ""


Pages = Mapping[str, Page]


def pages_of(rules: Iterable[Rule]) -> Pages:
    """The pages of some rules by code."""
    return {
        rule.code: Page(
            rule.code,
            rule.name,
            rule.title,
            rule.page,
            rule.fix_safety,
            rule.answers,
            rule.deployed,
            rule.severity,
            rule.link,
        )
        for rule in rules
    }


def answering(pages: Pages, *questions: Question) -> tuple[str, ...]:
    """The codes of the rules that answer these questions, question by question, each in the order of the chain."""
    found = (page.code for question in questions for page in _in_order(pages) if question in page.answers)
    return tuple(dict.fromkeys(found))


def _in_order(pages: Pages) -> list[Page]:
    return sorted(pages.values(), key=lambda page: chain_order(page.code))
