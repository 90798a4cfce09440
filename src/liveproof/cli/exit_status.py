"""The exit statuses of liveproof, as its README and ``--help`` name them."""

from liveproof.model.verdicts import LinkVerdict

OK, BROKEN, USAGE, UNPROVEN, REFUSED, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130
BY_VERDICT = {LinkVerdict.PROVEN: OK, LinkVerdict.BROKEN: BROKEN, LinkVerdict.UNPROVEN: UNPROVEN}
