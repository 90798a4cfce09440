"""The exposition format of runs: every recording, and names that were chosen to break it."""

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from liveproof.check import links
from liveproof.cli.commands.replay import judge_recording
from liveproof.cli.output import write_file
from liveproof.model.examination import Examination
from liveproof.model.facts.fpm import Fpm, PoolStatus
from liveproof.model.facts.opcache import Opcache, PoolOpcache
from liveproof.model.run_record import Record
from liveproof.model.verdicts import RuleVerdict
from liveproof.report import formats
from liveproof.report.content.rule_pages import pages_of
from liveproof.report.formats import Context, prometheus
from liveproof.report.metrics.catalogue import APP_POOL, CATALOGUE, FINDINGS, HITS, Sample
from liveproof.report.metrics.exposition import exposition
from liveproof.report.metrics.pools import fpm_pools, opcaches
from liveproof.rules import load
from liveproof.store import recording
from tests.golden import incident
from tests.golden.seed_facts import AT

RECORDINGS = sorted((Path(__file__).parents[2] / "recorded").glob("*/*.json.gz"))
HOSTILE = ("a\nb", "a\\nb", 'a"b', "a\\", "\udcff", "\x1b[2J", "é", "", "a\rb", "{}", 'x"} 1\nup 1', "APP_KEY=hunter2")


def parsed(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every series; none may come twice, as Prometheus would then refuse them all."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found
            found[key] = sample.value
    return found


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.name.partition('.')[0]}")
def test_what_was_recorded_is_told(path: Path) -> None:
    """Exactly one verdict holds; findings and pools are those of the run; what was not seen has no series."""
    known = recording.loads(json.dumps(json.loads(gzip.decompress(path.read_bytes()))["recording"]))
    examination = judge_recording(known)
    told = parsed(prometheus.render(Record("", "check", known.version, examination), Context(pages_of(load()))))

    def value(name: str, **labels: str) -> float | None:
        return told.get((f"liveproof_{name}", frozenset(labels.items())))

    for app in examination.apps:
        of = app.app.path
        held = {verdict: value("app_verdict", app=of, verdict=verdict) for verdict in ("proven", "broken", "unproven")}
        assert held == {verdict: float(verdict == app.verdict.value) for verdict in held}
        assert (value("last_proof_timestamp_seconds", app=of) is not None) == (app.verdict.value == "proven")
        for result in app.results:
            assert value("rule_unknown", app=of, rule=result.code) == float(bool(result.reason))
            of_rule = [one for (name, labels), one in told.items()
                       if name == "liveproof_findings" and {("app", of), ("rule", result.code)} <= labels]  # fmt: skip
            assert sum(of_rule) == len(result.findings)
            assert bool(of_rule) == (result.verdict in (RuleVerdict.OK, RuleVerdict.FOUND))
        opcache, fpm = app.facts.get(Opcache), app.facts.get(Fpm)
        for name, pool in opcache.pools if isinstance(opcache, Opcache) else ():
            expected = float(pool.hits) if isinstance(pool, PoolOpcache) and pool.start_time else None
            assert value("opcache_hits_total", pool=name) == expected
        for master in fpm.masters if isinstance(fpm, Fpm) else ():
            for each in master.pools:
                status = each.status if isinstance(each.status, PoolStatus) else None
                assert value("fpm_running", pool=each.id) == float(master.pid > 0)
                assert value("fpm_processes", pool=each.id, state="idle") == (status.idle if status else None)


def test_of_a_check_of_some_rules_only_what_is_broken_is_told() -> None:
    """Nobody asked for the rest, so it is neither proven nor unproven."""
    for codes in ((), ("FIL003",)):
        app = incident.app(*codes)
        results = tuple(result for result in app.results if result.code == "FIL003")
        app = replace(app, results=results, selected=("FIL003",), links=links(load(), results, (), ("FIL003",)))
        record = replace(incident.broken(), examination=incident.examination(app))
        told = parsed(prometheus.render(record, Context(incident.PAGES)))
        held = {(name, *dict(labels).values()) for (name, labels), value in told.items() if "verdict" in name and value}
        broken = {(name, "broken") for name, *of in held if "broken" in of}
        expected = {("liveproof_app_verdict", "broken"), ("liveproof_link_verdict", "broken")} if codes else set()
        assert (broken, len(held)) == (expected, len(expected))


def test_a_host_without_an_app_is_told() -> None:
    """That it was looked at, and that there is none."""
    told = parsed(prometheus.render(incident.nothing(), Context(incident.PAGES)))
    assert told[("liveproof_apps", frozenset())] == 0
    assert {name for name, _ in told} == {
        "liveproof_apps", "liveproof_build_info", "liveproof_last_check_timestamp_seconds",
        "liveproof_last_check_duration_seconds",
    }  # fmt: skip


