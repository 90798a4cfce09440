"""Carry out one step after the other, each with its record before and after it."""

from dataclasses import replace

from liveproof.model.plan import Step
from liveproof.repair.action import StepContext, actions
from liveproof.repair.actions import load
from liveproof.repair.journal import Journal


class Runner:
    """Carries out the steps of one plan, within what ``context`` allows."""

    def __init__(self, context: StepContext) -> None:
        load()
        self._context = context

    def check(self, step: Step) -> None:
        """Look whether a step may be carried out as things are. Changes nothing.

        Raises:
            Refused, LeftAlone, TooMuch: it may not.
            ServiceFailed: its service is not what the plan took it for.
        """
        actions[type(step.act)](step.act, self._context)

    def apply(self, journal: Journal, number: int, step: Step) -> None:
        """Carry out a step.

        Raises:
            Refused, LeftAlone, TooMuch, ArtisanFailed, ServiceFailed: it failed, perhaps half-way.
            Stopped: somebody asked to stop.
            OSError: the journal cannot be written.
        """
        self._context.pause()
        keeper = journal.keeper(number)
        context = replace(self._context, temporary=f"{journal.temporary}{number}", keeper=keeper)
        try:
            prepared = actions[type(step.act)](step.act, context)
        finally:
            keeper.flush()
        prepared.ready()
        journal.begins(number, step, prepared)
        after = prepared.run()
        journal.done(number, after, output=prepared.output())
        self._context.pause()
        prepared.verify()
