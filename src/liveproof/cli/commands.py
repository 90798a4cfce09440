"""The commands and their options, as click knows them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from liveproof import __version__
from liveproof.cli.console import Console
from liveproof.cli.options import FORMATS, POLICIES, Asked
from liveproof.model.rule import Rule

_F = TypeVar("_F", bound=Callable[..., Any])
_STATUS = """\b
Exit status:
  0 proven   1 broken   2 usage or configuration error   3 unproven   70 our bug"""
_FIX_STATUS = """\b
Exit status:
  0 fixed and proven   1 not fixed, fixed in part, or rolled back
  2 usage or configuration error   3 unproven
  4 refused (declined, another fix runs, the plan went stale)   70 our bug"""
_ROLLBACK_STATUS = """\b
Exit status:
  0 all is as it was before the fix   2 usage error, damaged journal
  1 not all is, or the site answered before and does not, or not surely, now
  3 it cannot be seen whether the site answers   4 refused   70 our bug"""


def run(words: Sequence[str], console: Console) -> int:
    """Run what the words ask for; the exit status. Usage errors are told as click tells them, status 2."""
    try:
        status = liveproof.main(list(words), "liveproof", standalone_mode=False, obj=console)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        console.clear()
        error.show()
        return 2
    return status if isinstance(status, int) else 0


def _shared(*names: str) -> Callable[[_F], _F]:
    """The options that several commands have alike, in the order of help."""
    known = {
        "path": click.argument("path", required=False, default=""),
        "format": click.option(
            "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to tell it."
        ),
        "output": click.option(
            "--output",
            default="",
            metavar="FILE",
            callback=_file,
            help="Write the report to FILE (- is stdout).",
        ),
        "config": click.option("--config", metavar="FILE", help="Configuration file instead of the default one."),
        "policy": click.option("--policy", type=click.Choice(POLICIES), help="How owners and modes are judged."),
        "user": click.option("--user", metavar="NAME", help="The app's user, instead of the pool's."),
        "release": click.option("--release", metavar="REVISION|FILE", help="The intended commit or manifest."),
        "yes": click.option("--yes", is_flag=True, help="Do not ask."),
    }

    def decorate(function: _F) -> _F:
        for name in reversed(names):
            function = known[name](function)
        return function

    return decorate


def _file(_: click.Context, __: click.Parameter, value: str) -> str:
    """``-`` is standard output, as everywhere."""
    return "" if value == "-" else value


class _Wide(click.Group):
    """Commands in the order in which a person meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names, as they were declared."""
        return list(self.commands)


def _epilog(*examples: str, status: str = "") -> str:
    """Examples and what the exit status means; a backspace keeps click from folding the lines."""
    told = "\n".join(("\b", "Examples:", *(f"  {example}" for example in examples)))
    return f"{told}\n\n{status}" if status else told


@click.group(
    cls=_Wide,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExamples:\n"
    "  liveproof check                        every app on this host\n"
    "  liveproof check /var/www/api-gateway   this app\n"
    "  liveproof fix --dry-run                what would be done, and what it costs\n"
    '  liveproof explain "permission denied"  what to look at on this very host\n',
)
@click.version_option(__version__, "-V", "--version", message="liveproof %(version)s")
def liveproof() -> None:
    """Prove that the code you deployed is the code that is live; say why when it is not, and mend it."""


@liveproof.command(
    short_help="Look, and say what holds. Changes nothing.",
    epilog=_epilog(
        "liveproof check",
        "liveproof check /var/www/api-gateway --format json",
        "liveproof check --format markdown --output report.md",
        status=_STATUS,
    ),
)
@_shared("path", "format", "output", "config", "policy", "user", "release")
@click.option("--timings", is_flag=True, help="Say what the time went to.")
@click.pass_obj
def check(console: Console, /, timings: bool, **given: Any) -> int:
    """Look at the app in PATH, or at every app that nginx serves, and say what holds. Changes nothing."""
    from liveproof.cli import check as looking  # noqa: PLC0415

    return looking.check(_asked(given, timings=timings), console)


@liveproof.command(
    short_help="Mend what was found, and prove it.",
    epilog=_epilog(
        "liveproof fix --dry-run",
        "liveproof fix /var/www/api-gateway",
        "liveproof fix --yes --allow disruptive",
        "liveproof fix --script > fix.sh",
        status=_FIX_STATUS,
    ),
)
@_shared("path", "format", "output", "config", "policy", "user", "release", "yes")
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@click.option("--allow", type=click.Choice(["disruptive"]), help="Also apply what may delay or drop requests.")
@click.option("--notices", is_flag=True, help="Also fix what breaks nothing.")
@click.option("--script", is_flag=True, help="Print the plan as a shell script and change nothing.")
@click.pass_obj
def fix(console: Console, /, *, dry_run: bool, allow: str | None, notices: bool, script: bool, **given: Any) -> int:
    """Mend what was found: show the plan, ask, apply it, look again, and prove it or take it back."""
    from liveproof.cli import fix as mending  # noqa: PLC0415

    wanted = mending.Fix(_asked(given), dry_run, given["yes"], allow == "disruptive", notices, script)
    return mending.fix(wanted, console)


@liveproof.command(
    short_help="Take a fix back.",
    epilog=_epilog("liveproof rollback", "liveproof rollback 20261123-211501-3f --yes", status=_ROLLBACK_STATUS),
)
@click.argument("run", required=False, default="")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def rollback(console: Console, /, run: str, yes: bool, form: str) -> int:
    """Take a fix back: contents, owners, modes and times. Without RUN an interrupted fix, else the last one."""
    from liveproof.cli import rollback as rolling  # noqa: PLC0415

    return rolling.undo(run, console, yes=yes, form=form)


@liveproof.command(
    short_help="Explain a rule or a symptom, on this very host.",
    epilog=_epilog(
        "liveproof explain FIL003",
        'liveproof explain "code changes still not taking effect"',
        'liveproof explain "permission denied"',
        'liveproof explain "socket connection refused"',
    ),
)
@click.argument("what", nargs=-1, required=True)
@click.option("--app", "path", default="", metavar="PATH", help="The app, when the host has several.")
@_shared("config")
@click.pass_obj
def explain(console: Console, /, what: tuple[str, ...], path: str, config: str | None) -> int:
    """Explain a rule (by code or name) or a symptom, with this host's own paths, and say what is found here."""
    from liveproof.cli import check as looking  # noqa: PLC0415

    return looking.explain(" ".join(what), Asked(path, config=config), console)


