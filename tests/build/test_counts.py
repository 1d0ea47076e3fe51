"""Every row stands in one place only."""

import pytest

from crosslight.build.counts import STEPS, RowCounts, control_failed
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


@pytest.mark.parametrize(
    ("error", "note"),
    [
        ("truncated: http://10.0.0.7:8000 cut it", "a control failed: truncated: the reply was"),
        ("unreachable: no route to host-7.lan", "a control failed: unreachable: no server"),
        ("KeyError: '/home/me/secret'", "a control failed: KeyError"),
        ("http://10.0.0.7:8000 answered 500", "a control failed: http"),
        ("/srv/a: gone", "a control failed"),
    ],
)
def test_what_a_row_says_of_a_failed_control_names_no_machine(error: str, note: str) -> None:
    told = control_failed(error)
    assert told.startswith(note)
    assert not any(word in told for word in ("10.0", "lan", "home", "srv", "/"))
