"""liveproof.toml: every error at once with its place, defaults, sources, and what the command line changes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveproof import config
from liveproof.config.checked import errors, schema
from liveproof.config.keys import show
from liveproof.model.settings import Settings, listen_address
from liveproof.rules import codes
from liveproof.store.cache import Cache

EXAMPLE = Path(__file__).parents[3] / "docs" / "liveproof.toml.example"


@pytest.fixture
def file(tmp_path_factory):
    """A configuration file that nobody else could write, with a writer of its content."""
    path = tmp_path_factory.mktemp("etc") / "liveproof.toml"

    def write(text):
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write


def load(path: str | None, **overrides: str | None) -> Settings:
    said = {key.replace("__", "."): value for key, value in overrides.items()}
    return config.load(path, codes, overrides=said, cache=Cache(None))


def wrong(path: str) -> tuple[str, ...]:
    with pytest.raises(config.ConfigError) as caught:
        load(path)
    return caught.value.errors


def test_all_errors_come_at_once_with_their_places(file):
    """An administrator mends a file in one go, not one error per run."""
    found = wrong(
        file("""
        [app]
        pth = "/x"
        path = "relative"
        [[request]]
        path = "/fine"
        [[request]]
        status = "200"
        headers = { "Bad Name" = "x" }
        [thresholds]
        hit_ratio = 85
        [[policy.rules]]
        pattern = "../etc"
        mode = "640x"
        ownr = "x"
        [files]
        ignore = ["/etc"]
        [polcy]
        """)
    )
    assert [error.partition(":")[0] for error in found] == [
        "app.path", "app.pth", "policy.rules[0].pattern", "policy.rules[0].mode", "policy.rules[0].ownr",
        "request[1].headers", "request[1].status", "thresholds.hit_ratio", "files.ignore[0]", "polcy",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[app]\npth='/x'", "app.pth: unknown key; did you mean path?"),
        ("[polcy]", "polcy: unknown key; did you mean policy?"),
        ("[[request]]\nmethd='GET'", "request[0].methd: unknown key; did you mean method?"),
        ("[[policy.rules]]\npattern='x'\nownr='x'", "policy.rules[0].ownr: unknown key; did you mean owner?"),
        ("[rules]\ndisable=[]", "rules.disable: unknown key; did you mean disabled?"),
        ("[rules]\ndisabled=['SYS001', 'fil001']", "rules.disabled[1]: 'fil001' is not a rule; did you mean FIL001?"),
    ],
)
def test_an_unknown_key_is_an_error_with_the_key_that_was_meant(file, text, meant):
    """A misspelt key must never be silently without effect."""
    assert wrong(file(text)) == (meant,)


@pytest.mark.parametrize(
    "text",
    [
        "[app]\npath = 3", "[[request]]\npath = 'no-slash'", "[[request]]\npath = '/a b'", "[[request]]\nstatus = 99",
        "[[request]]\nheaders = { Host = 'x' }", '[[request]]\nheaders = { X = "a\\nb" }', "[[request]]\nways = []",
        "[[request]]\nmethod = 'G T'", "[[request]]\nhost = 'a b'", "[thresholds]\nhit_ratio = nan", "request = 3",
        "[policy]\nname = 'own'", "[policy]\nname = 'app-user'\n[[policy.rules]]\npattern = 'a'", "app = []",
        "[[policy.rules]]\npattern = 'a'\nmode = 640", "[thresholds]\nmin_processes = 1.5", "[logs]\npaths = ['a']",
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(file, text):
    """Each wrong value is one error, and none passes as something else."""
    assert len(wrong(file(text))) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[app", "is not valid TOML"),
        (b"[app]\npath = '\xff'", "line 2 is not UTF-8"),
        ("x = " + "[" * 5000, "is nested too deeply"),
        (b"#" * (config.LIMIT + 1), "is longer than"),
    ],
)
def test_a_file_that_is_no_toml_is_refused_with_the_reason(file, content, says):
    """No traceback, whatever the file holds."""
    (error,) = wrong(file(content))
    assert error.startswith(says)


def test_a_missing_file_is_an_error_only_when_it_was_named(tmp_path, monkeypatch):
    """The default file need not exist."""
    assert "no such file" in wrong(str(tmp_path / "none.toml"))[0]
    monkeypatch.setattr(config, "default_path", lambda: str(tmp_path / "none.toml"))
    assert load(None) == Settings()


def test_the_example_is_right_and_says_the_defaults(file):
    """What the documentation shows can be used, with the comment signs before keys and tables taken away."""
    text = re.sub(r"^#(?=\[\[|\w+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    text = re.sub(r"^\[\[policy\.rules\]\][^[]*|^(url|command|user) = (?!\"www-data).*\n", "", text, flags=re.MULTILINE)
    settings = load(file(text))
    assert settings.app.path == "/var/www/api-gateway"
    assert settings.alerts.channel[0].url_file == "/etc/liveproof/mail.url"
    assert settings.thresholds == Settings().thresholds
    assert settings.policy.name == Settings().policy.name
    assert settings.request[0].headers["Content-Type"] == "application/json"
    assert settings.request[0].status == 200


def test_the_schema_describes_every_key():
    """An editor shows what a key means; a key that is left out is not shown as an empty value, which would be wrong."""
    tables = schema()["$defs"]
    for table in tables.values():
        assert all(part["description"] for part in table["properties"].values())
        assert all(part.get("default", 1) for part in table["properties"].values())
    assert tables["Thresholds"]["properties"]["hit_ratio"]["default"] == Settings().thresholds.hit_ratio


def test_own_rules_are_the_policy_own(file):
    """Rules need no name."""
    policy = load(file("[[policy.rules]]\npattern='storage/**'\nmode='0660'")).policy
    assert (policy.name, policy.rules[0].mode) == ("own", "0660")


def test_the_command_line_wins(file):
    """What is said for one run replaces the file's value; the file's own rules give way to another policy."""
    path = file("[app]\nrelease='a'\n[files]\nignore=['x']\n[[policy.rules]]\npattern='a'")
    settings = load(path, app__release="b", app__user=None, policy__name="app-user")
    assert (settings.app.release, settings.app.user, settings.policy.name) == ("b", "", "app-user")
    assert settings.policy.rules == ()
    assert dict(settings.sources) == {
        "app.release": "command line",
        "policy.name": "command line",
        "files.ignore": path,
    }
    assert settings.typed("app.release")
    assert not settings.typed("files.ignore")


def test_another_path_drops_the_user_and_release_of_the_file(file):
    """They are those of the app that the file names; for another app they would be a lie."""
    path = file("[app]\npath='/srv/a'\nuser='deploy'\nrelease='v1'\n[rules]\ndisabled=[]")
    same, other = load(path, app__path="/srv/a/"), load(path, app__path="/srv/b")
    assert (same.app.path, same.app.user, same.app.release) == ("/srv/a", "deploy", "v1")
    assert (other.app.path, other.app.user, other.app.release) == ("/srv/b", "", "")
    assert dict(other.sources) == {"app.path": "command line", "rules.disabled": path}


def test_wrong_words_on_the_command_line_come_at_once(tmp_path):
    """They are reported as the file's errors are."""
    with pytest.raises(config.ConfigError) as caught:
        load(None, app__user="", app__release="")
    assert len(caught.value.errors) == 2
    assert caught.value.exit_status == 2
    for name, says in (("sed", "should be one of default, app-user"), ("own", "needs at least one [[policy.rules]]")):
        with pytest.raises(config.ConfigError, match=re.escape(says)):
            load(None, policy__name=name)


