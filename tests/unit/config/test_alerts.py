"""The table [alerts]: what is wrong in it, and what of it is never shown."""

from pathlib import Path

import pytest

from liveproof import config
from liveproof.config.keys import show
from liveproof.model.settings import Settings
from liveproof.rules import codes
from liveproof.store import recording
from liveproof.store.cache import Cache
from tests.golden import incident

_CHANNEL = '[[alerts.channel]]\nname = "x"\n'


def _load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "liveproof.toml"
    tmp_path.chmod(0o700)
    path.write_text(text)
    return config.load(str(path), codes, cache=Cache(None))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[alerts]\nrepeat_every = "2x"', "alerts.repeat_every: should be a duration such as"),
        ('[alerts]\nrepeat_every = "5s"', "should be never, or a minute or more"),
        ("[alerts]\nper_hour = 0", "alerts.per_hour"),
        (_CHANNEL, "alerts.channel[0]"),
        (f'{_CHANNEL}kind = "mail"', "should be 'url', 'alertmanager' or 'command'"),
        (f'{_CHANNEL}kind = "url"', "either url or url_file"),
        (f'{_CHANNEL}kind = "url"\nurl = "ops@example.com"', "should be a URL"),
        (f'{_CHANNEL}kind = "url"\nurl = "json://x"\nurl_file = "/x"', "either url or url_file"),
        (f'{_CHANNEL}kind = "url"\nurl = "json://x"\nuser = "bob"', 'used by kind = "command"'),
        (f'{_CHANNEL}kind = "command"\ncommand = ["page"]', "/path/to/program"),
        (f'{_CHANNEL}kind = "command"\ncommand = ["/page"]\nurl = "json://x"', "has no url"),
        (f'{_CHANNEL}kind = "url"\nurl = "json://x"\ncodes = ["fil"]', "neither a code such as FIL003"),
        (f'{_CHANNEL}kind = "url"\nurl = "json://x"\nseverity = "bad"', "severity"),
        (f'{_CHANNEL}kind = "url"\nurl = "json://x"\n' * 2, "two channels have the same name"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """With its place and what it should be."""
    with pytest.raises(config.ConfigError) as caught:
        _load(tmp_path, text)
    assert says in str(caught.value)


def test_secrets_are_neither_shown_nor_recorded(tmp_path: Path) -> None:
    """A URL is a secret as a whole; so is what looks like one among the arguments of a command."""
    text = f'{_CHANNEL}kind = "url"\nurl = "tgram://hunter2/hunter2"\n' + _CHANNEL.replace("x", "y")
    settings = _load(tmp_path, f'{text}kind = "command"\ncommand = ["/page", "--token", "hunter2"]')
    assert settings.alerts.channel[0].url == "tgram://hunter2/hunter2"
    shown = {row.key: row.text for row in show(settings)}
    assert shown["alerts.channel[0].url"] == '"[hidden]://[hidden]"'
    assert shown["alerts.channel[0].name"] == '"x"'
    assert "hunter2" not in repr(shown)
    assert "hunter2" not in recording.dumps(recording.record(incident.examination(incident.app()), settings))


def test_a_recording_with_channels_is_read_again(tmp_path: Path) -> None:
    """What is hidden in it is still a configuration."""
    settings = _load(tmp_path, f'{_CHANNEL}kind = "url"\nurl = "tgram://hunter2/hunter2"')
    text = recording.dumps(recording.record(incident.examination(incident.app()), settings))
    assert recording.loads(text).settings.alerts.channel[0].name == "x"
