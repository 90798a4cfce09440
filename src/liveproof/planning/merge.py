"""Steps of several findings to one list: the same thing is done once, and never two ways. Pure."""

from collections.abc import Iterable

from liveproof.model.plan import Act, Step


def merge(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps merged and in the order of their application.

    Raises:
        Contradiction: two steps want one path to have different owners, contents or targets.
    """
    by_kind: dict[type[Act], list[Step]] = {}
    for step in steps:
        by_kind.setdefault(type(step.act), []).append(step)
    removed = frozenset(path for given in by_kind.values() for step in given for path in step.act.removed_paths())
    merged = [step for kind, given in by_kind.items() for step in kind.merge(given, removed)]
    return tuple(sorted(merged, key=lambda step: (step.act.order, step.act.place())))
