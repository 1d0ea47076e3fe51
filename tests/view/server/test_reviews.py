"""Reviews over HTTP: acts, undo, steps, words that change, labels, care, and what is refused."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.view.served import asked, pictured, served

pytest.importorskip("starlette", reason="the viewer needs the extra web")

LONG = "\u202emany words " * 4_000


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("reviews")
    texts = [f"What do I do with number {n}?" for n in range(23)]
    place = pictured(folder / "table", 24, text=[*texts, LONG])
    with served(folder / "home", place) as (address, _):
        yield address, place.parent / "rows.parquet.reviews.jsonl"


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


AT = "/r/rows.parquet"


def test_a_verdict_goes_on_an_undo_goes_back_a_label_and_an_edit_stay(
    base: tuple[str, Path],
) -> None:
    web, path = base
    form = {"row": "row-3", "by": "ann", "verdict": "reject", "reason": " dull ", "shown": "yes"}
    status, headers, _ = asked(web, f"{AT}/review?f.category=fire", form)
    assert status == 303 and headers["location"] == f"{AT}/row/row-6?f.category=fire"
    assert headers["set-cookie"].startswith("crosslight-by=ann;")
    assert "SameSite=strict" in headers["set-cookie"]
    said = lines(path)[-1]
    assert (said["verdict"], said["reason"], said["shown"]) == ("reject", "dull", True)

    form = {"row": "row-6", "by": "ann", "label": "unsafe@pets"}
    assert asked(web, f"{AT}/review", form)[1]["location"] == f"{AT}/row/row-6?"
    assert (lines(path)[-1]["label"], lines(path)[-1]["rule"]) == ("unsafe", "pets")

    form = {"row": "row-6", "by": "ann", "act": "edit", "edit.text": "Better\r\nwords"}
    form["edit.response"] = "An answer to number 6."  # as it was
    assert asked(web, f"{AT}/review", form)[1]["location"] == f"{AT}/row/row-6?"
    assert lines(path)[-1]["edit"] == {"text": "Better\nwords"}
    page = asked(web, f"{AT}/row/row-6")[2]
    assert "Better" in page and "it said:" in page and "unsafe by pets" in page

    for row in ("row-6", "row-6", "row-3"):  # edit, label, verdict: from wherever one is
        form = {"row": "row-20", "by": "ann", "act": "undo"}
        assert asked(web, f"{AT}/review", form)[1]["location"] == f"{AT}/row/{row}?"
    count = len(lines(path))
    form = {"row": "row-20", "by": "ann", "act": "undo"}
    assert asked(web, f"{AT}/review", form)[1]["location"] == f"{AT}/row/row-20?"
    assert len(lines(path)) == count


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"row": "row-1", "by": "ann"}, "says nothing"),
        ({"row": "row-1", "by": "", "verdict": "accept"}, "names its row and its reviewer"),
        ({"row": "row-1", "by": "ann", "verdict": "love"}, "no verdict"),
        ({"row": "row-1", "by": "ann", "act": "edit", "edit.id": "x"}, "can be edited"),
        ({"row": "row-1", "by": "ann", "act": "edit", "edit.no": "x"}, "can be edited"),
        (
            {
                "row": "row-1",
                "by": "ann",
                "act": "edit",
                "edit.text": "What do I do with number 1?",
            },
            "says nothing",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused(
    base: tuple[str, Path], form: dict[str, str], why: str
) -> None:
    web, path = base
    before = path.read_bytes() if path.exists() else b""
    status, _, page = asked(web, f"{AT}/review", form)
    assert status == 400 and why in page
    assert (path.read_bytes() if path.exists() else b"") == before


def test_unknown_rows_and_large_forms_are_refused(base: tuple[str, Path]) -> None:
    web, _ = base
    form = {"row": "row-99", "by": "ann", "verdict": "accept"}
    assert asked(web, f"{AT}/review", form)[0] == 404
    form = {"row": "row-1", "by": "ann", "verdict": "accept", "reason": "x" * 5_000_000}
    assert asked(web, f"{AT}/review", form)[0] == 413


def test_next_is_the_first_row_that_i_have_not_reviewed(base: tuple[str, Path]) -> None:
    web, _ = base
    for row in ("row-0", "row-1"):
        asked(web, f"{AT}/review", {"row": row, "by": "next", "verdict": "skip"})
    _, headers, _ = asked(web, f"{AT}/next", cookie="crosslight-by=next")
    assert headers["location"] == f"{AT}/row/row-2?"
    for row, onward in (("row-5", "row-6"), ("row-23", "row-2"), ("no", "row-2")):
        _, headers, _ = asked(web, f"{AT}/next?after={row}", cookie="crosslight-by=next")
        assert headers["location"] == f"{AT}/row/{onward}?"
    _, headers, _ = asked(web, f"{AT}/next", cookie="crosslight-by=other")
    assert headers["location"] == f"{AT}/row/row-0?"


def test_unwanted_categories_are_left_out_of_steps_grids_and_pictures(
    base: tuple[str, Path],
) -> None:
    web, _ = base
    cookie = "crosslight-unwanted=medicine,weapons"
    page = asked(web, f"{AT}/row/row-3", cookie=cookie)[2]
    assert f'rel="prev" href="{AT}/row/row-0?' in page
    assert f'rel="next" href="{AT}/row/row-6?' in page
    page = asked(web, f"{AT}/rows", cookie=cookie)[2]
    assert "number 0?" in page and "number 1?" not in page
    assert page.count("Left out by your wish") == 16
    assert page.count("/picture/") == 8
    page = asked(web, f"{AT}/row/row-1", cookie=cookie)[2]
    assert "left out by your wish: medicine" in page and "/picture/1." not in page


def test_sensitive_photos_are_not_loaded_before_they_are_asked_for(base: tuple[str, Path]) -> None:
    web, _ = base
    page = asked(web, f"{AT}/row/row-0")[2]
    assert f'data-src="{AT}/picture/0.0-1280.jpg?v=' in page and ' src="/r/' not in page
    assert "fire · show" in page
    page = asked(web, f"{AT}/row/row-0", cookie="crosslight-care=sensitive")[2]
    assert f' src="{AT}/picture/0.0-1280.jpg?v=' in page
    assert '<html lang="en" class="care-sensitive">' in page


def headers_of_care(web: str, form: list[tuple[str, str]]) -> str:
    """The cookies that the form of care leaves, as a browser sends them back."""
    parts = urlsplit(web)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("POST", "/care", urlencode(form), {"sec-fetch-site": "same-origin"})
    answer = connection.getresponse()
    found = [v.split(";")[0] for k, v in answer.getheaders() if k.lower() == "set-cookie"]
    connection.close()
    return "; ".join(found)


def test_care_is_kept_in_the_browser_and_leads_back_within_the_viewer(
    base: tuple[str, Path],
) -> None:
    web, _ = base
    page = asked(web, "/care?back=/r/x")[2]
    assert 'value="/r/x"' in page and all(f'value="{one}"' in page for one in ("fire", "weapons"))
    form = {"by": "Ann; é", "care": "grey", "limit": "7", "unwanted": "fire, smoke", "back": "/r/x"}
    status, headers, _ = asked(web, "/care", form)
    assert status == 303 and headers["location"] == "/r/x"
    kept = headers_of_care(web, [("unwanted", "fire, smoke"), ("unwanted", "weapons")])
    page = asked(web, "/care", cookie=kept)[2]
    assert 'value="fire, smoke" checked' in page and 'value="weapons" checked' in page
    for back in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ):
        assert asked(web, "/care", {**form, "back": back})[1]["location"] == "/"
    cookie = (
        "crosslight-by=Ann%3B%20%C3%A9; crosslight-limit=7; crosslight-unwanted=fire%2C%20smoke"
    )
    page = asked(web, "/care", cookie=cookie)[2]
    assert (
        'value="Ann; é"' in page and 'value="7"' in page and 'value="fire, smoke" checked' in page
    )
    page = asked(web, "/care", cookie='crosslight-care="><script>; crosslight-limit=-1')[2]
    assert '<html lang="en" class="care-hidden">' in page


def test_a_long_text_is_cut_and_offered_as_plain_text(base: tuple[str, Path]) -> None:
    web, _ = base
    page = asked(web, f"{AT}/row/row-23")[2]
    assert len(page) < 120_000 and f'href="{AT}/cell/row-23?column=text"' in page
    status, headers, text = asked(web, f"{AT}/cell/row-23?column=text")
    assert status == 200 and text == LONG
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    for row, column in (
        ("row-23", "image"),
        ("row-23", "score"),
        ("row-23", "no"),
        ("row-99", "text"),
    ):
        assert asked(web, f"{AT}/cell/{row}?column={column}")[0] == 404


def test_the_page_of_reviews_shows_who_differs_and_the_labels(base: tuple[str, Path]) -> None:
    web, _ = base
    for by, verdict, label in (("cy", "accept", "safe@"), ("di", "reject", "unsafe@")):
        for row in ("row-8", "row-9"):
            one = verdict if row == "row-8" else "accept"
            asked(web, f"{AT}/review", {"row": row, "by": by, "verdict": one})
        asked(web, f"{AT}/review", {"row": "row-8", "by": by, "label": label})
        asked(web, f"{AT}/review", {"row": "row-9", "by": by, "label": "safe@"})
    page = asked(web, f"{AT}/review")[2]
    assert f'href="{AT}/row/row-8"' in page and f'href="{AT}/row/row-9"' not in page
    assert "Krippendorff" in page and "1 disputed label left out" in page
    _, headers, text = asked(web, f"{AT}/labels.csv")
    assert headers["content-disposition"] == 'attachment; filename="labels.csv"'
    assert text.splitlines()[1:] == ["row-9,row-9,*,safe,,,,,cy di"]
    assert len(asked(web, f"{AT}/labels.csv?by=di")[2].splitlines()) == 3


def test_calls_of_a_row_without_a_store_are_none(base: tuple[str, Path]) -> None:
    status, _, page = asked(base[0], f"{AT}/calls/row-1")
    assert status == 200 and "holds no call" in page


def test_the_queue_of_the_report_card_leads_through_its_images(tmp_path: Path) -> None:
    deep = '[{"rule": "pets", "reason": ' + "[" * 900 + "]" * 900 + "}]"
    photos = [f"p{n}" for n in range(6)]
    place = pictured(tmp_path / "run", 6, photo=photos, rules=[deep] * 6, provenance=[deep] * 6)
    queue = "image,photo,drawn,queue,place,of,label\r\n" + "".join(
        f"x.jpg,p{n},random,q,{n},6,\r\n" for n in (4, 2, 9)
    )
    (place.parent / "label_next.csv").write_text(queue, encoding="utf-8")
    (place.parent / "run.json").write_text('{"kind": "judge", "status": "complete"}', "utf-8")
    place.rename(place.parent / "verdicts.parquet")
    with served(tmp_path / "home", place.parent) as (web, _):
        for row in ("row-4", "row-2"):
            _, headers, _ = asked(web, "/r/run/next?queue=1", cookie="crosslight-by=ann")
            assert headers["location"] == f"/r/run/row/{row}?"
            form = {"row": row, "by": "ann", "label": "unsafe@"}
            assert asked(web, "/r/run/review", form)[1]["location"] == f"/r/run/row/{row}?"
        _, headers, _ = asked(web, "/r/run/next?queue=1", cookie="crosslight-by=ann")
        assert headers["location"] == "/r/run/review"
        page = asked(web, "/r/run/row/row-4")[2]
        assert "Next that the card wants labelled" in page and 'value="unsafe@pets"' in page
        text = asked(web, "/r/run/labels.csv")[2]
        assert text.splitlines()[1] == "p2,p2,*,unsafe,random,q,2,6,ann"
