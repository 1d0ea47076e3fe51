"""Every row stands in one place only."""

from crosslight.build.counts import STEPS, RowCounts
from crosslight.records import Done, Dropped, Failed


def test_passes_add_up_in_the_order_of_the_recipe() -> None:
    account = RowCounts()
    for _ in range(2):
        account.count("imagine", [Done(1), Done(2)])
        account.count("cross_check", [Dropped("cross_check", "leak")])
        account.count("cross_check", [Failed("cross_check", "server_fault: 500")])
    told = {step["step"]: step for step in account.as_json()}
    assert list(told) == list(STEPS)
    assert (told["imagine"]["in"], told["imagine"]["done"]) == (2, 4)
    assert told["cross_check"]["dropped"] == {"leak": 2}
    assert told["cross_check"]["failed"] == {"server_fault": 2}


def test_a_row_that_is_taken_back_is_counted_once() -> None:
    account = RowCounts()
    account.count("controls", [Done(1)])
    account.take_back(Dropped("controls", "duplicate_row"))
    controls = account.step("controls")
    assert (controls.entered, controls.done, dict(controls.dropped)) == (1, 0, {"duplicate_row": 1})
