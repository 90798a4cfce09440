"""Probes: each reads one fact of a host. ``probes/x.py`` makes the facts of ``model/facts/x.py``.

A probe module has one function ``probe`` whose parameters are what it needs (the Reader, the Settings, the App, other
facts) and whose return type is the fact. It raises CannotSee with the reason, NotThere when there is no subject; an
OSError that it lets pass becomes the reason as well. A parameter typed ``Fact | Unknown`` takes an unseen fact too.
"""
