"""Disposable Debian hosts with systemd, nginx, PHP-FPM and the api-gateway on them; see README.md."""

from tests.lab.errors import LabError
from tests.lab.host import NOISE, Host
from tests.lab.layout import FPMS, LAYOUTS, USERS
from tests.lab.needs import available
from tests.lab.suites import SUITES

__all__ = ["FPMS", "LAYOUTS", "NOISE", "SUITES", "USERS", "Host", "LabError", "available"]
