"""From what a check found (the JSON contract) to problems that people are alerted of. Pure."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from liveproof.analysis.shell_words import quoted
from liveproof.model.alerts import Problem
from liveproof.model.rule import Rule
from liveproof.model.verdicts import RuleVerdict, Severity

# What a problem is about for as long as it lasts. Files come and go while it is the same problem.
_LASTING = ("pool", "unit", "server")
_DETAILS = 10
_COUNT = re.compile(r"(?:once|\d+ times): ")

_Found = Mapping[str, Any]


def problems(document: _Found, rules: Collection[Rule]) -> tuple[Problem, ...]:
    """The root causes that break a link, each with what follows from it, and the notices that a rule alerts of."""
    by_code = {rule.code: rule for rule in rules}
    found = (problem for app in document["apps"] for problem in _of_app(app, by_code))
    return tuple({problem.key: problem for problem in found}.values())


def unseen(document: _Found) -> Callable[[Problem], bool]:
    """Whether this check could not tell if a problem is still there: its rule was not asked, or it could not see.

    A root cause that turned out to follow from another is seen: it is told with that one from now on.
    """
    answered = {
        (app["path"], result["code"])
        for app in document["apps"]
        for result in app["results"]
        if RuleVerdict(result["verdict"]) in (RuleVerdict.OK, RuleVerdict.FOUND) and not result["reason"]
    }
    return lambda problem: (problem.app, problem.code) not in answered


def _of_app(app: _Found, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    by_code: dict[str, list[_Found]] = {}
    for finding in app["findings"]:
        by_code.setdefault(finding["code"], []).append(finding)
    told: set[str] = set()
    for diagnosis in app["diagnoses"]:
        codes = (diagnosis["root"], *diagnosis["consequences"])
        breaking = [finding for code in codes for finding in by_code.get(code, ()) if _severity(finding).breaks]
        for root in by_code.get(diagnosis["root"], ()) if breaking else ():
            told.add(root["code"])
            yield _root(app["path"], root, breaking, diagnosis["why"], rules)
    for code, findings in by_code.items():
        rule = rules.get(code)
        if rule and rule.alerts and code not in told:
            for finding in findings:
                # What names its causes is told with them, and is history where they are gone.
                if not finding["caused_by"]:
                    yield from _notice(app["path"], finding, rule)


def _root(path: str, root: _Found, breaking: Sequence[_Found], why: str, rules: Mapping[str, Rule]) -> Problem:
    code = root["code"]
    effects = [f"{other['code']}  {other['message']}" for other in breaking if other["code"] != code]
    more = [f"and {len(effects) - _DETAILS} more"] if len(effects) > _DETAILS else []
    worst = min((_severity(finding) for finding in breaking), key=lambda severity: severity.rank)
    fixable = any(rules[each].fix_function for each in (code, *(o["code"] for o in breaking)) if each in rules)
    return Problem(
        _key(path, root), code, path, worst, root["message"], why, _command(path, code, fixable=fixable),
        tuple(effects[:_DETAILS] + more),
    )  # fmt: skip


def _notice(path: str, finding: _Found, rule: Rule) -> Iterator[Problem]:
    command = _command(path, rule.code, fixable=bool(rule.fix_function))
    if rule.alerts == "one":
        yield Problem(_key(path, finding), rule.code, path, Severity.MEDIUM, finding["message"], command=command)
        return
    for evidence in finding["evidence"]:
        what = f"{evidence['source']}: {evidence['saw']}"
        # How often it was seen is no part of what it is.
        name = blake2b(_COUNT.sub("", what).encode(errors="surrogatepass"), digest_size=8).hexdigest()
        yield Problem(f"{rule.code} {path} {name}", rule.code, path, Severity.MEDIUM, what, command=command)


def _key(path: str, finding: _Found) -> str:
    lasting = sorted(f"{ref['kind']} {ref['id']}" for ref in finding["about"] if ref["kind"] in _LASTING)
    return " ".join((finding["code"], path, *lasting))


def _command(path: str, code: str, *, fixable: bool) -> str:
    return f"liveproof fix {quoted(path)}" if fixable else f"liveproof explain {code}"


def _severity(finding: _Found) -> Severity:
    return Severity(finding["severity"])
