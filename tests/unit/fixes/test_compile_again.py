"""Which scripts PHP compiles again where a reload would cut requests off."""

from liveproof.fixes.compile_again import compile_again
from liveproof.model.facts.opcache import Script
from liveproof.steps.invalidate_scripts import InvalidateScripts
from tests.unit.opcaches import BEGAN, NOW, fpm, opcache, pool, script

OLD = script("/srv/app/old.php", mtime=NOW - 100, ctime=NOW - 100, same=False)
# An owner was changed, or a directory came back from a backup; that the content is what was compiled, a past run knows.
KNOWN = script("/srv/app/known.php", ctime=BEGAN + 50, same=True)
FRESH = script("/srv/app/fresh.php", same=True)


def compiled(*scripts: Script, chosen: tuple[Script, ...] | None = None) -> list[tuple[str, ...]]:
    """The scripts of each step."""
    cache = pool(validates="0", scripts=scripts)
    named = None if chosen is None else lambda _: chosen
    steps = compile_again(fpm(control_timeout=0), opcache(cache), (cache.pool,), "old code is served", named)
    acts = [step.act for step in steps]
    assert all(isinstance(act, InvalidateScripts) for act in acts)
    return [act.scripts for act in acts if isinstance(act, InvalidateScripts)]


def test_what_only_a_past_run_knows_to_be_fresh_is_compiled_again_too() -> None:
    """What past runs know ends when scripts are dropped: it would be unproven afterwards, and the fix taken back."""
    assert compiled(OLD, KNOWN, FRESH) == [(KNOWN.path, OLD.path)]
    assert compiled(OLD, KNOWN, FRESH, chosen=(FRESH,)) == [(FRESH.path, KNOWN.path)]


def test_it_is_no_reason_by_itself() -> None:
    """Where nothing need be compiled again, nothing is."""
    assert compiled(KNOWN, chosen=()) == []
