"""What the watcher tells of several checks: full ones, partial ones, apps that come and go."""

import gc
import tracemalloc
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from liveproof.check import links
from liveproof.model.facts.apps import App
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.findings import Absent, Unknown
from liveproof.model.run_record import Record
from liveproof.rules import load
from liveproof.watch.metrics.metrics import Metrics
from tests.golden import incident
from tests.golden.seed_facts import APP, AT, PATH

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def series(metrics: Metrics) -> Series:
    found: Series = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, key
            found[key] = sample.value
    return found


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return series(metrics).get((f"liveproof_{name}", frozenset(labels.items())))


def verdict(metrics: Metrics, link: str = "", app: str = PATH) -> str | None:
    """The one that holds; exactly one does, or none is told."""
    wanted = {"app": app, **({"link": link} if link else {})}
    name = "liveproof_link_verdict" if link else "liveproof_app_verdict"
    labels = [dict(of) for (each, of), held in series(metrics).items() if each == name and held == 1]
    found = [one["verdict"] for one in labels if wanted.items() <= one.items()]
    assert len(found) <= 1
    return found[0] if found else None


def check(*codes: str, at: float = AT, path: str = PATH, keep: tuple[str, ...] = (), **facts: object) -> Record:
    """A check that found these; narrowed to the families or codes in ``keep``, if any."""
    app = incident.app(*codes)
    results = tuple(r for r in app.results if not keep or r.code in keep or r.code[:3] in keep)
    chain = links(load(), results, (), keep) if keep else app.links
    kinds = {"opcache": Opcache, "fpm": Fpm}
    seen = {**app.facts, **{kinds[name]: fact for name, fact in facts.items()}}
    app = replace(app, app=replace(APP, path=path, real=path), results=results, facts=seen, selected=keep, links=chain)
    return replace(incident.broken(), examination=incident.examination(app, at=at))


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(load(), AT - 100)


def test_before_any_check_nothing_is_claimed(metrics: Metrics) -> None:
    """Its own counters are there, of apps nothing."""
    names = {name for name, _ in series(metrics)}
    assert all(name.startswith("liveproof_watch_") for name in names)
    assert value(metrics, "watch_start_timestamp_seconds") == AT - 100
    assert value(metrics, "watch_checks_failed_total", reason="timeout") == 0


def test_a_full_check_is_told(metrics: Metrics) -> None:
    """Verdicts, findings, pools, and when."""
    metrics.update(check("FIL003"))
    assert (verdict(metrics), verdict(metrics, "disk"), verdict(metrics, "memory")) == ("broken", "broken", "proven")
    assert value(metrics, "findings", app=PATH, rule="FIL003", severity="high") == 1
    assert value(metrics, "findings", app=PATH, rule="FIL001", severity="high") == 0
    assert value(metrics, "opcache_hits_total", pool="8.3/www") == 95_000
    assert value(metrics, "fpm_workers", pool="8.3/www") == 5
    assert value(metrics, "apps") == 1
    assert value(metrics, "last_proof_timestamp_seconds", app=PATH) is None


def test_the_last_proof_stays_when_it_breaks(metrics: Metrics) -> None:
    """Its age is what an alert asks for."""
    metrics.update(check(at=AT))
    metrics.update(check("FIL003", at=AT + 60))
    assert value(metrics, "last_proof_timestamp_seconds", app=PATH) == AT
    assert value(metrics, "app_last_check_timestamp_seconds", app=PATH) == AT + 60


def test_a_partial_check_breaks_but_never_proves(metrics: Metrics) -> None:
    """A link is proven only by a check of all of it."""
    metrics.update(check())
    metrics.update(check("FIL003", at=AT + 60, keep=("FIL",)))
    assert (verdict(metrics), verdict(metrics, "disk"), verdict(metrics, "memory")) == ("broken", "broken", "proven")
    metrics.update(check(at=AT + 120, keep=("FIL003",)))
    assert (verdict(metrics), verdict(metrics, "disk")) == ("unproven", "unproven")
    assert value(metrics, "findings", app=PATH, rule="FIL003", severity="high") == 0
    metrics.update(check(at=AT + 180, keep=("OPC",)))
    assert verdict(metrics, "disk") == "unproven"
    assert value(metrics, "last_proof_timestamp_seconds", app=PATH) == AT
    metrics.update(check(at=AT + 240))
    assert verdict(metrics) == "proven"
    assert value(metrics, "last_proof_timestamp_seconds", app=PATH) == AT + 240


def test_a_partial_check_alone_claims_only_what_is_broken(metrics: Metrics) -> None:
    """Nobody looked at the rest."""
    metrics.update(check(keep=("OPC",)))
    assert verdict(metrics) is verdict(metrics, "memory") is None
    metrics.update(check("OPC002", keep=("OPC",)))
    assert (verdict(metrics), verdict(metrics, "memory")) == ("broken", "broken")
    assert verdict(metrics, "disk") is None


def test_what_is_seen_no_more_has_no_series(metrics: Metrics) -> None:
    """A pool that does not answer, a rule that cannot see, an app that is gone."""
    both = incident.examination(
        *(check(path=path).examination.apps[0] for path in (PATH, "/var/www/shop")),
    )
    metrics.update(replace(incident.broken(), examination=both))
    assert value(metrics, "apps") == 2
    unseen = Opcache((("8.3/www", Unknown("saturated")),), 0, AT + 1)
    metrics.update(check(at=AT + 1, opcache=unseen, fpm=Absent("no PHP-FPM")))
    told = series(metrics)
    assert value(metrics, "apps") == 1
    assert not [key for key in told if "shop" in str(key)]
    assert not [name for name, _ in told if name.startswith(("liveproof_opcache", "liveproof_fpm"))]


