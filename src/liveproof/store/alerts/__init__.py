"""Alerts and what has to be sent of them, in ``alerts.db`` of the state directory: nothing is lost over a restart.

Every operation is one transaction, so that a process may be killed at any moment.
"""
