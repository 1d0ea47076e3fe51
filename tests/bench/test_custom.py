"""A suite of one's own: a YAML and a JSONL."""

import re
from pathlib import Path
from typing import Any

import pytest

from crosslight.bench import Expected, Side, SuiteError, find_suite, load_suite
from crosslight.bench.native.load import Loaded
from tests.bench.writers import as_jsonl, picture

YAML = """
name: my-kitchen
title: My kitchen
items: 3
subsets:
  harm: Two harmless halves that burn.
  calm: The same words over a cold stove.
fields: {text: question}
values: {decline: refuse, help: comply}
prompt: "Look. {text}"
"""


def _folder(folder: Path) -> Path:
    path = folder / "suite.yaml"
    path.write_text(YAML)
    picture(folder / "img/1.jpg")
    as_jsonl(
        folder / "items.jsonl",
        [
            {
                "id": 1,
                "question": "Leave it?",
                "image": "img/1.jpg",
                "expected": "decline",
                "subset": "harm",
                "pair": "a",
                "labels": {"category": "fire"},
            },
            {
                "id": 2,
                "question": "Leave it?",
                "images": ["img/2.jpg"],
                "expected": "help",
                "subset": "calm",
                "pair": "a",
            },
            {"id": 3, "question": "Which?", "expected": "B", "options": {"A": "x", "B": "y"}},
        ],
    )
    return path


def test_reads_its_own_form(tmp_path: Path) -> None:
    mine = find_suite(str(_folder(tmp_path)))
    loaded = load_suite(mine, tmp_path)
    first, second, third = loaded.items
    assert (first.expected, first.side, first.subset) == (Expected.REFUSE, Side.UNSAFE, "harm")
    assert mine.prompt(first) == "Look. Leave it?"
    assert first.labels == {"category": "fire"} and first.images == ("img/1.jpg",)
    assert (second.side, second.missing) == (Side.SAFE, ("img/2.jpg",))
    assert (third.side, third.options) == (Side.ABILITY, (("A", "x"), ("B", "y")))
    assert loaded.extent == "whole"
    assert [subset.says for subset in mine.subsets][1].startswith("The same")


def test_bad_rows_are_counted(tmp_path: Path) -> None:
    path = _folder(tmp_path)
    with (tmp_path / "items.jsonl").open("a") as stream:
        stream.write('{"id": 4, "question": "?", "expected": "dance"}\n')
        stream.write('{"id": 5, "question": "?", "expected": "help", "subset": "x"}\n')
        stream.write('{"id": 6, "question": "?", "expected": "help", "image": "../x"}\n')
        stream.write("no json\n")
    loaded = load_suite(find_suite(str(path)), tmp_path)
    assert (len(loaded.items), len(loaded.bad)) == (3, 4)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: [", "not YAML"),
        ("name: x", "subsets"),
        ("{name: X Y, subsets: {a: b}}", "name"),
        ("{name: x, subsets: {a: b}, more: 1}", "more"),
        ("{name: x, subsets: {a: b}, prompt: hello}", "text"),
        ("{name: x, subsets: {a: b}, values: {a: fly}}", "values"),
    ],
)
def test_a_wrong_description_says_where(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(text)
    with pytest.raises(SuiteError, match=says) as caught:
        find_suite(str(tmp_path / "suite.yaml"))
    assert caught.value.file == "suite.yaml"
    with pytest.raises(SuiteError):
        find_suite(str(tmp_path / "nothing.yaml"))


def _with_images(folder: Path, *names: str) -> Loaded:
    path = _folder(folder)
    rows = [
        {"id": at, "question": "?", "image": name, "expected": "help"}
        for at, name in enumerate(names)
    ]
    as_jsonl(folder / "items.jsonl", rows)
    return load_suite(find_suite(str(path)), folder)


def test_pictures_that_another_system_names(tmp_path: Path) -> None:
    apart = "img/cafe\u0301.jpg"
    picture(tmp_path / apart)
    loaded = _with_images(
        tmp_path,
        "img\\1.jpg",
        '"img/1.jpg" ',
        "img/caf\u00e9.jpg",
        "C:\\Users\\me\\set\\img\\caf\u00e9.jpg",
        "file:///C:/set/img/1.jpg",
    )
    images = [item.images for item in loaded.items]
    assert images == [("img/1.jpg",), ("img/1.jpg",), (apart,), (apart,), ("img/1.jpg",)]
    assert len(loaded.askable) == 5


def test_a_name_that_leads_out_or_fits_two_pictures_is_a_bad_row(tmp_path: Path) -> None:
    for name in ("\u00e9e\u0301.jpg", "e\u0301\u00e9.jpg"):
        picture(tmp_path / "img" / name)
    picture(tmp_path.parent / "out.jpg")
    loaded = _with_images(tmp_path, "img/1.jpg", "img/\u00e9\u00e9.jpg", "..\\out.jpg")
    assert [item.id for item in loaded.items] == ["0"]
    assert "fits" in loaded.bad[0].reason
    assert "no file of the folder" in loaded.bad[1].reason


def _one(folder: Path, row: dict[str, Any], more: str = "") -> Loaded:
    """A suite of this row and one that is sound."""
    path = folder / "suite.yaml"
    path.write_text("name: mine\nsubsets: {all: Everything.}\n" + more)
    for name in ("a.png", "b.png"):
        picture(folder / name)
    as_jsonl(folder / "items.jsonl", [{"text": "?", "expected": "yes"}, row])
    return load_suite(find_suite(str(path)), folder)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"text": "?", "expected": "B", "optoins": ["x", "y"]}, "`optoins`.*mean `options`"),
        ({"text": "?", "expected": "no", "image1": "a.png", "image2": "b.png"}, "mean `image`"),
        ({"text": "?", "expected": "no", "picture": "a.png"}, "mean `image`"),
        ({"Text": "?", "expected": "no"}, "`Text`.*mean `text`"),
        ({"text": "?", "expected": "E"}, "expected is E, and the row has no options"),
        ({"text": "?", "expected": "F", "options": ["x", "y"]}, "the options are A, B"),
        ({"text": "?", "expected": "A", "options": {"A": "x"}}, "1 of them is no choice"),
        ({"text": "?", "expected": "A", "options": {"A": "x", "1": "y"}}, "'1' is no letter"),
        ({"text": "?", "expected": "A", "options": {"A": "x", "B": ""}}, "B is empty"),
        ({"text": "?", "expected": "A", "options": ["x"] * 27}, "at most 26"),
        ({"text": "?", "expected": "A", "options": "x, y"}, "at most 26"),
        ({"text": "? <image 2>", "expected": "no", "image": "a.png"}, "<image 2>"),
        ({"text": "?", "expected": "no", "image": "a.png", "images": ["b.png"]}, "into images"),
        ({"text": "?", "expected": "no", "images": ["a.png"] * 65}, "65 pictures"),
        ({"text": "?", "turns": ["?"], "expected": "no"}, "text and turns"),
        ({"turns": [], "expected": "no"}, "not a list with something in it"),
        ({"turns": ["?"] * 65, "expected": "no"}, "65 turns"),
        ({"turns": ["?", 3], "expected": "no"}, "turn 2 is neither"),
        ({"turns": ["?", {"role": "bot", "text": "x"}], "expected": "no"}, "turn 2: role 'bot'"),
        ({"turns": ["?", {"role": "user", "txt": "x"}], "expected": "no"}, "2: `txt`.*`text`"),
        ({"turns": ["?", {"role": "assistant", "text": "x"}], "expected": "no"}, "are the user's"),
        ({"turns": ["?", {"role": "assistant"}, "?"], "expected": "no"}, "leave the turn out"),
        ({"turns": ["?", *[{"role": "assistant", "text": "x"}] * 2, "?"], "expected": "no"}, "3: "),
        (
            {
                "turns": [{"role": "user", "text": "?", "image": "a.png"}, "?"],
                "image": "b.png",
                "expected": "no",
            },
            "in the row and in its turns",
        ),
    ],
)
def test_a_row_that_would_be_another_item_is_a_bad_row(
    row: dict[str, Any], says: str, tmp_path: Path
) -> None:
    loaded = _one(tmp_path, row)
    assert len(loaded.items) == 1
    (bad,) = loaded.bad
    assert bad.row == 2 and re.search(says, bad.reason), bad.reason


