"""The questions of reports that rules answer: a row of the verification table, a place to look at for a symptom."""

from typing import Literal

Question = Literal[
    # Files and who may use them.
    "new code in place", "release on disk", "newest change", "code ownership", "code readable",
    "cache directory writable", "owners of caches", "storage writable", "log writable", "user of artisan",
    "user of log rotation",
    # What was derived from them, and what PHP keeps of them in memory.
    "config cache", "config cache readable", "routes cache", "manifests", "caches rebuilt",
    "OPcache on", "OPcache of the disk", "OPcache renewed",
    # Services, and what a request meets.
    "PHP-FPM runs", "workers idle", "socket there", "socket accessible", "socket passed to", "nginx configuration",
    "nginx runs", "requests", "requests logged", "errors logged",
]  # fmt: skip