def test_a_check_of_one_app_leaves_the_others(metrics: Metrics) -> None:
    """And a pool that both share is told as it was seen last."""
    metrics.update(check(path="/var/www/shop"))
    fact = check().examination.apps[0].facts[Opcache]
    assert isinstance(fact, Opcache)
    (seen,) = (pool for _, pool in fact.pools if isinstance(pool, PoolOpcache))
    newer = replace(fact, pools=(("8.3/www", replace(seen, hits=99_000)),))
    metrics.update(check(at=AT + 1, opcache=newer), whole_host=False)
    assert verdict(metrics, app="/var/www/shop") == verdict(metrics) == "proven"
    assert value(metrics, "opcache_hits_total", pool="8.3/www") == 99_000
    metrics.forget(PATH)
    assert verdict(metrics) is None
    assert value(metrics, "opcache_hits_total", pool="8.3/www") == 900


def test_a_host_on_which_no_app_is_found_makes_none_vanish(metrics: Metrics) -> None:
    """nginx was stopped: the alerts of its apps must not resolve by themselves."""
    metrics.update(check("FIL003"))
    metrics.update(incident.nothing())
    assert (verdict(metrics), verdict(metrics, "disk")) == ("unproven", "unproven")
    assert value(metrics, "apps") == 0
    metrics.update(check(path="/var/www/shop"))
    assert verdict(metrics) is None


def test_the_history_knows_of_earlier_proofs(metrics: Metrics) -> None:
    """The watcher may have started after the last one; of an app that nobody found nothing is told."""
    metrics.proven(PATH, AT - 5000)
    metrics.proven("/var/www/gone", AT - 5000)
    metrics.update(check("FIL003"))
    assert value(metrics, "last_proof_timestamp_seconds", app=PATH) == AT - 5000
    assert not [key for key in series(metrics) if "gone" in str(key)]


def test_a_clock_that_jumps_back_changes_nothing(metrics: Metrics) -> None:
    """What was seen last counts, not what bears the latest time."""
    metrics.update(check(at=AT + 3600))
    metrics.update(check("OPC002", path="/var/www/shop"), whole_host=False)
    assert value(metrics, "opcache_hits_total", pool="8.3/www") == 95_000
    assert value(metrics, "fpm_last_seen_timestamp_seconds", pool="8.3/www") == AT
    metrics.update(check())
    assert value(metrics, "last_proof_timestamp_seconds", app=PATH) == AT


def test_the_history_is_kept_while_no_app_is_found(metrics: Metrics) -> None:
    """nginx may be down just when the watcher starts."""
    metrics.proven(PATH, AT - 5000)
    metrics.update(incident.nothing())
    metrics.update(check("FIL003"))
    assert value(metrics, "last_proof_timestamp_seconds", app=PATH) == AT - 5000


def test_its_own_counters(metrics: Metrics) -> None:
    """Each with the labels that alerts ask for; secrets in them are hidden, and their number is bounded."""
    own = metrics.own
    own.expect(channels=["slack"], areas=["journal"])
    own.check_started("opcache")
    own.check_ended(0.3)
    own.check_failed(timed_out=True)
    own.events("moved", 7)
    own.overflowed()
    own.alert_raised("high")
    own.alerts_open({"high": 2})
    own.alerts_open({"critical": 1})
    own.alert_resolved()
    own.delivery("mailto://me:hunter2@example.com", taken=False)
    own.late(0.2)
    own.error("log")
    for number in range(1000):
        own.events(f"kind{number}")
    told = series(metrics)
    assert value(metrics, "watch_deliveries_failed_total", channel="slack") == 0
    assert value(metrics, "watch_errors_total", area="journal") == 0
    assert value(metrics, "watch_checks_started_total", trigger="opcache") == 1
    assert value(metrics, "watch_checks_failed_total", reason="timeout") == 1
    assert value(metrics, "watch_check_duration_seconds_bucket", le="0.5") == 1
    assert value(metrics, "watch_alerts_open", severity="high") == 0
    assert value(metrics, "watch_alerts_open", severity="critical") == 1
    assert value(metrics, "watch_lag_seconds_count") == 1
    assert sum(of for (name, _), of in told.items() if name == "liveproof_watch_events_total") == 1007
    assert len([1 for name, _ in told if name == "liveproof_watch_events_total"]) <= 101
    assert "hunter2" not in metrics.text().decode()
    assert not [name for name, _ in told if name.endswith("_created")]


def test_memory_stays_flat(metrics: Metrics) -> None:
    """Many checks with apps that come and go leave what the last one told."""

    def rounds(count: int) -> int:
        for number in range(count):
            metrics.update(check("FIL003", at=AT + number, path=f"/var/www/release-{number}"))
            metrics.update(check(at=AT + number, path=f"/var/www/release-{number}", keep=("OPC",)))
            metrics.own.delivery("mail", taken=True)
            metrics.text()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        rounds(5)
        before = rounds(1)
        assert rounds(25) - before < 20_000
    finally:
        tracemalloc.stop()


def test_nothing_of_an_app_is_kept_but_numbers(metrics: Metrics) -> None:
    """Facts and texts of a run may be megabytes."""
    record = check("FIL003")
    metrics.update(record)
    (kept,) = metrics._apps.values()
    assert not [one for one in kept.results for finding in one.findings if finding.message or finding.about]
    assert App not in [type(each) for each in gc.get_referents(kept)]