def test_secrets_are_not_shown(file):
    """`config show` may be pasted into a ticket."""
    path = file("""
        [[request]]
        path = "/hook?token=s3cret&page=2"
        headers = { Authorization = "Bearer s3cret", X-Retell-Signature = "s3cret", Cookie = "s3cret", Accept = "text" }
        body = "s3cret"
    """)
    told = {row.key: row.text for row in show(load(path))}
    assert "s3cret" not in "".join(told.values())
    assert "token=[hidden]&page=" in told["request[0].path"]
    assert 'Accept = "text"' in told["request[0].headers"]


def test_show_has_values_of_their_own_types(file):
    """A program reads numbers, lists and nothing at all as what they are; the note says what nothing means."""
    path = file("[app]\nuser='www-data'\n[logs]\npaths=['/a']\n[[request]]\nstatus = 201\nheaders = { Accept = 'x' }")
    told = {row.key: (row.value, row.note) for row in show(load(path))}
    assert told["app.user"][0] == "www-data"
    assert told["app.path"] == (None, "every app that nginx serves")
    assert told["logs.paths"][0] == ["/a"]
    assert told["request[0].status"][0] == 201
    assert told["request[0].headers"][0] == {"Accept": "x"}
    assert isinstance(told["thresholds.hit_ratio"][0], float | int)


