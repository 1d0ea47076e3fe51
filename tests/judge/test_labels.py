"""Label files of any system: encodings, line ends, separators; all that is wrong at once."""

import json
from pathlib import Path

import pytest

from crosslight.judge.labels import LabelError, read_labels

ROWS = [["image", "label", "rule"], ["Küche.jpg", "unsafe", "flame"], ["b, c.jpg", "safe", "*"]]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_labels_of_other_systems(tmp_path: Path, codec: str, end: str, sign: str) -> None:
    text = end.join(sign.join(f'"{cell}"' for cell in row) for row in ROWS)
    (tmp_path / "l.csv").write_bytes(text.encode(codec))
    labels = read_labels(tmp_path / "l.csv")
    assert labels.of("", "Küche.jpg", "flame") is True
    assert labels.of("", "b, c.jpg") is False


def test_a_spreadsheet_that_says_its_separator(tmp_path: Path) -> None:
    text = 'sep=;\r\nImage no;image ;label;;\r\n1;a.jpg;unsafe;;\r\n2;"b\nc.jpg";safe;;\r\n'
    (tmp_path / "l.csv").write_text(text, newline="")
    labels = read_labels(tmp_path / "l.csv")
    assert labels.of("", "a.jpg") is True
    assert labels.of("", "b\nc.jpg") is False


def test_json_of_other_systems(tmp_path: Path) -> None:
    rows = [{"image": "ü.jpg", "label": "unsafe"}, {"image": "b.jpg", "label": float("nan")}]
    lines = "\r\n".join(map(json.dumps, rows))
    (tmp_path / "l.jsonl").write_bytes(lines.encode("utf-16"))
    assert read_labels(tmp_path / "l.jsonl").values == {("ü.jpg", "*"): True}
    (tmp_path / "l.json").write_bytes(json.dumps(rows).encode("utf-8-sig"))
    assert read_labels(tmp_path / "l.json").values == {("ü.jpg", "*"): True}


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("l.csv", "image,label\nKüche.jpg,safe\n".encode("cp1252"), "cp1252"),
        ("l.csv", b"im\xc3\xa0ge,label\na,safe\n", "image and label are needed"),
        ("l.csv", "im\u0430ge,label\na,safe\n".encode(), "looks like the Latin a"),
        ("l.csv", b"image,label\na,b.jpg,safe\n", "row 1: more cells than the header"),
        ("l.csv", b"image,label,label\na,safe,unsafe\n", "two columns have one name"),
        ("l.csv", "image,label\na,safe\n".encode("utf-16-le"), "without its mark"),
        (
            "l.jsonl",
            b'{"image": "a", "label": "safe"}\n{"label": "safe", "label": "unsafe"}',
            "line 2",
        ),
        ("l.json", b'[{"image": "a",\n"label": }]', "line 2"),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(LabelError, match=says):
        read_labels(tmp_path / name)


def test_all_wrong_rows_are_listed(tmp_path: Path) -> None:
    text = "image,label\na,safe\n,unsafe\nb,perhaps\na,unsafe\nc,\n"
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(LabelError) as caught:
        read_labels(tmp_path / "l.csv")
    assert caught.value.message.split("\n") == [
        "l.csv: 3 errors",
        "  row 2: no image, or 'unsafe' is no label",
        "  row 3: no image, or 'perhaps' is no label",
        "  row 4: a is unsafe and safe",
    ]
