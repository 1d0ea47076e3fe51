"""Tables of others as rows of the audit: what cannot be read is counted, and is neither label."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.export import AuditColumns, AuditError, audit_file


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows))
    return path


def test_lines_with_their_own_columns_and_labels(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "set.jsonl",
        {"prompt": "one", "is_bad": True, "photo": "a"},
        {"prompt": "two", "is_bad": 0, "photo": 7},
        {"prompt": " ", "is_bad": 0, "photo": "a"},
        {"prompt": ["no text"], "is_bad": 0, "photo": "a"},
        {"prompt": "three", "is_bad": None, "photo": "a"},
        {"prompt": "four", "is_bad": "perhaps", "photo": "a"},
        {"prompt": "five", "is_bad": 1.0},
        "{ no json",
        "[1, 2]",
        '{"prompt": "six", "prompt": "seven"}',
        "",
    )
    found = audit_file(path, AuditColumns("prompt", "is_bad", "photo"))
    assert [(r.text, r.label, r.group) for r in found.rows] == [("one", 1, "a"), ("two", 0, "7")]
    assert found.left_out == {"bad_row": 3, "no_group": 1, "no_label": 2, "no_text": 2}


def test_without_a_group_equal_texts_are_held_out_together(tmp_path: Path) -> None:
    texts = ("Shall I  go?", "shall i go?", "Other")
    path = lines(tmp_path / "a.ndjson", *({"text": t, "label": "safe"} for t in texts))
    groups = [row.group for row in audit_file(path, AuditColumns()).rows]
    assert groups[0] == groups[1] != groups[2]


def test_parquet_alone_and_in_a_folder_and_a_label_by_its_name(tmp_path: Path) -> None:
    for name, label in (("a", "harmful"), ("b", "benign")):
        table = pa.table({"text": [f"text {name}"], "label": [label], "act": [name]})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    columns = AuditColumns(act="act", unsafe="harmful")
    found = audit_file(tmp_path, columns)
    assert [(r.text, r.label, r.act) for r in found.rows] == [
        ("text a", 1, "a"),
        ("text b", 0, "b"),
    ]
    assert audit_file(tmp_path / "b.parquet", columns).rows == found.rows[1:]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.jsonl", None, "is not there"),
        ("a.csv", b"text,label\n", "of no kind that is read here"),
        ("a.parquet", b"PAR1 no", "no parquet"),
        ("a.jsonl", b"\xff\xfe\x00", "a.jsonl"),
        ("b.jsonl", b"", "it is empty"),
        ("c.jsonl", b'{"text": "x", "label": "odd"}', "no_label 1"),
        ("d.jsonl", b'{"txt": "x", "label": 1}', "no column 'text'"),
    ],
)
def test_what_cannot_be_read_names_cause_and_remedy(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(AuditError) as caught:
        audit_file(tmp_path / name, AuditColumns())
    assert words in caught.value.message and caught.value.hint


def test_more_rows_than_the_bound_are_refused_and_not_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = lines(tmp_path / "a.jsonl", *({"text": f"t{n}", "label": 1} for n in range(4)))
    monkeypatch.setattr("crosslight.export.audit_input.MAX_ROWS", 3)
    with pytest.raises(AuditError, match="over 3 rows"):
        audit_file(path, AuditColumns())


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="holds no parquet file"):
        audit_file(tmp_path, AuditColumns())
