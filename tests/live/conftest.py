"""Live tests need real hosts; where none can run they are skipped with the reason."""

import pytest

from tests import lab
from tests.lab import FPMS


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--suites", default="bookworm", help="suites to try, separated by commas")
    parser.addoption(
        "--fpm",
        default="tuned",
        help=f"whose values of PHP-FPM the fault bench tries, separated by commas: {', '.join(FPMS)}",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "suite" in metafunc.fixturenames:
        metafunc.parametrize("suite", metafunc.config.getoption("--suites", default="bookworm").split(","))
    if "fpm" in metafunc.fixturenames:
        metafunc.parametrize("fpm", metafunc.config.getoption("--fpm", default="tuned").split(","))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = lab.available()
    for item in items:
        if "tests/live" in str(item.path):
            item.add_marker(pytest.mark.live)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))
