"""What alerts say: goldens, and what hostile names cannot do."""

from dataclasses import replace
from pathlib import Path

import pytest

from liveproof.model.alerts import Claim, Delivery, DeliveryKind
from liveproof.model.verdicts import Severity
from liveproof.watch.alerting.message import as_json, message
from tests.unit.alerting import NOON, alert

GOLDEN = Path(__file__).parent / "messages.txt"
NOW = NOON + 720


def _one(kind: DeliveryKind, resolved_after: float | None = None, **parts: object) -> Claim:
    delivery = Delivery(alert(resolved_after, **parts), kind)
    return Claim(delivery.id, "mail", (delivery,))


def _several() -> Claim:
    resolved = Delivery(replace(alert(600), id="other"), DeliveryKind.RESOLVED)
    missed = Delivery(replace(alert(60), id="third"), DeliveryKind.RAISED_AND_RESOLVED)
    return Claim("0011223344556677", "mail", (Delivery(alert(), DeliveryKind.RAISED), resolved, missed))


CLAIMS = {
    "raised": _one(DeliveryKind.RAISED),
    "repeated": _one(DeliveryKind.REPEATED),
    "resolved": _one(DeliveryKind.RESOLVED, 600),
    "raised and resolved": _one(DeliveryKind.RAISED_AND_RESOLVED, 600),
    "several": _several(),
}


def text() -> str:
    """All messages, as the golden file holds them."""
    told = {name: message(claim, "web1", NOW) for name, claim in CLAIMS.items()}
    return "\n".join(f"== {name}\n{each.subject}\n\n{each.body}" for name, each in told.items())


def test_what_messages_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in messages.txt; written again with `python -m tests.unit.watch.test_message`."""
    assert text() == GOLDEN.read_text()


@pytest.mark.parametrize("kind", list(DeliveryKind))
def test_hostile_texts_stay_on_their_line(kind: DeliveryKind) -> None:
    """No line of a message begins where a file name says so, no byte is one that UTF-8 or a terminal minds."""
    claim = _one(kind, 600, about="x\r\nBcc: everybody@example.com\x1b[2J\udcff\u202e")
    told = message(claim, "web\r\n1", NOW)
    for part in (told.subject, *told.body.split("\n")):
        assert part.isprintable()
        assert not part.startswith("Bcc")
        part.encode()
    assert len(told.subject) <= 160
    assert as_json(told)["id"] == claim.token


def test_a_good_message_is_only_of_what_is_over() -> None:
    """Green where all is resolved."""
    assert [message(claim, "web1", NOW).good for claim in CLAIMS.values()] == [False, False, True, False, False]


def test_what_is_not_known_is_left_out() -> None:
    """No cause, no command, no app: no line for it."""
    problem = replace(alert().problem, why="", command="", app="", details=(), severity=Severity.CRITICAL)
    delivery = Delivery(replace(alert(), problem=problem), DeliveryKind.RAISED)
    told = message(Claim("id", "mail", (delivery,)), "web1", NOW)
    assert [line[:10].strip() for line in told.body.split("\n")[2:5]] == ["where", "since", "seen"]
    assert told.subject.startswith("[liveproof web1] CRITICAL FIL003")


if __name__ == "__main__":
    GOLDEN.write_text(text())
