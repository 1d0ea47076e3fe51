"""Tables of anybody: odd types, names and ids take no page away and no row out of reach."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.view.server.ask import Answer, ask

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from crosslight.store import TableError
from crosslight.view.server.app import application
from crosslight.view.server.fence import LOCAL
from crosslight.view.server.opened import open_places

AT = "/r/odd.parquet"
PAGES = ("rows", "rows?look=table", "review", "rows.jsonl", "rows.parquet", "rows?q=a", "next")


def app(folder: Path, columns: dict[str, Any], **how: Any) -> Any:
    path = folder / "odd.parquet"
    pq.write_table(pa.table(columns), path, **how)
    return application(open_places([path], None, None), hosts=LOCAL)


def row_links(page: Answer) -> list[str]:
    return re.findall(rf'href="({AT}/row/[^"?]*)\?', page.text)


def words_of(page: Answer) -> str:
    found = re.search(r"<blockquote[^>]*>(.*?)</blockquote>", page.text)
    return found.group(1) if found else ""


def posted(of: Any, **form: str) -> Answer:
    return ask(of, f"{AT}/review", "POST", urlencode(form), sec_fetch_site="same-origin")


@pytest.mark.parametrize(
    "ids",
    [
        ["a", "b", "a", "a"],  # items of several epochs
        [None, "", "..", "a\nb", "x\0", "y" * 70_000, "c"],
        [1.0, 2.5, 1.0],
        [True, False],
        [b"\xff", b"b"],
        [[1], [2]],
    ],
)
def test_every_row_has_a_page_and_reviews_of_its_own(tmp_path: Path, ids: list[Any]) -> None:
    web = app(tmp_path, {"id": ids, "text": [f"words {n}" for n in range(len(ids))]})
    links = row_links(ask(web, f"{AT}/rows"))
    assert len(set(links)) == len(ids)
    assert [words_of(ask(web, link)) for link in links] == [f"words {n}" for n in range(len(ids))]
    for link in links:
        page = ask(web, link).text
        row = re.search(r'name="row" value="([^"]*)"', page)
        assert row
        assert posted(web, row=row.group(1), by="ann", verdict="accept").status == 303
    assert ask(web, f"{AT}/review").text.count(f"<b>{len(ids)}</b> of") == 1


@pytest.mark.parametrize(
    "odd",
    [
        pa.array([2**62, 5], pa.timestamp("us")),
        pa.array([5, 6], pa.timestamp("us", "Nowhere/Known")),
        pa.array([[("k", 1.0)], None], pa.map_(pa.string(), pa.float64())),
        pa.array(["x", "y"]).dictionary_encode(),
        pa.array([b"\xff", None], pa.binary()),
        pa.array([None, None]),
    ],
)
def test_a_column_of_any_type_is_shown(tmp_path: Path, odd: pa.Array) -> None:
    web = app(tmp_path, {"id": ["a", "b"], "text": ["t", "u"], "odd": odd})
    for page in (*PAGES, "row/a", "row/b"):
        assert ask(web, f"{AT}/{page}").status in (200, 303), page


def test_broken_letters_are_shown_as_such(tmp_path: Path) -> None:
    path = tmp_path / "odd.parquet"
    table = pa.table({"id": ["a", "b"], "text": ["so MARK", "t"], "kind": ["k MARK", "l"]})
    pq.write_table(table, path, compression="none", use_dictionary=False, write_statistics=False)
    path.write_bytes(path.read_bytes().replace(b"MARK", b"\xff\xfe\xff\xfe"))
    web = application(open_places([path], None, None), hosts=LOCAL)
    assert "so \ufffd" in ask(web, f"{AT}/row/a").text
    for page in PAGES:
        assert ask(web, f"{AT}/{page}").status in (200, 303), page


def test_columns_named_like_ours_change_nothing_of_ours(tmp_path: Path) -> None:
    columns = {"#": [0.5, 0.25], "#id": ["x", "x"], "#others": ["a", "b"], "#group": ["a", "b"]}
    web = app(tmp_path, {"text": ["t", "u"], **columns, "": ["c", "d"], "%41/?&": ["e", "f"]})
    for page in (*PAGES, "row/0", "row/1"):
        assert ask(web, f"{AT}/{page}").status in (200, 303), page
    assert row_links(ask(web, f"{AT}/rows")) == [f"{AT}/row/0", f"{AT}/row/1"]
    assert ask(web, f"{AT}/rows?{urlencode({'f.%41/?&': 'f'})}").text.count('class="card"') == 1
    long = app(tmp_path, {"id": ["a"], "a/b": ["w" * 30_000]})
    address = re.search(rf'href="({AT}/cell/[^"]*)"', ask(long, f"{AT}/row/a").text)
    assert address and ask(long, address.group(1)).text == "w" * 30_000


def test_two_columns_of_one_name_are_refused_by_name(tmp_path: Path) -> None:
    twins = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    pq.write_table(twins, tmp_path / "odd.parquet")
    with pytest.raises(TableError, match="two columns called 'text'"):
        open_places([tmp_path / "odd.parquet"], None, None)


def test_whole_numbers_keep_their_digits_as_values_of_a_facet(tmp_path: Path) -> None:
    web = app(tmp_path, {"text": list("abc"), "day": [20240101, 20240102, 20240101]})
    page = ask(web, f"{AT}/rows").text
    assert "f.day=20240101" in page and "f.day=20240102" in page
    assert ask(web, f"{AT}/rows?f.day=20240101").text.count('class="card"') == 2


def test_a_page_of_a_row_reads_no_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = [{"bytes": b"\x89PNG" + b"x" * 5_000, "path": ""}] * 2
    columns = {"id": ["a", "b"], "text": ["t", "u"], "image": picture, "image_2": picture}
    path = tmp_path / "odd.parquet"
    pq.write_table(pa.table({**columns, "thumb": [b"y" * 5_000] * 2}), path)
    places = open_places([path], None, None)
    table = places["odd.parquet"].table
    assert table is not None and set(table.row(0)) == {"id", "text", "#", "#id"}
    page = ask(application(places, hosts=LOCAL), f"{AT}/row/a").text
    assert "xxx" not in page and "yyy" not in page


def test_a_thousand_columns_are_few_facets(tmp_path: Path) -> None:
    facets = {f"f{n}": ["a", "b"] * 2 for n in range(500)}
    scores = {f"s{n}": [0.1, 0.2] * 2 for n in range(500)}
    web = app(tmp_path, {"id": list("abcd"), "text": list("abcd"), **facets, **scores})
    assert ask(web, f"{AT}/rows").text.count('class="facet') <= 120
    page = ask(web, f"{AT}/row/a")
    assert page.status == 200 and "f499" in page.text


def test_a_range_past_the_ends_of_small_floats_is_quiet(tmp_path: Path) -> None:
    web = app(tmp_path, {"text": list("abc"), "s": [float("inf"), 1e300, 0.5]})
    for ends, many in (("r.s=0~1e300", 1), ("r.s=-1e300~inf", 3), ("r.s=0~1", 1)):
        assert ask(web, f"{AT}/rows?{ends}").text.count('class="card"') == many


@pytest.mark.parametrize(
    ("digits", "status"), [("9" * 5_000, 414), ("9" * 3_000, 404), ("007", 404), ("-1", 404)]
)
def test_numbers_of_no_row_are_refused(tmp_path: Path, digits: str, status: int) -> None:
    web = app(tmp_path, {"text": ["t"]})
    for page in (f"row/{digits}", f"picture/{digits}.0-440.jpg", f"picture/0.0-{digits}.jpg"):
        assert ask(web, f"{AT}/{quote(page)}").status == status, page


def test_texts_are_compared_with_lists_as_unlike_kinds(tmp_path: Path) -> None:
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    pq.write_table(pa.table({"id": ["a", "b"], "x": ["1", "2"], "y": [1, 2]}), one)
    pq.write_table(pa.table({"id": ["a", "b"], "x": [[1], [2]], "y": ["1", "3"]}), two)
    web = application(open_places([one, two], None, None), hosts=LOCAL)
    page = ask(web, "/compare?a=one.parquet&b=two.parquet")
    assert page.status == 200 and "Not compared: x" in page.text


@pytest.mark.parametrize("odd", [["x", "y"], [1, 2], [{"bytes": b"x"}, None], [[1], []]])
def test_pictures_of_any_type_are_pictures_or_none(tmp_path: Path, odd: list[Any]) -> None:
    for name in ("image", "images", "photos", "photo"):
        web = app(tmp_path, {"text": ["a", "b"], name: odd})
        assert ask(web, f"{AT}/picture/0.0-440.jpg").status == 404, name
        assert ask(web, f"{AT}/row/0").status == ask(web, f"{AT}/rows").status == 200, name
