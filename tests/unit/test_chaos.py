"""The oracle of the chaos bench: it knows nothing of liveproof, is quiet where nothing differs, and tells what does."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chaos.edits import all_edits
from benchmarks.chaos.oracle import dead, differences, ill, inside, quiet
from benchmarks.chaos.rounds import drawn
from benchmarks.chaos.shapes import SHAPES, WIDER
from benchmarks.chaos.shapes.two_apps import portal


def _answer(status: int = 200, body: str = "", *headers: tuple[str, str]) -> dict[str, Any]:
    return {"status": status, "headers": list(headers), "body": body}


def _worker(**more: Any) -> dict[str, Any]:
    return {"ini": {"memory_limit": "128M"}, "extensions": ["json"], "environment": {}, "user": 33, **more}


def _process(**more: Any) -> dict[str, Any]:
    return {"count": 2, "traits": [{"stopped": "False", "directory": "/"}], "files": {"/lib/a.so": ["1"]}, **more}


def _seen(**more: Any) -> dict[str, Any]:
    site = {"answers": {"GET /": [_answer(body="hello")]}, "settings": [_worker()], "jobs": "job-v1 release=r1"}
    host = {"processes": {"nginx: worker": _process()}, "sockets": ["tcp 00000000:0050"]}
    changed = site | {name: value for name, value in more.items() if name in site}
    return {"sites": [site, changed]} | host | {name: value for name, value in more.items() if name in host}


def test_imports_nothing_of_liveproof() -> None:
    """Not even by what it imports; what runs on the host needs its Python alone."""
    told = "import sys, benchmarks.chaos.oracle; print([name for name in sys.modules if name.startswith('liveproof')])"
    top = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", told], cwd=top, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
    for node in ast.walk(ast.parse(Path(inside.__file__).read_text())):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert all(name.partition(".")[0] in sys.stdlib_module_names for name in names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"time":"2026-12-01T14:13:30+00:00"}', '{"time":"2026-12-01T15:00:00+00:00"}'),
        ('{"pid":100,"scripts":368,"hits":549}', '{"pid":7,"scripts":12,"hits":0}'),
        ('<meta name="csrf-token" content="aaaa">', '<meta name="csrf-token" content="bbbb">'),
        ("Tue, 01 Dec 2026 14:13:30 GMT", "Wed, 02 Dec 2026 14:13:30 GMT"),
        ("id 7b0f0f2e-0000-4000-8000-000000000001", "id 7b0f0f2e-0000-4000-8000-000000000002"),
    ],
)
def test_what_passes_is_no_difference(one: str, other: str) -> None:
    """Times, process ids, counters, tokens and ids."""
    assert quiet.text(one) == quiet.text(other)


def test_headers() -> None:
    """A cookie counts by name and attributes, not by its value or the end of its life; other headers by value."""
    cookie = "session=abc; Max-Age=7199; path=/; expires=Tue, 01 Dec 2026 14:13:30 GMT; httponly"
    later = "session=def; Max-Age=7200; path=/; expires=Tue, 01 Dec 2026 14:14:30 GMT; httponly"
    assert quiet.answer(_answer(200, "", ("Set-Cookie", cookie))) == quiet.answer(
        _answer(200, "", ("Set-Cookie", later))
    )
    assert quiet.answer(_answer(200, "", ("X-Edited", "yes"))) != quiet.answer(_answer())


@pytest.mark.parametrize(
    "more",
    [
        {"answers": {"GET /": [_answer(body="other")]}},
        {"answers": {"GET /": [_answer(body="hello"), _answer(503)]}},
        {"settings": [_worker(ini={"memory_limit": "77M"})]},
        {"settings": [_worker(), _worker(extensions=[])]},
        {"processes": {"nginx: worker": _process(traits=[{"stopped": "True", "directory": "/"}])}},
        {"processes": {"nginx: worker": _process(files={"/lib/a.so": ["2"]})}},
        {"processes": {"nginx: worker": _process(count=1)}},
        {"processes": {}},
        {"jobs": "nobody did it"},
        {"sockets": []},
    ],
)
def test_differences(more: dict[str, Any]) -> None:
    """Each kind of difference is one line, whichever look it was in; the same twice is none."""
    assert differences(_seen(), _seen()) == differences(_seen(**more), _seen(**more)) == []
    assert len(differences(_seen(), _seen(**more))) == len(differences(_seen(**more), _seen())) == 1


def test_libraries() -> None:
    """One that only one look has is no difference, one whose file is gone is."""
    more = {"processes": {"nginx: worker": _process(files={"/lib/a.so": ["1"], "/lib/b.so": ["2"]})}}
    assert differences(_seen(**more), _seen()) == []
    gone = {"processes": {"nginx: worker": _process(files={"/lib/a.so (deleted)": ["1"]})}}
    assert len(differences(_seen(**gone), _seen())) == 1


def test_dead_and_ill() -> None:
    """Dead is where neither the first page nor the status answers well; one request that fails is ill."""
    failing = {"GET /": [_answer(503)], "GET /api/status": [_answer(0)]}
    assert dead(failing)
    assert ill(failing) == ("GET /", "GET /api/status")
    assert dead(failing | {"GET /": [_answer(200)]}) == ""
    redirects = {"http://a.example GET /": [_answer(301)], "http://a.example GET /api/status": [_answer(301)]}
    assert dead({f"https://a.example {asked}": came for asked, came in failing.items()} | redirects)
    assert ill({"GET /": [_answer(200)], "GET /nope": [_answer(404)]}) == ()


def test_a_new_name_changes_few_draws() -> None:
    """Whoever adds a fault leaves most of the seeds as they are."""
    names = [f"fault {number}" for number in range(40)]
    salts = [number / 200 for number in range(200)]
    drawn_then = [drawn(names, salt) for salt in salts]
    drawn_now = [drawn([*names, "fault new"], salt) for salt in salts]
    assert len(set(drawn_then)) > 30
    assert {now for then, now in zip(drawn_then, drawn_now, strict=True) if then != now} <= {"fault new"}


def test_other_kinds_of_hosts_have_a_part_of_their_own() -> None:
    """The seeds of the usual shapes depend on their number and on the edits that they can get."""
    assert not any(shape.kind for shape in SHAPES)
    assert {shape.kind for shape in WIDER} == {"https", "two apps", "supervisord"}
    assert not [name for name in all_edits() if name.startswith("supervised.")]
    assert len(all_edits("SUPERVISED")) > 1


def test_the_second_app_has_names_of_its_own() -> None:
    """Whatever is done to the first app by name, but for the ini file of the PHP that both share."""
    assert portal("cat /var/www/api-gateway/.env; systemctl stop api-gateway-queue") == (
        "cat /var/www/api-portal/.env; systemctl stop api-portal-queue"
    )
    assert portal("/etc/php/8.2/fpm/conf.d/20-api-gateway.ini") == "/etc/php/8.2/fpm/conf.d/20-api-gateway.ini"
