"""How the watcher and the gate have something fixed: by `liveproof fix` in a child, with steps that lose no request."""

import json
from collections.abc import Sequence

from liveproof.model.alerts import Problem
from liveproof.watch import child

_LIMIT_SECONDS = 900.0


async def heal(options: Sequence[str], problem: Problem) -> str:
    """Fix one problem, and say in a sentence what came of it."""
    return await fixed(("--select", problem.code, *options, "--", problem.app))


async def fixed(words: Sequence[str]) -> str:
    """Call `liveproof fix` with these words and steps that lose no request; what came of it in a sentence."""
    ended = await child.run(("fix", "--yes", "--format", "json", *words), _LIMIT_SECONDS)
    if ended.why:
        return f"not fixed: {ended.why}"
    try:
        document = json.loads(ended.output)
        outcomes = [(outcome["kind"], outcome["reason"]) for outcome in document["outcome"]]
    except (ValueError, KeyError, TypeError):
        said = ended.error.partition("\n")[0]
        return f"not fixed: `liveproof fix` ended with status {ended.status}{f': {said}' if said else ''}"
    run = f"; `liveproof report {document['run']}` has the whole story" if document.get("run") else ""
    told = "; ".join(f"{kind}{f' ({reason})' if reason else ''}" for kind, reason in outcomes)
    return f"{told or 'nothing could be done without asking'}{run}"
