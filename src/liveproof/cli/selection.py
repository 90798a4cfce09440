"""Which rules a command line names with ``--select`` and ``--ignore``."""

from collections.abc import Iterable
from dataclasses import replace

from liveproof.cli.errors import UsageError
from liveproof.model.settings import COMMAND_LINE, Settings
from liveproof.model.verdicts import Link
from liveproof.rules import codes, load


def narrowed(settings: Settings, select: Iterable[str], ignore: Iterable[str]) -> Settings:
    """Settings by which only the rules of ``--select`` are asked, without those of ``--ignore``.

    Raises:
        UsageError: there is no such rule or family.
    """
    ignored = _codes("--ignore", ignore)
    selected = rule_names("--select", select)
    settings = replace(settings, selected=selected)
    asked = (rule for rule in load() if settings.asks(rule.code))
    settings = replace(settings, recompute=any(rule.link is Link.CACHES for rule in asked))
    if not ignored:
        return settings
    here, file = "rules.disabled", dict(settings.sources).get("rules.disabled")
    by = f"{file} and the {COMMAND_LINE}" if file else f"the {COMMAND_LINE}"
    disabled = tuple(dict.fromkeys((*settings.rules.disabled, *ignored)))
    sources = (*(source for source in settings.sources if source[0] != here), (here, by))
    return replace(settings, rules=replace(settings.rules, disabled=disabled), sources=sources)


def rule_names(option: str, words: Iterable[str]) -> tuple[str, ...]:
    """The codes and families that an option names, several in one word with commas between them; sorted.

    Raises:
        UsageError: there is no such rule or family.
    """
    named = {part.strip().upper() for word in words for part in word.split(",") if part.strip()}
    if not named:
        return ()
    known = codes()
    wrong = named - {*known, *(code[:3] for code in known)}
    if wrong:
        raise UsageError(
            f"{option}: there is no rule or family {', '.join(sorted(wrong))}; `liveproof rules` lists them"
        )
    return tuple(sorted(named))


def _codes(option: str, words: Iterable[str]) -> tuple[str, ...]:
    """The same with the codes of its rules in the place of each family."""
    named = rule_names(option, words)
    return tuple(code for code in codes() if code in named or code[:3] in named) if named else ()
