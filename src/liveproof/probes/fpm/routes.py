"""Which pools nginx's FastCGI addresses lead to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from liveproof.analysis.web.addresses import meets
from liveproof.host.reader import Reader
from liveproof.model.facts.fpm import Master, Pool
from liveproof.probes.fpm.sockets import Sockets


def moved(sockets: Sockets, wanted: Sequence[str], master: Master) -> Master:
    """The master with the address where a pool still listens, though its file names another one since.

    That is sure where nginx passes to a socket that the master holds, none of its pools is configured for it, and just
    one of them does not listen where it is configured.
    """
    if not master.pid:
        return master
    configured = [pool.address for pool in master.pools]
    there = [address for address in wanted if address not in configured and sockets.holds(master.pid, address)]
    astray = [
        pool for pool in master.pools if pool.address not in wanted and not sockets.holds(master.pid, pool.address)
    ]
    if len(there) != 1 or len(astray) != 1:
        return master
    pools = tuple(
        replace(pool, address=there[0], pending=pool.address) if pool is astray[0] else pool for pool in master.pools
    )
    return replace(master, pools=pools)


def routes(
    reader: Reader, wanted: Sequence[str], masters: Sequence[Master], links: Mapping[str, str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Which pools listen where nginx passes to: those of running masters, else those that a unit would start."""
    running = [pool for master in masters if master.pid for pool in master.pools]
    planned = [pool for master in masters if not master.pid for pool in master.pools]

    def pools(address: str) -> tuple[str, ...]:
        for some in (running, planned):
            ids = tuple(pool.id for pool in some if _leads(reader, address, pool, links))
            if ids:
                return ids
        return ()

    return tuple((address, pools(address)) for address in wanted)


def _leads(reader: Reader, address: str, pool: Pool, links: Mapping[str, str]) -> bool:
    """Whether a connection to ``address`` reaches the pool's listen, symbolic links followed."""
    if address == pool.address:
        return True
    if address.startswith("unix:") and pool.address.startswith("unix:"):
        path, own = address[5:], pool.address[5:]
        if reader.resolve(path) == reader.resolve(own):
            return True
        return links.get(path) == pool.file and reader.stat(path) is None
    if address.startswith("unix:") or pool.address.startswith("unix:"):
        return False
    return meets(pool.listen, address)