def test_show_tells_every_key_and_its_source(file):
    """A value of the file is told with the file, any other as default."""
    path = file("[app]\nuser='www-data'")
    told = {row.key: row.source for row in show(load(path))}
    assert (told["app.user"], told["app.path"]) == (path, "default")


def test_a_known_file_is_not_checked_again(file, tmp_path, monkeypatch):
    """Pydantic costs more than the rest of a check; it is asked once per file and version."""
    cache = Cache(str(tmp_path))
    path = file("[app]\nuser='www-data'")
    config.load(path, codes, cache=cache)
    monkeypatch.setattr("liveproof.config.checked.errors", lambda *_: pytest.fail("asked again"))
    assert config.load(path, codes, cache=cache).app.user == "www-data"


def test_another_content_is_checked(file, tmp_path):
    """Whatever the file's times say: it is known by what it says."""
    cache = Cache(str(tmp_path))
    config.load(file("[app]\nuser='www-data'"), codes, cache=cache)
    with pytest.raises(config.ConfigError):
        config.load(file("[app]\nuser=1"), codes, cache=cache)
    with pytest.raises(config.ConfigError):
        config.load(file("[app]\nuser=1"), codes, cache=cache)


def test_without_a_file_nothing_heavy_is_imported(tmp_path):
    """Neither pydantic nor a TOML parser, in a new interpreter."""
    script = (
        "import sys; from liveproof import config; config.default_path = lambda: '/nonexistent/x.toml';"
        "config.load(None, list, overrides={'app.path': '/x'});"
        "print(sorted({'pydantic', 'tomllib'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


toml = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
tables = st.sampled_from(["app", "policy", "request", "logs", "thresholds", "rules", "files"])
keys = st.sampled_from(["path", "name", "rules", "headers", "status", "mode", "ignore", "disabled", "hit_ratio", "x"])


@given(
    st.dictionaries(
        tables | st.text(max_size=4),
        toml | st.dictionaries(keys, toml) | st.lists(st.dictionaries(keys, toml), max_size=2),
    )
)
def test_any_document_is_right_or_has_errors(document):
    """Whatever TOML can hold: errors with a place, or settings; never anything else."""
    found = errors(document, codes)
    assert all(error.partition(": ")[0] or document for error in found)
    if not found:
        assert isinstance(config.settings_of(document, "file", {}), Settings)


@pytest.mark.parametrize(
    "value",
    ["127.0.0.1", ":9978", "127.0.0.1:0", "127.0.0.1:65536", "::1:9978", "example.com:80", "http://x:1"],
)
def test_an_address_of_the_metrics_that_is_none_is_refused(file, value):
    """An address that cannot be listened on would be noticed only when the watcher starts."""
    (told,) = wrong(file(f'[metrics]\nlisten = "{value}"'))
    assert "metrics.listen" in told
    assert "should be an IP address and a port" in told


def test_addresses_of_the_metrics(file):
    """IPv4, IPv6, or none; the port is a number."""
    for value, address in (("127.0.0.1:9978", ("127.0.0.1", 9978)), ("[::1]:80", ("::1", 80)), ("", None)):
        settings = load(file(f'[metrics]\nlisten = "{value}"'))
        assert listen_address(settings.metrics.listen) == address
    assert "an absolute path" in wrong(file('[metrics]\ntextfile = "x.prom"'))[0]
