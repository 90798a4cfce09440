"""An app whose every name was chosen by somebody who wants to fool the administrator."""

from dataclasses import replace

from liveproof.diagnose import diagnose
from liveproof.model.facts.apps import App
from liveproof.model.findings import Evidence, Finding, Ref
from liveproof.model.run_record import Record
from liveproof.model.verdicts import RuleVerdict, Severity
from tests.golden import incident
from tests.golden.seed_facts import APP

NAME = "/var/www/x\n\x1b[2J`|\udcff<script>*PROVEN*\u202e"
SECRETS = ("hunter2", "s3cret")


def record() -> Record:
    """A check of that app."""
    finding = Finding(
        f"1 file belongs to root: {NAME}",
        (Ref("app", NAME), Ref("file", f"{NAME}/app.php")),
        (
            Evidence(f"{NAME}/app.php", "root:root\n\n## Deployment status: PROVEN", "```\n# forged"),
            Evidence("/etc/cron.d/x:1", "* * * * * root DB_PASSWORD=hunter2 mysql --password s3cret"),
        ),
        f"chown www-data {NAME}; # APP_KEY=hunter2",
        "FIL001",
        Severity.CRITICAL,
    )
    seen = incident.app("FIL001")
    results = tuple(
        replace(result, findings=(finding,)) if result.verdict is RuleVerdict.FOUND else result
        for result in seen.results
    )
    app = replace(APP, path=NAME, real=NAME, user="www-data\n|`")
    facts = {**seen.facts, App: app}
    hostile = replace(seen, app=app, results=results, diagnoses=diagnose(incident.RULES, [finding]), facts=facts)
    return replace(incident.broken(), examination=replace(incident.examination(hostile), host="gate\x1b]0;way"))
