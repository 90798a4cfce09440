"""The lines of a rule's page that are to be run by hand."""

from collections.abc import Iterator


def blocks(page: str) -> Iterator[str]:
    """The fenced blocks of "Verify by hand", each as bash reads it."""
    section = page.partition("\n## Verify by hand\n")[2].partition("\n## ")[0]
    for number, part in enumerate(section.split("```")):
        if number % 2:
            yield part.partition("\n")[2]
