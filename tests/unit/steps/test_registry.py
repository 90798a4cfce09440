"""Every kind of step stands in one file, and one of the same name carries it out."""

from dataclasses import is_dataclass
from pathlib import Path

from liveproof import steps
from liveproof.model.plan import Act
from liveproof.repair import actions
from liveproof.repair.action import actions as registered


def test_every_kind_of_step_has_its_action_and_no_action_is_without_a_kind() -> None:
    """Two registries, compared: a kind that nothing carries out could be planned and would then fail."""
    kinds = steps.load()
    actions.load()
    assert set(kinds) == registered.keys()
    for kind in kinds:
        name = kind.__module__.rpartition(".")[2]
        assert is_dataclass(kind)
        assert registered[kind].__module__ == f"liveproof.repair.actions.{name}"
        assert registered[kind].__name__ == name


def test_kinds_have_a_place_of_their_own_in_a_plan() -> None:
    """Equal places would compare acts of different kinds."""
    orders = [kind.order for kind in steps.load()]
    assert orders == sorted(set(orders))


def test_every_kind_says_what_it_does_and_how_several_become_one() -> None:
    for kind in steps.load():
        assert "describe" in vars(kind)
        assert "merge" in vars(kind)


def test_no_file_of_steps_is_without_a_kind() -> None:
    """But the one of what the kinds share."""
    files = {path.stem for path in Path(steps.__file__).parent.glob("[a-z]*.py")}
    assert files == {kind.__module__.rpartition(".")[2] for kind in steps.load()} | {"merging"}
    assert all(issubclass(kind, Act) for kind in steps.load())
