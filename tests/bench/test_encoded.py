"""Suites of one's own whose pictures stand in the table: data URLs, base64, VLMEvalKit's TSV."""

import csv
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.bench import SuiteError, find_suite, load_suite
from crosslight.bench.native.images import census, image_bytes
from crosslight.bench.native.load import Loaded
from crosslight.models.fake import FakeServer, parse
from tests.models.pictures import jpeg
from tests.runs.verbs import ran

RED, BLUE, GREEN = (jpeg(colour) for colour in ("red", "blue", "green"))
YAML = """
name: coloured
data: {data}
subsets: {{all: Coloured pictures.}}
fields: {{id: index, text: question, expected: answer}}
"""


def text(data: bytes) -> str:
    return b64encode(data).decode()


def url(data: bytes) -> str:
    return f"data:image/jpeg;base64,{text(data)}"


def write_tsv(path: Path, rows: list[dict[str, Any]]) -> None:
    """As pandas writes it for VLMEvalKit."""
    titles = list(dict.fromkeys(title for row in rows for title in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, titles, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def loaded(folder: Path, data: str) -> Loaded:
    (folder / "suite.yaml").write_text(YAML.format(data=data))
    return load_suite(find_suite(str(folder / "suite.yaml")), folder)


def shown(folder: Path, item: Any) -> list[bytes]:
    assert not item.missing
    return [image_bytes(folder, name) for name in item.images]


def vlmeval(path: Path) -> None:
    ask = "What\tcolour,\nhere?"
    rows: list[dict[str, Any]] = [
        {"index": 7, "image": text(RED), "question": ask, "A": "red", "B": "blue", "answer": "A"},
        {"index": 8, "image": "7", "question": ask, "A": "red", "B": "", "answer": "A"},
        {"index": 9, "image": str([text(BLUE), text(GREEN)]), "question": ask, "answer": "open"},
        {"index": 10, "image": "99", "question": ask, "A": "1", "B": "2", "answer": "B"},
        {"index": 11, "image": "/9j/" + "!" * 200, "question": ask, "answer": "open"},
        {"index": 12, "question": "Without?", "answer": "open"},
    ]
    write_tsv(path, rows)


def test_a_tsv_as_vlmevalkit_writes_it(tmp_path: Path) -> None:
    vlmeval(tmp_path / "set.tsv")
    set_ = loaded(tmp_path, "set.tsv")
    first, other, several, gone, broken, without = set_.items
    assert [item.id for item in set_.items] == ["7", "8", "9", "10", "11", "12"]
    assert first.options == (("A", "red"), ("B", "blue"))
    assert first.images == ("set.tsv::2/image",), "by the first line of its row"
    assert shown(tmp_path, first) == shown(tmp_path, other) == [RED]
    assert shown(tmp_path, several) == [BLUE, GREEN]
    for item in (gone, broken):
        assert item.missing and not item.askable
    assert (without.images, set_.bad) == ((), ())
    found = census(tmp_path, [first, other, several])
    assert (found.pictures, found.undecodable) == (3, ())


@pytest.mark.parametrize("data", ["items.jsonl", "items.json"])
def test_data_urls_and_base64_in_json(tmp_path: Path, data: str) -> None:
    rows = [
        {"index": 1, "question": "?", "answer": "yes", "image": url(RED)},
        {"index": 2, "question": "?", "answer": "yes", "images": [text(BLUE), "green.jpg"]},
        {"index": 3, "question": "?", "answer": "no", "image": text(RED)[:-9] + "*" + "A" * 8},
    ]
    (tmp_path / "green.jpg").write_bytes(GREEN)
    lines = "\n".join(map(json.dumps, rows))
    (tmp_path / data).write_text(json.dumps(rows, indent=1) if data.endswith("n") else lines)
    one, two, three = loaded(tmp_path, data).items
    assert [shown(tmp_path, item) for item in (one, two)] == [[RED], [BLUE, GREEN]]
    with pytest.raises(SuiteError, match=rf"{data}, row 3: bad_row: no base64"):
        shown(tmp_path, three)
    for name in (
        f"{data}::9/image",
        f"{data}::1/question",
        f"{data}::x/image",
        "../a.tsv::1/image",
    ):
        with pytest.raises(SuiteError):
            image_bytes(tmp_path, name)
    (tmp_path / data).write_text(lines.replace(url(RED), url(GREEN)) if data[-1] == "l" else "[]")
    if data.endswith("l"):
        assert shown(tmp_path, one) == [GREEN], "a table that has changed is read again"


def test_a_model_is_shown_the_picture_of_the_row(tmp_path: Path) -> None:
    rows = [
        {"index": name, "image": text(data), "question": "Is it red?", "answer": answer}
        for name, data, answer in (("r", RED, "yes"), ("b", BLUE, "no"))
    ]
    write_tsv(tmp_path / "set.tsv", [*rows, {**rows[0], "index": "s", "image": "r"}])
    (tmp_path / "suite.yaml").write_text(YAML.format(data="set.tsv"))
    rules = [{"colour": "red", "choice": {"Yes": 0.9}}, {"colour": "blue", "choice": {"No": 0.9}}]
    with FakeServer(parse({"rules": rules})) as server:
        places = ["-o", str(tmp_path / "out"), "--store", str(tmp_path / "store")]
        words = ["bench", str(tmp_path / "suite.yaml"), "--model", server.spec, *places, "-q"]
        ended = ran(["python", "-m", "crosslight", *words])
    assert ended.returncode == 0, ended
    found = pq.read_table(tmp_path / "out" / "items.parquet").to_pylist()
    assert [(row["item"], row["right"]) for row in found] == [("r", 1), ("b", 1), ("s", 1)]
