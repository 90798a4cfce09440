"""Rule pages' "Verify by hand": lines that can be run as they stand, and that only look."""

import re
import subprocess

import pytest

from liveproof.model.rule import Rule
from liveproof.report.content.host_names import NOWHERE, Place
from liveproof.rules import load
from tests.unit.by_hand import blocks

RULES = load()
PLACES = (
    NOWHERE,
    Place("/srv/app", user="app", version="8.2", php="/usr/bin/php8.2", fpm="/usr/sbin/php-fpm8.2",
          unit="php8.2-fpm.service"),
    Place("/srv/a b", user="a-b", host="x; id"),
)  # fmt: skip
_CHANGES = re.compile(
    r"\b(reload|restart|start|stop|chown|chmod|mkdir|touch|mv|cp|ln|tee|truncate|kill|opcache_reset|\w+:clear)\b"
    r"|\brm (?!-rf \"\$d\")|>(?!/dev/null|&|\"\$d)|/tmp/|sed -i|git diff\b(?! --)"
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_lines_can_be_run(rule: Rule) -> None:
    """No placeholder is left in the page, whatever was seen of the host, and bash takes each block."""
    for place in PLACES:
        page = place.fill(rule.page)
        assert not re.search(r"\{(app|user|unit|socket|php|fpm|version|log|host)\}", page)
        assert "//" not in page.replace("://", "")
        assert not re.search(r"fpm/usr|php//|php/usr/bin", page)
        for block in blocks(page):
            ran = subprocess.run(["bash", "-n", "-c", block], capture_output=True, text=True, check=False)
            assert ran.returncode == 0, f"{block}\n{ran.stderr}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_lines_only_look(rule: Rule) -> None:
    """The report says so: nothing is reloaded, cleared, written or removed but what the line itself made."""
    for block in blocks(NOWHERE.fill(rule.page)):
        for line in block.splitlines():
            assert not _CHANGES.search(line.partition("   # ")[0]), line
