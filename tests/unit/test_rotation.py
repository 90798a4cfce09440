"""tests/live/rotation.py: what changed is always tried, and everything else in its turn."""

from tests.live.rotation import chosen, counting


def test_each_test_has_its_turn_and_no_other() -> None:
    """Three states of the code try everything once."""
    names = [f"tests/live/test_x.py::test_{number}" for number in range(300)]
    turns = [{name for name in names if chosen(name, "tests/live/test_x.py", (), (), turn)} for turn in range(3)]
    assert set().union(*turns) == set(names)
    assert sum(map(len, turns)) == len(names)
    assert all(60 < len(turn) < 140 for turn in turns)


def test_what_was_touched_is_always_tried() -> None:
    """By its own file, or by that of the rule that it tries."""
    rule = "src/liveproof/rules/files/x.py"
    for turn in range(3):
        assert chosen("t::a", "tests/live/t.py", (), {"tests/live/t.py"}, turn)
        assert chosen("t::a", "tests/live/t.py", (rule,), {rule}, turn)
    assert not all(chosen("t::a", "tests/live/t.py", (rule,), {"README.md"}, turn) for turn in range(3))


def test_a_sweep_over_the_rules_does_not_try_all_of_them() -> None:
    """What else such a commit edits counts, and so does a commit that edits a few."""
    few = [f"src/liveproof/rules/files/{number}.py" for number in range(5)]
    many = [f"src/liveproof/rules/files/{number}.py" for number in range(40)]
    assert counting(few) == tuple(few)
    assert counting([*many, "tests/live/test_x.py"]) == ("tests/live/test_x.py",)
