"""host/redaction.py: what must not leave the machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof.host.redaction import redact


@pytest.mark.parametrize(
    "text",
    [
        "DB_PASSWORD=SECRET1",
        "password: 'SECRET1 with blanks'",
        '"api_key" => "SECRET1"',
        "X-Api-Key: SECRET1",
        "Authorization: Bearer SECRET1SECRET1",
        "APP_KEY=base64:SECRET1SECRET1SECRET1SECRET1==",
        "mysql://user:SECRET1@db/x",
        "SQLSTATE[23000] (Connection: mysql, SQL: insert into users values (SECRET1))",
        "token eyJSECRET1.eyJSECRET1.SECRET1",
        "id 0123SECRET1abcdef0123456789abcdef01",
        "-----BEGIN PRIVATE KEY-----\nSECRET1\n-----END PRIVATE KEY-----",
        "/storage/framework/sessions/SECRET1abcdefghijklmnopqrstuvwxyz0123456789",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    """By their names, their forms, or where they stand."""
    assert "SECRET1" not in redact(f"before {text} after")


@pytest.mark.parametrize(
    "text",
    [
        "The stream or file /var/www/api-gateway/storage/logs/laravel.log could not be opened",
        'Class "Illuminate\\Foundation\\Bootstrap\\LoadConfiguration" not found in /usr/share/php/Illuminate/X.php:28',
        "/var/www/api-gateway/releases/20261123120000/app/Http/Controllers/RetellFunctionCallHandler.php",
    ],
)
def test_what_helps_stays(text: str) -> None:
    """Paths and class names are what an administrator needs."""
    assert redact(text) == text


def test_a_mailbox_keeps_its_domain() -> None:
    """Whose it is, is nobody's business."""
    assert redact("to anna.b@example.com") == "to [hidden]@example.com"


@given(st.text(max_size=2000))
def test_one_printable_bounded_line(text: str) -> None:
    """Nothing in a log can write to a terminal."""
    told = redact(text, 100)
    assert len(told) <= 100
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in told)
