"""settling.py: when a deploy runs, and when it is over."""

from liveproof.store.deploys import Deploy
from liveproof.watch.triggers.settling import Settled, Settling


def test_a_single_change_is_no_deploy() -> None:
    """Nothing is held back."""
    settling = Settling(10)
    settling.changed(3, 0.0)
    assert not settling.holds
    assert settling.tick(100.0, 0.0) is None


def test_a_burst_is_a_deploy_until_it_is_quiet() -> None:
    """Ten seconds after its last change it is over, once."""
    settling = Settling(10)
    for tenth in range(30):
        settling.changed(1, tenth / 10)
    assert settling.holds
    assert settling.tick(5.0, 0.0) is None
    settling.changed(1, 8.0)
    assert settling.tick(17.0, 0.0) is None
    assert settling.tick(18.1, 0.0) == Settled(announced=False, in_time=True)
    assert not settling.holds
    assert settling.tick(50.0, 0.0) is None


def test_slow_changes_are_no_burst() -> None:
    """Twenty changes in a minute are somebody at work, and each is looked at."""
    settling = Settling(10)
    for number in range(40):
        settling.changed(1, number * 3.0)
        assert not settling.holds


def test_a_moved_link_is_a_deploy() -> None:
    """One change is enough."""
    settling = Settling(10)
    settling.changed(1, 0.0, moved=True)
    assert settling.holds
    assert settling.tick(10.1, 0.0) == Settled(announced=False, in_time=True)


def test_changes_without_end_are_judged_as_they_are() -> None:
    """After a quarter of an hour, again and again."""
    settling, judged = Settling(10), 0
    for second in range(2000):
        settling.changed(20, float(second))
        judged += settling.tick(float(second), 0.0) is not None
    assert judged == 2


def test_an_announced_deploy() -> None:
    """It holds until its mark is gone; quiet or not."""
    settling, deploy = Settling(10), Deploy(1000.0, 2800.0, "root")
    assert settling.mark(deploy) is None
    settling.changed(50, 0.0)
    assert settling.holds
    assert settling.tick(500.0, 1500.0) is None
    assert settling.mark(None) == Settled(announced=True, in_time=True)
    assert not settling.holds


def test_a_deploy_that_never_ends_is_said_once_and_judged() -> None:
    """Then nothing is held back any more; the next one begins as any other."""
    settling, deploy = Settling(10), Deploy(1000.0, 2800.0, "root")
    settling.mark(deploy)
    assert settling.tick(0.0, 2801.0) == Settled(announced=True, in_time=False)
    assert settling.tick(1.0, 2900.0) is None
    assert not settling.holds
    settling.mark(Deploy(3000.0, 4000.0, "root"))
    assert settling.holds
