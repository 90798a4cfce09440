"""The rules on processes that outlive a deploy: silent on fresh ones, and honest about what they cannot know."""

from dataclasses import replace
from typing import Any

import pytest

from liveproof.model.facts.laravel import Laravel
from liveproof.model.facts.workers import CodeChange, PhpProcess, Workers
from liveproof.model.findings import Absent, Finding, Holds, Settleable, Unknown
from liveproof.model.verdicts import Safety
from liveproof.rules.workers import (
    restart_signal_not_received,
    worker_in_deleted_directory,
    worker_predates_deploy,
    worker_runs_another_release,
)
from liveproof.steps.service_action import ServiceAction
from tests.golden.seed_facts import APP

NO_LARAVEL = Absent("no Laravel")
CHANGE = CodeChange(f"{APP.real}/app/X.php", 2000.5, 2000.5, "code")


def worker(*argv: str, **fields: Any) -> PhpProcess:
    words = ("php", *(argv or ("artisan", "queue:work", "--token=[hidden]")))
    base = PhpProcess(812, 1000.0, 33, "www-data", words, APP.real, "q.service", parent=1, release=APP.real)
    return replace(base, **fields)


def answered(*processes: PhpProcess) -> list[Finding | Unknown | Holds]:
    workers = Workers(processes)
    return [
        *worker_predates_deploy.check(APP, workers, NO_LARAVEL),
        *worker_runs_another_release.check(APP, workers),
        *worker_in_deleted_directory.check(APP, workers),
    ]


def said(*processes: PhpProcess) -> list[Finding | Unknown]:
    return [one for one in answered(*processes) if not isinstance(one, Holds)]


OLD: dict[str, Any] = {"modified": (CHANGE,), "modified_count": 1}


def test_a_fresh_worker_is_proven() -> None:
    """Nothing changed after it began: no rule has anything to say, so memory can be proven."""
    assert [type(one) for one in answered(worker())] == [Holds] * 3


