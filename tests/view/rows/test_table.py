"""Rows by filter, order, group and page: what is unknown is neither low nor high nor zero."""

import math
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosslight.view.rows.narrow import Facet, in_order
from crosslight.view.rows.query import Query, read_query
from crosslight.view.rows.table import PAGE, Table
from tests.view.rows.make import table


@pytest.fixture
def ten(tmp_path: Path) -> Table:
    columns: dict[str, list[Any]] = {
        "id": [f"r{n}" for n in range(10)],
        "p": [0.1, None, 0.9, math.nan, 0.5, 0.2, 0.5, -1.0, 2.0, None],
        "kind": ["a", "b", None, "a", "", "b", "a", "a", "c", "a"],
        "rules": [["x", "y"], [], None, ["y"], ["x"], [], ["y", "y"], [], [], ["z"]],
        "photo": ["p1", "p1", "p2", "p2", "p1", "p3", "p3", "p1", None, None],
        "true": [True, False, True, None, True, False, True, True, False, True],
    }
    return table(
        tmp_path,
        columns,
        id="id",
        photo="photo",
        facets=("kind", "rules", "true"),
        scores=("p",),
        groups=("photo",),
    )


def rows(of: Table, asked: str) -> list[int]:
    from urllib.parse import parse_qsl

    return [int(n) for n in of.select(read_query(parse_qsl(asked))).numbers]


def test_an_unknown_number_lies_in_no_range(ten: Table) -> None:
    assert rows(ten, "r.p=-inf~inf") == [0, 2, 4, 5, 6, 7, 8]
    assert rows(ten, "r.p=0.2~0.5") == [4, 5, 6]
    bars = ten.bars(Query(), "p")
    assert bars is not None
    assert (bars.low, bars.high, sum(bars.counts), bars.unknown) == (-1.0, 2.0, 7, 3)


def test_unknown_numbers_stand_behind_the_others_in_both_orders(ten: Table) -> None:
    assert rows(ten, "sort=p")[-3:] == [1, 3, 9]
    assert rows(ten, "sort=-p")[-3:] == [1, 3, 9]
    assert rows(ten, "sort=-p")[:3] == [8, 2, 4]


def test_numbers_sort_as_numpy_sorts_them() -> None:
    odd = [0.0, -0.0, math.nan, -math.nan, math.inf, -math.inf, 1e-45, -1e-45, 3.4e38, 0.0, 1.0]
    many = np.random.default_rng(0).normal(size=2_000)
    keys = np.array([*odd, *many, *odd, *np.round(many, 1)], np.float32)
    for falling in (False, True):
        expected = np.argsort(-keys if falling else keys, kind="stable")
        assert in_order(keys, falling).tolist() == expected.tolist()


def test_a_row_of_a_list_counts_at_each_of_its_values_once(ten: Table) -> None:
    assert rows(ten, "f.rules=y") == [0, 3, 6]
    assert dict(ten.counts(Query(), "rules")) == {"x": 2, "y": 3, "z": 1}
    assert rows(ten, "f.rules=x&f.rules=z") == [0, 4, 9]


def test_a_missing_value_has_a_place_and_can_be_asked_for(ten: Table) -> None:
    assert dict(ten.counts(Query(), "kind"))["(unknown)"] == 2
    assert rows(ten, "f.kind=(unknown)") == [2, 4]
    assert rows(ten, "f.true=(unknown)") == [3]


def test_a_facets_counts_leave_its_own_filter_out(ten: Table) -> None:
    query = Query(only=(("kind", ("a",)),))
    assert dict(ten.counts(query, "kind"))["b"] == 2
    assert dict(ten.counts(query, "true")) == {"yes": 4, "(unknown)": 1}


def test_what_several_ask_at_once_is_counted_once(
    ten: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, asked = Facet.counts, list[str]()
    began, all_ask = threading.Event(), threading.Event()

    def slow(facet: Facet, mask: Any) -> list[tuple[str, int]]:
        asked.append(facet.name)
        began.set()
        all_ask.wait(30)
        time.sleep(0.05)  # from being there to waiting
        return counts(facet, mask)

    monkeypatch.setattr(Facet, "counts", slow)
    found: list[list[tuple[str, int]]] = []
    many = [
        threading.Thread(target=lambda: found.append(ten.counts(Query(), "kind"))) for _ in "four"
    ]
    many[0].start()
    began.wait(30)
    for one in many[1:]:
        one.start()
    all_ask.set()
    for one in many:
        one.join(30)
    assert asked == ["kind"] and len(found) == 4 and all(one == found[0] for one in found)


def test_unknown_columns_and_values_are_passed_over(ten: Table) -> None:
    assert len(rows(ten, "f.nothing=1&r.none=0~1&sort=odd&group=kind")) == 10
    assert rows(ten, "f.kind=never") == []


def test_groups_come_in_the_order_of_their_first_rows(ten: Table) -> None:
    found = ten.select(Query(group="photo"))
    assert found.numbers.tolist() == [0, 2, 5, 8]
    assert found.sizes is not None and found.sizes.tolist() == [4, 2, 2, 2]
    fallen = ten.select(Query(group="photo", sort="p", falling=True))
    assert fallen.numbers.tolist() == [8, 2, 4, 6]
    assert found.rows == 10


def test_the_rows_of_a_page_of_groups_keep_the_order_and_the_filter(ten: Table) -> None:
    query = Query(group="photo", sort="p", only=(("true", ("yes",)),))
    leaders = ten.select(query).page(1)
    assert ten.members(query, leaders, "photo") == {7: [7, 0, 4], 6: [6], 2: [2], 9: [9]}


def test_the_rows_of_one_photo_can_be_asked_for(ten: Table) -> None:
    assert rows(ten, "f.photo=p1") == [0, 1, 4, 7]
    assert rows(ten, "f.photo=nowhere") == []


def test_an_id_leads_to_its_row_across_files(ten: Table) -> None:
    assert ten.number_of("r7") == 7
    assert ten.number_of("r70") is None
    assert ten.row(7)["kind"] == "a"


def test_rows_without_an_id_are_called_by_number(tmp_path: Path) -> None:
    plain = table(tmp_path, {"t": list("abcdef")})
    assert plain.number_of("5") == 5
    assert plain.number_of("6") is None
    assert plain.number_of("٣") is None
    assert plain.number_of("-1") is None


def test_the_page_behind_the_last_is_the_last(tmp_path: Path) -> None:
    many = table(tmp_path, {"t": [str(n) for n in range(PAGE + 5)]}, text="t")
    found = many.select(Query())
    assert found.pages == 2
    assert len(many.page(found, 999)) == 5
    assert many.page(found, 2)[0]["t"] == str(PAGE)


def test_a_column_of_too_many_values_is_no_facet(tmp_path: Path) -> None:
    many = table(tmp_path, {"u": [str(n) for n in range(5_100)]}, facets=("u",))
    assert many.facets == {}


def test_a_table_without_rows_has_a_page(tmp_path: Path) -> None:
    none = table(tmp_path, {"t": [], "p": []}, text="t", scores=("p",))
    assert none.page(none.select(Query()), 1) == []
