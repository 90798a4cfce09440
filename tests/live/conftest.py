"""Live tests need real hosts; where none can run they are skipped with the reason."""

import pytest

from liveproof.model.rule import Rule
from tests import lab
from tests.lab import FPMS
from tests.live import rotation


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--suites", default="bookworm", help="suites to try, separated by commas")
    parser.addoption(
        "--fpm",
        default="tuned",
        help=f"whose values of PHP-FPM the fault bench tries, separated by commas: {', '.join(FPMS)}",
    )
    parser.addoption("--live", default="all", choices=("all", "third"), help="third: what changed lately, and a third")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "suite" in metafunc.fixturenames:
        metafunc.parametrize("suite", metafunc.config.getoption("--suites", default="bookworm").split(","))
    if "fpm" in metafunc.fixturenames:
        metafunc.parametrize("fpm", metafunc.config.getoption("--fpm", default="tuned").split(","))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reason = lab.available()
    if config.getoption("--live", default="all") == "third":
        touched, whose = rotation.changed(), rotation.turn()
        left = [item for item in items if "tests/live" in str(item.path) and not _chosen(item, touched, whose)]
        items[:] = [item for item in items if item not in left]
        config.hook.pytest_deselected(items=left)
    for item in items:
        if "tests/live" in str(item.path):
            item.add_marker(pytest.mark.live)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


def _chosen(item: pytest.Item, touched: frozenset[str], whose: int) -> bool:
    rule = getattr(item, "callspec", None) and item.callspec.params.get("rule")  # type: ignore[attr-defined]
    below = "/".join(rule.module.split(".")[2:]) if isinstance(rule, Rule) else ""
    files = (f"src/liveproof/{below}.py", f"tests/faults/{below.removeprefix('rules/')}.py") if below else ()
    return rotation.chosen(item.nodeid, str(item.path.relative_to(rotation.TOP)), files, touched, whose)