@liveproof.command(
    short_help="Tell a kept run as a document.",
    epilog=_epilog(
        "liveproof report > report.md",
        "liveproof report --list",
        "liveproof report 20261123-211501-3f --before 20261122-090000-a1",
    ),
)
@click.argument("run", required=False, default="")
@click.option("--before", default="", metavar="RUN", help="Compare with this earlier run.")
@click.option("--list", "listed", is_flag=True, help="List the kept runs.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
@_shared("output", "config")
@click.pass_obj
def report(console: Console, /, run: str, before: str, listed: bool, form: str, **given: Any) -> int:
    """Tell a kept run as a document. Without RUN the newest, together with the fix that led to it."""
    from liveproof.cli import check as looking  # noqa: PLC0415
    from liveproof.cli import runs  # noqa: PLC0415

    if listed:
        return runs.list_runs(console, form)
    return looking.report(run, before, Asked(format=form, **given), console)


@liveproof.command(
    short_help="Write down what is seen of this host.",
    epilog=_epilog(
        "liveproof record --output host.json",
        "liveproof record /var/www/api-gateway | gzip > host.json.gz",
    ),
)
@_shared("path", "output", "config", "policy", "user", "release")
@click.pass_obj
def record(console: Console, /, **given: Any) -> int:
    """Write what is seen of the app in PATH, or of every app, as one file: for a bug report, or to look at elsewhere.

    It names files, users, versions and settings of this host. Values of .env and of caches, headers, and bodies of
    requests and answers are not in it, and what looks like a secret is hidden; read it before you send it.
    """
    from liveproof.cli import record as replaying  # noqa: PLC0415

    return replaying.record(_asked({"form": "text", **given}), console)


@liveproof.command(
    short_help="Say what holds on a recorded host.",
    epilog=_epilog("liveproof replay host.json", "liveproof replay host.json.gz --format json", status=_STATUS),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@_shared("format", "output")
@click.pass_obj
def replay(console: Console, /, file: str, form: str, output: str) -> int:
    """Say what the rules of this version find on the host that FILE (of `liveproof record`, also gzipped) holds."""
    from liveproof.cli import record as replaying  # noqa: PLC0415

    return replaying.replay(file, Asked(format=form, output=output), console)


@liveproof.group()
def config() -> None:
    """Show the configuration, or what it may hold."""


@config.command("schema")
@click.pass_obj
def config_schema(console: Console, /) -> None:
    """Print the JSON Schema of liveproof.toml."""
    import json  # noqa: PLC0415

    from liveproof.config.checked import schema  # noqa: PLC0415  (imports pydantic)

    console.text(json.dumps(schema(), indent=2) + "\n")


@config.command("show")
@_shared("config")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def config_show(console: Console, /, config: str | None, form: str) -> None:
    """Print every effective value and where it came from. Secrets are hidden."""
    import json  # noqa: PLC0415

    from liveproof.config import load  # noqa: PLC0415
    from liveproof.config.keys import show  # noqa: PLC0415
    from liveproof.report.style.escaping import visible  # noqa: PLC0415
    from liveproof.report.style.lines import line  # noqa: PLC0415
    from liveproof.rules import codes  # noqa: PLC0415

    rows = show(load(config, codes))
    if form == "json":
        told = {row.key: {"value": row.value, "note": row.note, "source": row.source} for row in rows}
        console.text(json.dumps(told, indent=2) + "\n")
        return
    width = max(len(row.key) for row in rows) + 2
    console.lines(
        line(f"{visible(row.key):<{width}}", visible(row.text), (f"  {visible(row.source)}", "dim"), hang=width)
        for row in rows
    )


@liveproof.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def rules(console: Console, /, form: str) -> None:
    """List every fault that liveproof knows."""
    import json  # noqa: PLC0415

    from liveproof.report.style.lines import line  # noqa: PLC0415
    from liveproof.rules import load  # noqa: PLC0415

    if form == "json":
        known = [
            {
                "code": rule.code, "rule": rule.name, "title": rule.title, "severity": rule.severity.value,
                "link": rule.link.value, "fix": rule.fix_safety.value, "caused_by": list(rule.caused_by),
            }
            for rule in load()
        ]  # fmt: skip
        console.text(json.dumps(known, indent=2) + "\n")
        return

    def columns(rule: Rule) -> str:
        return f"{rule.severity.value:<9} {rule.link.value:<9} {rule.fix_safety.value:<11}"

    console.lines(line((rule.code, "head"), f"  {columns(rule)} {rule.title}", hang=40) for rule in load())


@liveproof.command()
@click.pass_obj
def version(console: Console, /) -> None:
    """Print the version."""
    console.text(f"liveproof {__version__}\n")


def _asked(given: dict[str, Any], *, timings: bool = False) -> Asked:
    return Asked(
        given["path"],
        given["form"],
        given["config"],
        given["output"],
        timings,
        given["policy"],
        given["user"],
        given["release"],
    )
