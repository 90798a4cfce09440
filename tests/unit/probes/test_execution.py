"""Which front controllers ran while requests were answered."""

from dataclasses import replace

import pytest

from liveproof.host.errors import CannotSee
from liveproof.host.network import fastcgi
from liveproof.host.network.fastcgi import FastcgiError, Response
from liveproof.host.reader import Reader
from liveproof.model.facts.execution import Execution
from liveproof.model.facts.fpm import Fpm
from liveproof.model.facts.wire import Exchange, Wire
from liveproof.model.findings import Finding, Holds, Unknown
from liveproof.probes.execution import probe
from liveproof.rules.wire import answer_comes_from_another_release
from tests.unit.opcaches import BEGAN, app, nginx, opcache, passing, pool, script
from tests.unit.rules.test_fpm import MASTER

EXCHANGE = Exchange(
    "nginx", "127.0.0.1:80", "/s:1", "GET", "/", "x", "id", 200, "", "", "app", "", "", 0.01, None, "", True, "", None
)
WIRE = Wire((EXCHANGE,), configured=False)
OWN, OTHER = "/var/www/x/releases/2/public/index.php", "/var/www/x/releases/1/public/index.php"
LINKED = replace(app(), path="/var/www/x/current", real="/var/www/x/releases/2", root="/var/www/x/current/public")
THEN = BEGAN + 100  # when `script` was used last


class Linked(Reader):
    """A host on which the app's link leads to its second release."""

    def resolve(self, path: str) -> str:
        """The path with that link followed."""
        return path.replace(LINKED.path, LINKED.real)


def _answer(*scripts: tuple[str, int, int]) -> bytes:
    rows = ",".join(f'["{path}",{hits},1,0,{last},0,0]' for path, hits, last in scripts)
    return f'notice {{"liveproof":1,"scripts":[{rows}]}}'.encode()


def _probe(
    monkeypatch: pytest.MonkeyPatch, answer: bytes | FastcgiError, wire: Wire = WIRE, *, enabled: bool = True
) -> Execution:
    def request(_address: str, params: dict[str, str], **_: object) -> Response:
        assert bytes.fromhex(params["LIVEPROOF_BELOW"].split(",")[0]).decode() == OWN
        if isinstance(answer, FastcgiError):
            raise answer
        return Response(200, (), answer, b"")

    monkeypatch.setattr(fastcgi, "request", request)
    cached = pool(scripts=(script(OWN),), entries=(script(OWN), script(OTHER)), enabled=enabled)
    return probe(Linked(), LINKED, nginx(passing()), Fpm((MASTER,)), opcache=opcache(cached), wire=wire)


@pytest.mark.parametrize(
    ("now", "own", "others"),
    [
        ((OWN, 6, THEN + 900), [OWN], []),
        ((OWN, 5, THEN + 900), [OWN], []),  # compiled again, and never taken from the cache yet
        ((OWN, 5, THEN), [], []),
        ((OTHER, 9, THEN + 900), [], [OTHER]),
    ],
)
def test_what_ran(
    now: tuple[str, int, int], own: list[str], others: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More hits, or a later use, than at the look before."""
    seen = _probe(monkeypatch, _answer(now))
    assert [path for _, path in seen.own] == own
    assert [path for _, path in seen.others] == others
    assert bool(seen.unseen) is (not own and not others)


@pytest.mark.parametrize(
    "answer",
    [FastcgiError("timeout", "it did not answer"), b"", b'{"liveproof":1,"scripts":[[1]]}', b'{"liveproof":1,'],
)
def test_a_pool_that_does_not_tell_is_unknown(answer: bytes | FastcgiError, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever came instead of an answer."""
    seen = _probe(monkeypatch, answer)
    assert (seen.own, seen.others) == ((), ())
    assert "asked again" in seen.unseen[0][1].reason
    (said,) = answer_comes_from_another_release.check(LINKED, seen)
    assert isinstance(said, Unknown)


def test_opcache_that_is_off_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said so, with what would tell."""
    seen = _probe(monkeypatch, _answer(), enabled=False)
    assert "OPcache is off there" in seen.unseen[0][1].reason


def test_without_an_answer_of_the_app_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file or a page of nginx's own, or no answer, ran no script."""
    for other in (replace(EXCHANGE, answered_by="file"), replace(EXCHANGE, status=0), replace(EXCHANGE, way="pool")):
        with pytest.raises(CannotSee, match="no request was answered by the app"):
            _probe(monkeypatch, _answer(), Wire((other,), configured=True))


def test_only_another_release_is_a_finding() -> None:
    """Where the deployed one ran as well, other visitors may have asked for the other."""
    (holds,) = answer_comes_from_another_release.check(LINKED, Execution((("8.2/www", OWN),), (("8.2/www", OTHER),)))
    assert holds == Holds(f"{OWN} ran in pool 8.2/www")
    (finding,) = answer_comes_from_another_release.check(LINKED, Execution((), (("8.2/www", OTHER),)))
    assert isinstance(finding, Finding)
    assert finding.message == f"{OTHER} answered a request for {LINKED.path}, which is {LINKED.real}."
