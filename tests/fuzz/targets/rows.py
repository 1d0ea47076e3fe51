"""A suite's own tables: CSV, JSON lines and plain lines."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from crosslight.bench import SuiteError
from crosslight.bench.item import BadRow
from crosslight.bench.native import files
from tests.fuzz.target import Target
from tests.fuzz.targets import labels

SOUND = (
    b'question,n\r\n"a, b",1\r\n"c\nd",2\r\n',
    b"sep=;\nquestion;n\na;1\n",
    "question\tn\rü\t1\r".encode("utf-16"),
    b'{"question": "a", "n": [1, 2.5, null]}\n\n{"question": "b"}\n',
)


def sound() -> Sequence[bytes]:
    """Small files of each form."""
    return SOUND


def handmade() -> Sequence[bytes]:
    """Odd headers over odd rows, and odd JSON."""
    heads = (b"question,n", b"question", b"\xfe\xff", b"question,question")
    tables = [head + b"\n" + row + b"\n" for head, row in itertools.product(heads, labels.ROWS)]
    return [*tables, *labels.handmade()]


def read(data: bytes, folder: Path) -> None:
    """A file of that content, read in each way."""
    (folder / "t").write_bytes(data)
    for rows in (
        files.csv_rows(folder, "t", ["question"]),
        files.jsonl_rows(folder, "t"),
        files.line_rows(folder, "t", "question"),
    ):
        try:
            for row in rows:
                assert row.reason if isinstance(row, BadRow) else row[0] > 0
        except SuiteError as error:
            assert error.file == "t"


TARGET = Target("rows", read, sound, handmade, files=300)