def test_an_old_worker_is_found_with_its_command_alone() -> None:
    """With its unit, so that what is about that unit is led to it."""
    (found,) = said(worker(**OLD), worker(pid=9, **OLD))
    assert isinstance(found, Finding)
    assert found.message.startswith("process 812 (artisan queue:work) and 1 more PHP process started before ")
    assert found.ids("unit") == ("q.service",)
    assert found.ids("process") == ("812@1000.00", "9@1000.00")
    assert "queue:restart` as www-data" in found.advice


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"unclear": (CHANGE,), "unclear_count": 3}, "and 2 more changed"),
        ({"moment": CHANGE.path}, "started in the moment in which"),
        ({"unseen": ("run liveproof as root",)}, "is not known: run liveproof as root"),
        ({"argv": ("php", "artisan", "import"), "unit": "session-3.scope", **OLD}, "whether it ends by itself"),
        ({"argv": ("php", "artisan", "queue:work", "--once"), **OLD}, "whether it ends by itself"),
        ({"argv": ("frankenphp", "run"), **OLD}, "may have loaded the app again"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_said(fields: dict[str, Any], words: str) -> None:
    """Neither found nor passed over: memory is unproven then."""
    (unknown,) = said(worker(**fields))
    assert isinstance(unknown, Unknown)
    assert words in unknown.reason


def test_a_process_whose_code_was_not_seen_is_neither_fresh_nor_current() -> None:
    """Its script lies outside of the app."""
    (age, release) = said(worker(release="", unseen=("its script lies outside",)))
    assert all(isinstance(one, Unknown) and one.reason.endswith("outside") for one in (age, release))


def test_a_unit_is_restarted_where_that_gives_it_the_current_code() -> None:
    """Asked for, with what it costs; never a unit that would start in a release that is gone."""
    here = worker(**OLD)
    lost = worker(pid=5, release="/srv/releases/1", gone="/srv/releases/1", restarts_in="/srv/releases/1")
    back = replace(lost, pid=9, unit="r.service", restarts_in=APP.real)
    shared = worker(pid=7, unit="cron.service", **OLD)
    workers = Workers((here, lost, back, shared))
    found = [one for one in worker_predates_deploy.check(APP, workers, NO_LARAVEL) if isinstance(one, Finding)]
    steps = [step for one in found for step in worker_predates_deploy.restart_process(one, APP, workers, NO_LARAVEL)]
    assert [(step.act.describe(), step.safety) for step in steps] == [("restart q.service", Safety.DROPS)]
    assert "pcntl" in steps[0].cost
    found = [one for one in worker_in_deleted_directory.check(APP, workers) if isinstance(one, Finding)]
    steps = [step for one in found for step in worker_in_deleted_directory.restart_unit(one, APP, workers)]
    assert [step.act.describe() for step in steps] == ["restart r.service"]


def test_a_master_of_octane_may_be_older_than_its_workers() -> None:
    """octane:reload gives it new workers; a worker that is old itself is found."""
    master = worker("artisan", "octane:start", **OLD)
    (unknown,) = said(master, worker("artisan", "octane:start", pid=9, parent=812))
    assert isinstance(unknown, Unknown)
    kinds = {type(one) for one in said(master, worker("artisan", "octane:start", pid=9, parent=812, **OLD))}
    assert kinds == {Finding, Unknown}


def test_another_release_and_a_deleted_directory_are_two_faults() -> None:
    """The deleted one is not told twice, and neither is asked how old it is."""
    (other,) = said(worker(release="/srv/releases/1", cwd="/srv/releases/1", **OLD))
    assert isinstance(other, Finding)
    assert other.message.endswith(f"runs /srv/releases/1, while {APP.path} is {APP.real} now")
    assert "systemctl restart q.service" in other.advice
    (lost,) = said(worker(release="/srv/releases/1", gone="/srv/releases/1", program="q:q_00", **OLD))
    assert isinstance(lost, Finding)
    assert lost.message.endswith("runs in /srv/releases/1, which was deleted")
    assert "supervisorctl restart q:q_00" in lost.advice


LARAVEL = Laravel("11", "/usr/bin/php8.2", "production", False, (), (), (), (), ())
KEPT: dict[str, Any] = {"started_again": "q.service", **OLD}


def planned(*processes: PhpProcess, laravel: Laravel = LARAVEL) -> list[Any]:
    """The steps for what is found, and those that settle what is not known."""
    workers = Workers(processes)
    answers = list(worker_predates_deploy.check(APP, workers, laravel))
    found = [one for one in answers if isinstance(one, Finding)]
    fixing = [step for one in found for step in worker_predates_deploy.restart_process(one, APP, workers, laravel)]
    return [*(step.act for step in fixing), *(one.settled_by.act for one in answers if isinstance(one, Settleable))]


def test_a_signal_ends_what_is_started_again() -> None:
    """Every worker that hears it is waited for, as long as its own options allow."""
    (act,) = planned(
        worker("artisan", "queue:work", "--timeout=90", **KEPT),
        worker("artisan", "queue:work", "--timeout", "120", pid=9, started_again="r.service", unit="r.service"),
    )
    assert (act.command, act.user, act.processes) == ("queue:restart", APP.user, ((812, 1000.0), (9, 1000.0)))
    assert act.patience == 133


def test_what_is_not_known_is_settled_by_the_signal() -> None:
    (act,) = planned(worker(started_again="q.service", unclear=(CHANGE,), unclear_count=1))
    assert act.command == "queue:restart"


@pytest.mark.parametrize(
    "other",
    [
        worker(pid=9, unit=""),  # started by nohup: it would end for good
        worker(pid=9, release="/srv/releases/1", started_again="r.service"),  # it would start in the old release again
    ],
)
def test_no_signal_where_it_would_end_what_does_not_come_back(other: PhpProcess) -> None:
    """It reaches every worker of the app, not only the one that is old: then the unit is restarted, when allowed."""
    (act,) = planned(worker(**KEPT), other)
    assert isinstance(act, ServiceAction)


@pytest.mark.parametrize("command", ["queue:listen", "schedule:work", "octane:start", "import"])
def test_no_signal_for_what_looks_for_none(command: str) -> None:
    assert all(isinstance(act, ServiceAction) for act in planned(worker("artisan", command, **KEPT)))


def test_what_is_started_by_a_worker_does_not_count() -> None:
    """A process for one job, which ends by itself."""
    (act,) = planned(worker(**KEPT), worker("artisan", "queue:work", "--once", pid=9))
    assert act.processes == ((812, 1000.0),)


SIGNAL = {"missed": 1500.0}


def test_a_worker_that_missed_the_signal_is_restarted_by_its_unit() -> None:
    """Another signal would be missed, too."""
    deaf = worker(**KEPT, **SIGNAL)
    (found,) = restart_signal_not_received.check(APP, Workers((deaf,)), LARAVEL)
    (step,) = restart_signal_not_received.restart_unit(found, APP, Workers((deaf,)))
    assert (step.act, step.safety) == (ServiceAction("restart", "q.service"), Safety.DROPS)
    assert planned(deaf) == [step.act]


def test_a_cache_that_no_process_shares_brings_no_signal() -> None:
    """Told as a notice while the worker is fresh; the array store is changed by a person."""
    alone, workers = replace(LARAVEL, cache_driver="array"), Workers((worker(**KEPT),))
    (found,) = restart_signal_not_received.check(APP, workers, alone)
    assert not list(restart_signal_not_received.restart_unit(found, APP, workers))
    assert all(isinstance(act, ServiceAction) for act in planned(worker(**KEPT), laravel=alone))
    assert not list(restart_signal_not_received.check(APP, workers, replace(LARAVEL, cache_driver="redis")))
