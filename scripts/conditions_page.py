"""Write docs/what-proven-means.md from the rules' conditions; with --check only tell whether it is up to date."""

import sys
from collections.abc import Iterator
from importlib import import_module

from liveproof.model.facts.apps import App
from liveproof.model.rule import Rule, needs
from liveproof.model.settings import Settings
from liveproof.model.verdicts import Link
from liveproof.rules import load
from scripts.pages import TOP, write_or_compare

PAGE = TOP / "docs" / "what-proven-means.md"

_QUESTIONS = {
    Link.RELEASE: "Is the intended release what lies on disk, byte for byte? Asked only where a release is named or "
    "the app is a git repository; what breaks it is told all the same.",
    Link.DISK: "Can the pool's user read what it must, and write what it must?",
    Link.CACHES: "Do the files that Laravel and Composer derived match their sources?",
    Link.MEMORY: "Does every pool, and every long-running PHP process, execute bytecode of these very files?",
    Link.SERVICES: "Do PHP-FPM, its sockets and nginx run, with the configuration that is on disk?",
    Link.WIRE: "Does a real request reach this app and get the right answer?",
}

# What liveproof does not look at: a link is proven without it. Whoever adds a rule takes its line away.
_LEFT_OUT = {
    Link.RELEASE: (
        "which commit was meant, unless `--release` names it (a fetched branch that is ahead is a notice)",
        "which release was meant, unless `--release`, Deployer or Capistrano names it (a newer one is a notice)",
        "links among packages (vendor, node_modules), and to which of two existing targets a link was meant to lead",
        "signatures of a build",
    ),
    Link.DISK: (
        "quotas of users on the file systems that the app writes to",
        "disks that the app's configuration names outside of storage/",
        "PHP files of packages that Composer's autoloader does not name, and such as .inc, unless a pool holds them",
        "what PHP refuses only when it compiles a file that parses",
    ),
    Link.CACHES: (
        "values in the application's own cache store (Redis, database)",
        "classes that Composer's autoloader keeps in APCu, and what packages hold beside what was published",
        "what packages keep below storage/framework, or lack in a list of theirs below bootstrap/cache",
        "variables that a script of `auto_prepend_file` sets",
        "built assets outside of public/build and Mix's manifest, on another server (ASSET_URL), or without a manifest",
    ),
    Link.MEMORY: (
        "what a worker keeps in APCu",
        "what opcache.file_cache keeps of scripts that no worker has loaded since PHP-FPM started",
        "a directory of opcache.file_cache that another PHP of the same user writes to (opcache.enable_cli)",
        "a mount over the code that is younger than the cache and shows older files, in the host's view and the pool's",
        "the settings of each worker apart: one worker of each pool is asked",
        "a library of a Debian package (/usr/share/php) that was edited in place while a worker runs",
        "a `.user.ini` below the document root, or one that was removed before the first check",
        "data files that a queue worker or other lasting PHP process read once and keeps",
        "whether a worker still has the parent that would restart it",
        "whether a program of supervisord's runs by its configuration as it is on disk (`supervisorctl update`)",
        "whether a queue worker runs at all where a unit or a program of supervisord's would start one",
        "crontabs and timers that run artisan in a copy of the app that is no release beside the one served",
        "mutexes that a task of the scheduler left behind: caches keep them under hashes of what its code says",
    ),
    Link.SERVICES: ("containers and servers other than nginx and PHP-FPM",),
    Link.WIRE: (
        "answers other than those of the configured requests, or of `GET /` where none is configured",
        "which script answers where OPcache is off: the wire is unproven then",
        "what stands before this host: load balancers, CDNs, DNS",
    ),
}


def main(arguments: list[str]) -> int:
    """Write or compare the page."""
    return write_or_compare({PAGE: "\n".join(_lines()) + "\n"}, arguments)


def _lines() -> Iterator[str]:
    yield from (
        "# What PROVEN means",
        "",
        "Made from the rules by `make docs`.",
        "",
        "A link is PROVEN only when each of its conditions was seen to hold. That no fault was found is not enough:",
        "a rule says what it looked at and found right (`holds` in the JSON), and one that found nothing to look at",
        "makes the link UNPROVEN, with that reason. A condition whose subject does not exist (no Laravel, no queue",
        "worker) is not asked. Each condition stands for one rule, which finds its violation, and is broken on a real",
        "host by the file named beside it whenever the fault bench runs. What is looked at is told at the end.",
    )
    rules = load()
    for link in Link:
        yield from ("", f"## {link.value}", "", _QUESTIONS[link], "")
        yield from ("| condition | its violation | seen in | broken by |", "|---|---|---|---|")
        yield from (_row(rule) for rule in rules if rule.link is link and rule.condition)
        yield from ("", "Not looked at:", "")
        yield from (f"- {what}" for what in _LEFT_OUT[link])
    yield from ("", "## What is looked at", "", "| fact | what it holds |", "|---|---|")
    facts = {name: module for rule in rules if rule.condition for name, module in _facts(rule)}
    for name, module in sorted(facts.items()):
        title = (import_module(module).__doc__ or "").strip().partition("\n")[0].rstrip(".")
        yield f"| {name} | {title.replace('|', '/')} |"


def _row(rule: Rule) -> str:
    fault = f"tests/faults/{rule.module.removeprefix('liveproof.rules.').replace('.', '/')}.py"
    return (
        f"| {rule.condition[:1].upper()}{rule.condition[1:]} | [{rule.code}](rules/{rule.code}.md) | "
        f"{', '.join(name for name, _ in _facts(rule))} | [fault](../{fault}) |"
    )


def _facts(rule: Rule) -> Iterator[tuple[str, str]]:
    """The facts that the rule takes: name and module."""
    assert rule.check_function is not None
    for kind in needs(rule.check_function).values():
        one = kind.__args__[0] if hasattr(kind, "__args__") else kind
        if one not in (App, Settings):
            yield one.__module__.rpartition(".")[2], one.__module__


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
