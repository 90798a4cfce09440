"""Tell the watcher that a deploy begins or ends.

A deploy is a burst of changes: between `begin` and `end` nothing is alerted of, and at its end `liveproof watch` proves
the whole chain once.

Examples:
  liveproof deploy begin && ./deploy.sh; liveproof deploy end
"""

HELP_ORDER = 9
