"""Trees of an app at random, and what of a plan for one would have done harm; the oracle is written on its own."""

import random
from dataclasses import replace

from liveproof.check import check
from liveproof.diagnose import diagnose
from liveproof.model.examination import AppExamination
from liveproof.model.facts.access import Access
from liveproof.model.facts.apps import App
from liveproof.model.facts.files import Files
from liveproof.model.facts.laravel import Laravel
from liveproof.model.plan import EVERYTHING, Plan, PlanOptions
from liveproof.model.settings import Policy, Settings
from liveproof.planning.plan import make_plan
from liveproof.rules import load
from liveproof.steps.change_mode import ChangeMode
from liveproof.steps.change_owner import ChangeOwner
from liveproof.steps.make_directory import MakeDirectory
from liveproof.steps.remove_file import RemoveFile
from tests.unit.owned import DEPLOY, OTHER, ROOT, WWW, Has, app, tree

_NAMES = (
    "a.php", "b.php", "view.blade.php", "artisan.php", "readme.md", "dump.sql", "server.key", "cert.pem", "id_rsa",
    "id_ed25519.pub", "auth.json", "credentials.json", "config.json", "notes.txt", "backup.tar", ".env.local", "x.p12",
)  # fmt: skip
_PLACES = (
    "", "app", "app/Http", "config", "vendor", "vendor/acme", "public", "public/build", "storage", "storage/logs",
    "storage/framework/views", "storage/app", "bootstrap", "bootstrap/cache", ".ssh", ".git", ".git/objects", ".gnupg",
    "private", "private/keys", "home/deploy/.ssh", "database", ".aws", "tools",
)  # fmt: skip
_MODES = (0o600, 0o700, 0o640, 0o644, 0o755, 0o750, 0o400, 0o000, 0o777, 0o660, 0o2775, 0o4755, 0o711)
_USERS = (ROOT, WWW, DEPLOY, OTHER)


def random_plan(seed: int) -> tuple[Plan, Files, App]:
    """A plan for a tree at random under a policy at random, with everything allowed."""
    dice = random.Random(seed)
    of = replace(app(), user="www-data")
    usual = dice.choice(_USERS)
    entries: dict[str, Has | int] = {f"app/F{at}.php": usual for at in range(dice.choice((0, 3, 12)))}
    for place in dice.sample(_PLACES, dice.randint(3, len(_PLACES))):
        for depth in range(1, len(place.split("/")) + 1):
            above = "/".join(place.split("/")[:depth])
            if above:
                entries.setdefault(above, _has(dice))
        for name in dice.sample(_NAMES, dice.randint(0, 5)):
            entries[f"{place}/{name}" if place else name] = _has(dice)
    files = tree(entries)
    policy = Policy(dice.choice(("default", "app-user", "hardened")), dice.choice(("", "deploy", "www-data")))
    denied = [path for path in entries if dice.random() < 0.5]
    written = ("storage", "bootstrap/cache", "storage/framework/views", "storage/logs", "storage/app")
    access = Access(
        tuple((path, dice.random() < 0.5) for path in written if path in entries),
        tuple(path for path in written if path not in entries),
        tuple(denied),
        len(entries),
        view="process 7 of pool 8.2/www",
    )
    logs = (of.below(dice.choice(("storage/logs/laravel.log", "private/app.log", ".ssh/app.log"))),)
    laravel = Laravel("10", "", "", False, (), (), (), (), logs)
    facts = {App: of, Files: files, Access: access, Laravel: laravel, Settings: Settings(policy=policy)}
    rules = tuple(rule for rule in load() if rule.code.startswith("FIL"))
    results = check(rules, facts)
    findings = tuple(finding for result in results for finding in result.findings)
    seen = AppExamination(of, (), results, diagnose(rules, findings), facts)
    return make_plan(seen, rules, PlanOptions(EVERYTHING)), files, of


def _has(dice: random.Random) -> Has:
    uid = dice.choice(_USERS)
    return Has(uid, uid if uid != OTHER else ROOT, dice.choice(_MODES), dice.random() < 0.03)


def harm(plan: Plan, files: Files, of: App) -> list[str]:
    """What the plan would do that no plan may do, one line each."""
    known = {path: kind for kind in files.classes for path in kind.paths()}
    lines = []
    for step in plan.steps:
        act = step.act
        if isinstance(act, ChangeOwner | ChangeMode):
            touched = [(act.root, entry.path) for entry in act.entries]
        elif isinstance(act, MakeDirectory | RemoveFile):
            touched = [(act.root, act.path)]
        else:
            continue
        for root, path in touched:
            if root != of.real or path.startswith(("/", "..")) or "/../" in path:
                lines.append(f"{step.what}: {root}/{path} lies outside of the app")
                continue
            parts, kind = path.split("/"), known.get(path)
            mode = kind.mode if kind else 0o755
            if {".ssh", ".git", ".gnupg", ".aws"} & set(parts):
                lines.append(f"{step.what}: {path}")
            secret = parts[-1].endswith((".key", ".pem", ".p12")) or parts[-1].startswith(("id_rsa", "id_ed25519"))
            if (secret or parts[-1] in ("auth.json", "credentials.json")) and mode % 8 < 4:
                lines.append(f"{step.what}: the key {path} {mode:o}")
            if kind and mode % 64 == 0 and not path.startswith(("storage", "bootstrap/cache")):
                below = [one for one in known if one.startswith(f"{path}/") or path == "."]
                holds = [path] if kind.kind == "f" else below
                if not any(one.endswith(".php") or one.startswith("vendor/") for one in holds):
                    lines.append(f"{step.what}: {path} {mode:o} is private and holds no code")
    return lines
