"""Write the golden reports anew; look at `git diff` before you keep them."""

from tests.golden.reports import HERE, REPORTS, steady

with steady():
    for name, make in REPORTS.items():
        (HERE / name).write_text(make(), encoding="utf-8")