@given(st.lists(st.text(st.characters(codec=None), max_size=40) | st.sampled_from(HOSTILE), unique=True, max_size=12))
@example(list(HOSTILE))
@example(["a\nb", "a\\nb", "a\\nb [fb1d3e44]"])
def test_hostile_names_are_parsed_back(names: list[str]) -> None:
    """As many series as names, whatever they hold, each with its own value, on lines that drive no terminal."""
    samples: list[Sample] = [(FINDINGS, (name, "FIL003", "high"), number) for number, name in enumerate(names)]
    samples += [(APP_POOL, (name, other), 1) for name in names[:3] for other in names]
    text = exposition(samples)
    assert all(line.isprintable() for line in text.split("\n"))
    told = parsed(text)
    assert sorted(value for (name, _), value in told.items() if name == FINDINGS.name) == list(
        map(float, range(len(names)))
    )
    assert len(told) == len(samples)
    assert "hunter2" not in text
    assert parsed(exposition(samples[::-1])) == told


def test_long_names_are_cut_and_stay_apart() -> None:
    """A path may have 4,096 bytes."""
    told = parsed(exposition([(HITS, ("x" * 4000 + end,), 1) for end in "ab"]))
    assert len(told) == 2
    assert max(len(value) for _, labels in told for _, value in labels) < 520


@pytest.mark.parametrize("value", [-1, 10**400, float("nan"), float("inf"), -0.5])
def test_what_is_no_measure_has_no_series(value: float) -> None:
    """-1 stands for not known; a pool that lies may tell anything."""
    assert exposition([(HITS, ("8.2/www",), value)]) == ""


def _pool(**given: Any) -> dict[str, float]:
    seen = incident.broken().examination.apps[0].facts[Fpm]
    assert isinstance(seen, Fpm)
    (master,) = seen.masters
    facts: dict[type, object] = {Fpm: Fpm((replace(master, pools=(replace(master.pools[0], **given),)),))}
    found = fpm_pools(facts, AT)
    assert found
    return {metric.name: value for samples in found.values() for metric, _, value in samples}


def test_what_php_fpm_does_not_count_has_no_series() -> None:
    """Its queue of a Unix socket, and slow requests without a limit, are 0 on its status page whatever happens."""
    status = PoolStatus(9, 0, 1, 1, 2, 0, 1.0, (), 0, 0)
    names = {f"liveproof_fpm_{name}" for name in ("listen_queue", "max_listen_queue", "slow_requests_total")}
    assert not names & set(_pool(status=status))
    assert names <= set(_pool(status=status, address="127.0.0.1:9000", slowlog_timeout=2.0))


def test_the_memory_limit_is_in_bytes() -> None:
    """opcache_get_configuration tells bytes, ini_get megabytes."""
    fact = incident.broken().examination.apps[0].facts[Opcache]
    assert isinstance(fact, Opcache)
    (seen,) = fact.seen
    for told in ("128", "134217728"):
        pool = replace(seen, settings=(("opcache.memory_consumption", told), ("opcache.interned_strings_buffer", "8")))
        samples = opcaches({Opcache: replace(fact, pools=((seen.pool, pool),))})
        assert samples
        values = {metric.name: value for metric, _, value in samples[seen.pool]}
        assert values["liveproof_opcache_memory_limit_bytes"] == 134217728
        assert values["liveproof_opcache_interned_strings_limit_bytes"] == 8 << 20


@pytest.mark.parametrize(("hits", "misses"), [(0, 0), (10**400, 1 - 10**400), (5, -1)])
def test_before_the_first_lookup_there_is_no_ratio(hits: int, misses: int) -> None:
    """0 of 0 is not 0 %; nor is there one where a pool lies."""
    fact = incident.broken().examination.apps[0].facts[Opcache]
    assert isinstance(fact, Opcache)
    (seen,) = fact.seen
    samples = opcaches({Opcache: replace(fact, pools=((seen.pool, replace(seen, hits=hits, misses=misses)),))})
    assert samples
    assert "liveproof_opcache_hit_ratio" not in {metric.name for metric, _, _ in samples[seen.pool]}


def test_names_follow_the_conventions() -> None:
    """promtool says so as well, in the live tests; no name comes twice, and counters end in _total."""
    names = [metric.name for metric in CATALOGUE]
    assert len(set(names)) == len(names)
    assert all(metric.name.endswith("_total") == (metric.kind == "counter") for metric in CATALOGUE)
    assert all(metric.help.endswith(".") for metric in CATALOGUE)


def test_the_command_line_writes_it_for_node_exporter(tmp_path: Path) -> None:
    """A new file may be read by all; one that is there keeps its mode."""
    path = tmp_path / "liveproof.prom"
    write_file(str(path), "a 1.0\n", mode=formats.file_mode(formats.load("prometheus")))
    assert path.stat().st_mode & 0o777 == 0o644
    path.chmod(0o640)
    write_file(str(path), "b 1.0\n", mode=0o644)
    assert path.stat().st_mode & 0o777 == 0o640
    assert formats.file_mode(formats.load("json")) == 0o600


def test_a_check_does_not_load_the_library_for_other_formats() -> None:
    """prometheus_client takes 30 ms to import."""
    code = (
        "import sys; from liveproof.cli.main import main; from liveproof.report.formats import load; load('text');"
        "print('prometheus_client' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert ran.stdout == "False\n"


def test_an_examination_of_nothing_is_enough() -> None:
    """Whatever is missing, the text is whole."""
    empty = Record("", "check", "0", Examination("h", 0.0, 0.0, (), "", ()))
    assert parsed(prometheus.render(empty, Context({})))
