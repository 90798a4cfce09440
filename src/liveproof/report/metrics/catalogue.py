"""Every metric of a run: its name, kind, meaning and labels (prometheus.io/docs/practices/naming).

A verdict is one series for each value that it may have, 1 for the one that holds and 0 for the others, as
kube-state-metrics and node_exporter do with states: `== 1` selects and `sum by (verdict)` counts, an alert names the
state that it means, and nobody has to look up a number. Apps and pools are labels: a host may have any number of them.
"""

from typing import Literal

from liveproof.model.dataclass import dataclass

PREFIX = "liveproof_"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: ``name`` with its unit, ``kind``, ``help`` in one sentence, the names of its labels."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    labels: tuple[str, ...] = ()


# A value of a metric; the labels' values stand in the order of its labels, as they were seen (not yet escaped).
Sample = tuple[Metric, tuple[str, ...], float]

_CATALOGUE: list[Metric] = []


def _gauge(name: str, help: str, *labels: str) -> Metric:
    _CATALOGUE.append(Metric(PREFIX + name, "gauge", help, labels))
    return _CATALOGUE[-1]


def _counter(name: str, help: str, *labels: str) -> Metric:
    _CATALOGUE.append(Metric(PREFIX + name, "counter", help, labels))
    return _CATALOGUE[-1]


BUILD = _gauge("build_info", "The liveproof that looked; always 1.", "version")
APPS = _gauge("apps", "Apps that the last check found.")
CHECKED = _gauge("last_check_timestamp_seconds", "When the last check began.")
DURATION = _gauge("last_check_duration_seconds", "How long the last check took.")

APP_CHECKED = _gauge("app_last_check_timestamp_seconds", "When the last check of the app began.", "app")
PROOF = _gauge(
    "last_proof_timestamp_seconds", "When the last check began that proved the app live, where one is known.", "app"
)
APP_VERDICT = _gauge(
    "app_verdict", "The app's verdict: 1 for the one that holds (proven, broken or unproven).", "app", "verdict"
)
LINK_VERDICT = _gauge(
    "link_verdict",
    "The verdict of each link of the chain: 1 for the one that holds (proven, broken, unproven or not_asked).",
    *("app", "link", "verdict"),
)
COMPARED = _gauge(
    "release_compared", "Whether the files were compared with an intended release; else its proof is of less.", "app"
)
FINDINGS = _gauge(
    "findings",
    "What a rule found; 0 where it looked and found nothing, no series where it could not see or was not asked.",
    *("app", "rule", "severity"),
)
UNKNOWN = _gauge("rule_unknown", "1 where a rule could not see what it needs, 0 where it could.", "app", "rule")
APP_POOL = _gauge("app_pool_info", "Which PHP-FPM pools serve the app; always 1.", "app", "pool")

OPCACHE_ENABLED = _gauge("opcache_enabled", "Whether OPcache is on for the pool's requests.", "pool")
OPCACHE_SEEN = _gauge("opcache_last_seen_timestamp_seconds", "When the pool told the state of its OPcache.", "pool")
OPCACHE_MEMORY = _gauge(
    "opcache_memory_bytes",
    "OPcache's shared memory (used, free or wasted); pools of one PHP-FPM master share it and tell the same.",
    *("pool", "state"),
)
OPCACHE_LIMIT = _gauge("opcache_memory_limit_bytes", "opcache.memory_consumption.", "pool")
OPCACHE_SCRIPTS = _gauge("opcache_cached_scripts", "Scripts in the cache.", "pool")
OPCACHE_KEYS = _gauge("opcache_cached_keys", "Keys in use in the cache's hash table.", "pool")
OPCACHE_KEYS_LIMIT = _gauge("opcache_cached_keys_limit", "Keys that the cache's hash table has room for.", "pool")
INTERNED = _gauge("opcache_interned_strings_bytes", "The buffer of interned strings (used or free).", "pool", "state")
INTERNED_LIMIT = _gauge("opcache_interned_strings_limit_bytes", "opcache.interned_strings_buffer.", "pool")
INTERNED_COUNT = _gauge("opcache_interned_strings", "Interned strings.", "pool")
HITS = _counter("opcache_hits_total", "Scripts that were taken from the cache since its start or last reset.", "pool")
MISSES = _counter("opcache_misses_total", "Scripts that had to be compiled since its start or last reset.", "pool")
HIT_RATIO = _gauge(
    "opcache_hit_ratio", "Hits among all lookups since the start or last reset, 0 to 1; none before the first.", "pool"
)
RESTARTS = _counter(
    "opcache_restarts_total", "Resets of the cache: out of memory, hash table full, or asked for.", "pool", "reason"
)
RESTART_PENDING = _gauge("opcache_restart_pending", "Whether a reset waits for requests to end.", "pool")
FULL = _gauge("opcache_full", "Whether the cache is full: scripts that are not in it are compiled each time.", "pool")
OPCACHE_START = _gauge("opcache_start_timestamp_seconds", "When the cache was made.", "pool")
OPCACHE_RESET = _gauge("opcache_last_restart_timestamp_seconds", "When the cache was last reset.", "pool")

FPM_RUNNING = _gauge("fpm_running", "Whether the PHP-FPM master of the pool runs.", "pool")
FPM_SEEN = _gauge("fpm_last_seen_timestamp_seconds", "When the pool's processes were looked at.", "pool")
FPM_WORKERS = _gauge("fpm_workers", "Worker processes of the pool, seen from outside.", "pool")
FPM_LIMIT = _gauge("fpm_workers_limit", "pm.max_children.", "pool")
FPM_HELD = _gauge(
    "fpm_connections_held",
    "Connections that workers held when the pool was looked at from outside; with fastcgi_keep_conn also idle ones.",
    "pool",
)
FPM_PROCESSES = _gauge(
    "fpm_processes",
    "Worker processes by what the pool's status page says (active or idle); a pool that is full does not say.",
    *("pool", "state"),
)
FPM_REACHED = _counter(
    "fpm_max_children_reached_total", "How often a process was missing since pm.max_children was reached.", "pool"
)
FPM_ACCEPTED = _counter("fpm_accepted_connections_total", "Connections that the pool accepted.", "pool")
FPM_SLOW = _counter(
    "fpm_slow_requests_total", "Requests that took longer than request_slowlog_timeout, where that is set.", "pool"
)
FPM_QUEUE = _gauge("fpm_listen_queue", "Connections that wait for a worker.", "pool")
FPM_QUEUE_MAX = _gauge(
    "fpm_max_listen_queue",
    "The most connections that waited at once since the pool's start; PHP-FPM knows it for TCP only.",
    "pool",
)
FPM_QUEUE_LIMIT = _gauge("fpm_listen_queue_limit", "Connections that may wait for a worker.", "pool")
FPM_START = _gauge("fpm_start_timestamp_seconds", "When the pool was started.", "pool")

CATALOGUE = tuple(_CATALOGUE)
