"""parser.py, registry.py: what a command line means, found commands, help, and slips of the pen."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from liveproof.cli import commands, main
from liveproof.cli.errors import UsageError
from liveproof.cli.options import Options
from liveproof.cli.parser import command_parser
from liveproof.cli.registry import commands as all_commands
from liveproof.cli.registry import find, is_group
from liveproof.report import formats

_TOY_COMMAND = '''"""Greet a host.

Examples:
  liveproof greet-host gateway-1
"""

import argparse

from liveproof.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``greet-host``."""
    parser.add_argument("host", metavar="HOST")
    parser.add_argument("--loud", action="store_true", help="in capitals")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Greet."""
    text = f"hello {arguments.host}"
    console.text((text.upper() if arguments.loud else text) + "\\n")
    return 0
'''


def _leaves(group: ModuleType, name: str = "") -> Iterator[tuple[str, ModuleType]]:
    for word, module in all_commands(group).items():
        if is_group(module):
            yield from _leaves(module, f"{name}{word} ")
        else:
            yield f"{name}{word}", module


def _options(*words: str) -> Options:
    called = find(words)
    return Options.from_arguments(command_parser(called).parse_words(called.words))


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("check", Options(verbose=False)),
        ("check /p --format json", Options("/p", "json", verbose=False)),
        ("check --format=json /p", Options("/p", "json", verbose=False)),
        (
            "check --timings --output=x /p --config c",
            Options("/p", config="c", output="x", timings=True, verbose=False),
        ),
        ("check --output -", Options(verbose=False)),
        ("check --config=c=d", Options(config="c=d", verbose=False)),
        ("check -v -o x", Options(output="x")),
        ("check -q", Options(quiet=True, verbose=False)),
        ("check -- -p", Options("-p", verbose=False)),
        (
            "check --user deploy --release HEAD --policy app-user",
            Options(user="deploy", release="HEAD", policy="app-user", verbose=False),
        ),
        ("explain permission --config c denied --app /p", Options("/p", config="c")),
        ("report", Options(format="markdown")),
    ],
)
def test_options_mean(words: str, options: Options) -> None:
    """Options before and after the arguments, with a blank or an equals sign."""
    assert _options(*words.split()) == options


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("check --frmat json", "no such option --frmat; did you mean --format?"),
        ("check --frmat=json", "no such option --frmat; did you mean --format?"),
        ("check --form json", "no such option --form; did you mean --format or --color?"),
        ("check -x", "no such option -x"),
        ("check a b", "unexpected argument b"),
        ("check --format", "argument --format: expected one argument"),
        ("check --timings=1", "argument --timings: ignored explicit argument '1'"),
        ("explain a --frm b", "no such option --frm"),
        ("explain", "the following arguments are required: WHAT"),
    ],
)
def test_what_is_wrong_is_said(words: str, message: str) -> None:
    """Nothing is abbreviated, and a slip of the pen is understood."""
    with pytest.raises(UsageError) as error:
        _options(*words.split())
    assert str(error.value).split("\n")[0] == message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("chek", "no such command chek; did you mean check?"),
        ("config shw", "no such command shw; did you mean show?"),
        ("--format json check", "no such option --format"),
        ("--vers", "no such option --vers; did you mean --version?"),
        ("config --config f show", "no such option --config"),
        ("../parser", "no such command ../parser"),
        ("__init__", "no such command __init__"),
        ("check\x1b[2J", "no such command check\\x1b[2J; did you mean check?"),
    ],
)
def test_what_is_no_command(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2; standard error has the sentence and where help is found, standard output nothing."""
    assert main.main(words.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err.split("\n")[0]) == ("", f"liveproof: {message}")
    assert "--help` shows how it is used" in err


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The help goes to standard error with status 2, to standard output when it was asked for."""
    assert main.main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert main.main(["--help"]) == 0
    assert capsys.readouterr() == (err, "")
    names = [line.split()[0] for line in err.partition("Commands:\n")[2].partition("\n\n")[0].split("\n")]
    assert names[:4] == ["check", "fix", "apply", "rollback"]
    assert set(names) == set(all_commands(commands))


@pytest.mark.parametrize("columns", ["40", "80", "300", "not a number"])
@pytest.mark.parametrize("name", dict(_leaves(commands)))
def test_help_fits(
    name: str, columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command explains itself and each of its options; prose is as wide as the terminal, 100 columns at most."""
    monkeypatch.setenv("COLUMNS", columns)
    assert main.main([*name.split(), "--help"]) == 0
    text = capsys.readouterr().out
    width = {"300": 100, "not a number": 80}.get(columns, int(columns) if columns.isdigit() else 0)
    prose = text.partition("\n\nExamples:")[0].partition("\n\nExit status:")[0].split("\n\n")
    paragraphs = [part for part in prose[1:] if not part.startswith(("Arguments:", "Options:"))]
    assert paragraphs
    assert all(len(line) <= width for part in paragraphs for line in part.split("\n"))
    parser = command_parser(find(name.split()))
    assert all(action.help for action in parser._actions)


def test_only_the_called_command_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding a command imports its own module and no other."""

    def imported() -> list[str]:
        return [name for name in sys.modules if name.startswith(f"{commands.__name__}.")]

    for name in imported():
        monkeypatch.delitem(sys.modules, name)
    find(["version"])
    assert imported() == [f"{commands.__name__}.version"]


def test_a_command_is_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the folder is a command with help, options and errors of its own."""
    (tmp_path / "greet_host.py").write_text(_TOY_COMMAND)
    monkeypatch.setattr(commands, "__path__", [str(tmp_path)])
    assert main.main(["greet-host", "gateway-1", "--loud"]) == 0
    assert capsys.readouterr().out == "HELLO GATEWAY-1\n"
    assert main.main(["--help"]) == 0
    assert "  greet-host  Greet a host.\n" in capsys.readouterr().out
    assert main.main(["greet-host", "--lod", "x"]) == 2
    assert "did you mean --loud" in capsys.readouterr().err


def test_a_format_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the folder is a format that every command that reports a run takes."""
    (tmp_path / "verdict_only.py").write_text(
        "def render(record, context):\n    return record.examination.verdict.value + chr(10)\n"
    )
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    for command in ("check", "fix", "report"):
        assert _options(command, "--format", "verdict-only").format == "verdict-only"
    assert hasattr(formats.load("verdict-only"), "render")
    assert _options("check", "--format", "json").format == "json"


@pytest.mark.parametrize("name", formats.names())
def test_every_format_renders(name: str) -> None:
    """A format has a docstring and a function ``render``."""
    module = import_module(f"{formats.__name__}.{name}")
    assert module.__doc__
    assert callable(module.render)