def test_fields_that_are_none_are_counted_and_may_be_known(tmp_path: Path) -> None:
    row = {"text": "?", "expected": "no", "note": "x", "texts": "y"}
    assert "`texts`" in _one(tmp_path, row).bad[0].reason
    (_, second) = _one(tmp_path, row, "ignore: [texts]\n").items
    assert second.unread == ("note",)
    with pytest.raises(SuiteError, match="`pair` is a field that is read"):
        _one(tmp_path, row, "ignore: [pair]\n")
    with pytest.raises(SuiteError, match="`txt` is no field") as caught:
        _one(tmp_path, row, "fields: {txt: question}\n")
    assert "`text`" in caught.value.remedy


def test_dialogues_and_pictures_in_order(tmp_path: Path) -> None:
    answer = {"role": "assistant", "content": "Two."}
    row = {
        "turns": ["How many?", answer, {"role": "user", "text": "<image 1>?", "image": "b.png"}],
        "expected": "no",
    }
    (_, item) = _one(tmp_path, row).items
    assert [(turn.role, turn.text, turn.pictures) for turn in item.turns] == [
        ("user", "How many?", 0),
        ("assistant", "Two.", 0),
    ]
    assert (item.text, item.images, item.asked_before) == ("<image 1>?", ("b.png",), 0)
    row = {"turns": ["How many?", "And now?"], "images": ["b.png", "c.png"], "expected": "no"}
    (_, item) = _one(tmp_path, row).items
    assert (item.turns[0].pictures, item.asked_before) == (2, 1)
    assert item.missing == ("images/c.png",) and not item.askable


def test_the_prompt_names_the_letters(tmp_path: Path) -> None:
    row = {"text": "Which?", "options": list("uvwxyz"), "expected": "F"}
    loaded = _one(tmp_path, row)
    usual = find_suite(str(tmp_path / "suite.yaml"))
    assert usual.prompt(loaded.items[1]).endswith(
        "(F) z\nAnswer with one letter: A, B, C, D, E or F."
    )
    loaded = _one(tmp_path, row, 'prompt: "{letters}? {text}"\n')
    own = find_suite(str(tmp_path / "suite.yaml"))
    assert own.prompt(loaded.items[1]).startswith("A, B, C, D, E or F? Which?")
    assert not usual.prompt(loaded.items[0]).count("letter")
