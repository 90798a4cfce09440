"""Start, reload or restart a service, and see that it was done."""

from liveproof.host.write import service_control
from liveproof.host.write.service_control import Service, ServiceFailed
from liveproof.repair.action import PreparedAction, StepContext, action
from liveproof.repair.allowed_paths import Refused
from liveproof.repair.reload_moment import await_moment
from liveproof.repair.undo_step import Places
from liveproof.steps.service_action import ServiceAction


@action(ServiceAction)
def service_action(act: ServiceAction, context: StepContext) -> PreparedAction:
    """A service starts, loads its configuration again, or restarts.

    Raises:
        Refused: systemd does not know the unit.
        ServiceFailed: systemd cannot tell the unit's state, or what does not run is to be reloaded.
    """
    was = ""
    if act.unit:
        now = service_control.state(act.unit)
        if now.load != "loaded":
            raise Refused(f"systemd has not loaded {act.unit} (it is {now.load or 'unknown'})")
        if act.verb == "reload" and now.active != "active":
            raise ServiceFailed(f"{act.unit} does not run (it is {now.active or 'unknown'}), so it is not reloaded")
        was = now.active
    master = context.masters.get(act.unit or act.pid) if act.verb in ("reload", "signal") else None
    service = Service(
        act.verb, act.unit, act.test, context.patience, was, act.pid, act.start,
        master.addresses if master else (), master.timeout if master else 0.0,
    )  # fmt: skip

    def ready() -> None:
        await_moment(service, context.stopped)

    def run() -> Places:
        service_control.carry_out(service, context.stopped)
        return ()

    return PreparedAction((), run, ready=ready, service=service)
