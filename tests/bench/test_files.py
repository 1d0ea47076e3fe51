"""The authors' text files as other systems write them."""

from pathlib import Path

import pytest

from crosslight.bench import SuiteError
from crosslight.bench.item import BadRow
from crosslight.bench.native import files


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_tables_of_other_systems(tmp_path: Path, codec: str, end: str, sign: str) -> None:
    rows = [["id", "question"], ["1", "Küche, or not; or\u2028so?"], ["2"]]
    text = end.join(sign.join(f'"{cell}"' for cell in row) for row in rows) + end
    (tmp_path / "t.csv").write_bytes(text.encode(codec))
    one, two = files.csv_rows(tmp_path, "t.csv", ["question"])
    assert one == (2, {"id": "1", "question": "Küche, or not; or\u2028so?"})
    assert isinstance(two, BadRow)
    assert two.row == 3


def test_the_line_before_the_header_counts(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"sep=;\r\nid;question\r\n1;a, b\r\n2\r\n")
    one, two = files.csv_rows(tmp_path, "t.csv", ["question"])
    assert one == (3, {"id": "1", "question": "a, b"})
    assert isinstance(two, BadRow)
    assert two.row == 4


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_json_lines_and_plain_lines(tmp_path: Path, end: str) -> None:
    (tmp_path / "t.jsonl").write_bytes(end.join(['{"a": 1}', "", '{"a": 2}']).encode("utf-16"))
    assert list(files.jsonl_rows(tmp_path, "t.jsonl")) == [(1, {"a": 1}), (3, {"a": 2})]
    (tmp_path / "t.txt").write_bytes(end.join(["text", "a\x85b, c", "d"]).encode())
    found = list(files.line_rows(tmp_path, "t.txt", "text"))
    assert found == [(2, {"text": "a\x85b, c"}), (3, {"text": "d"})]


def test_a_wrong_byte_costs_its_row_and_a_wrong_encoding_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"id,question\n1,K\xfcche\n2,b\n")
    one, two = files.csv_rows(tmp_path, "t.csv", ["question"])
    assert not isinstance(one, BadRow)
    assert one[1]["question"] == "K\udcfcche"  # `fields.text` refuses it
    assert two == (3, {"id": "2", "question": "b"})
    (tmp_path / "t.csv").write_bytes("id,question\n".encode("utf-16-le"))
    with pytest.raises(SuiteError, match="without its mark"):
        list(files.csv_rows(tmp_path, "t.csv", ["question"]))
