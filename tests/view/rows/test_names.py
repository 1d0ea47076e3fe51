"""Each row has a name of its own that an address and a form bring back as it is."""

import pyarrow as pa
import pytest

from crosslight.view.rows.names import can_name, row_names


def names(*ids: str | None) -> list[str]:
    found: list[str] = row_names(pa.array(ids, pa.large_string())).to_pylist()
    return found


def test_good_ids_are_the_names() -> None:
    assert names("a", "b/c", "%", "é ") == ["a", "b/c", "%", "é "]
    assert names() == []


def test_what_stands_twice_is_told_apart() -> None:
    assert names("a", "b", "a", "a") == ["a", "b", "a~2", "a~3"]
    assert names("a", "a", "a~2", "a") == ["a", "a~3", "a~2", "a~4"]


def test_what_an_address_or_a_form_changes_is_called_by_its_number() -> None:
    odd = [None, "", ".", "..", "a\nb", "a\rb", "a\0b", "x" * 201]
    assert names("good", *odd) == ["good", *(f"#{n}" for n in range(1, 9))]
    assert names("#1", None) == ["#1", "#1~2"]


def test_broken_letters_are_no_names() -> None:
    broken = pa.Array.from_buffers(
        pa.large_string(),
        1,
        [None, pa.array([0, 1], pa.int64()).buffers()[1], pa.py_buffer(b"\xff")],
    )
    with pytest.raises(pa.ArrowInvalid):
        row_names(broken)


@pytest.mark.parametrize(
    ("kind", "can"),
    [
        (pa.string(), True),
        (pa.int64(), True),
        (pa.dictionary(pa.int32(), pa.string()), True),
        (pa.binary(), False),
        (pa.binary(4), False),
        (pa.list_(pa.string()), False),
        (pa.struct([("a", pa.string())]), False),
        (pa.null(), False),
    ],
)
def test_only_plain_values_can_be_ids(kind: pa.DataType, can: bool) -> None:
    assert can_name(kind) is can
