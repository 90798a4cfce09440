"""What a pool's load means for a request that is sent to it. Pure."""

from liveproof.model.facts.fpm import Load, Pool


def saturated(seen: Load, most: int) -> bool:
    """Whether the load proves that a request to the pool waits; ``most`` is pm.max_children."""
    return seen.seconds > 0 and seen.processes >= most and (seen.waiting > 0 or seen.held >= most)


def waits(pool: Pool) -> str:
    """Why a request that liveproof sent to this pool would only wait; empty where it may be answered.

    A full pool that answers one request after the other lets it wait for a moment only: it is asked.
    """
    load = pool.load
    if isinstance(load, Load) and saturated(load, pool.max_children) and load.stuck >= pool.max_children:
        return (
            f"pool {pool.id} is saturated: all {load.processes} workers are busy with the same requests, and "
            "liveproof's would only wait"
        )
    return ""
