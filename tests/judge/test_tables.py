"""Tables of a run that somebody sent: damaged, or of something else."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.judge.labels import LabelError, read_labels
from crosslight.judge.tables import EVIDENCE, _read_evidence, evidence_rows, read_verdicts
from crosslight.records import (
    Evidence,
    Finding,
    Measured,
    Reading,
    RuleFinding,
    Score,
    Status,
    Verdict,
)
from crosslight.runs import failures_of
from crosslight.store import TableError


def test_how_scores_were_read_is_kept() -> None:
    shown = Score(0.85, 0.1, 0, 0.7, 1.0, "logprobs", 2048, "Yes")
    measured = Measured(shown, Score(0.1, method="logprobs", room=2048), sought=True)
    evidence = Evidence(0, 0, "a cat", measured, Reading("yes", "debias1"))
    rule = RuleFinding("r", Finding.VIOLATED, "", 1.0, None, (evidence,))
    (row,) = evidence_rows(Verdict("p", Status.UNSAFE, (rule,)), 1.96)
    assert (row["method"], row["samples"], row["room"]) == ("logprobs", 0, 2048)
    assert (row["low"], row["high"]) == (0.7, 1.0)
    blank = dict.fromkeys(EVIDENCE.names)
    assert _read_evidence({**blank, **row}) == evidence


@pytest.mark.parametrize(
    "columns",
    [
        {"n": [1]},
        {"photo": ["p"], "rule": [None]},
        {"photo": [["p"]], "rule": [["r"]]},
    ],
)
def test_verdicts_that_are_none(tmp_path: Path, columns: dict[str, list[object]]) -> None:
    for name in ("evidence", "verdicts"):
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    with pytest.raises(TableError, match="no verdicts of ours"):
        read_verdicts(tmp_path)
    (tmp_path / "verdicts.parquet").write_bytes(b"PAR1 no PAR1")
    (tmp_path / "evidence.parquet").write_bytes(b"PAR1 no PAR1")
    with pytest.raises(TableError, match=r"evidence\.parquet"):
        read_verdicts(tmp_path)


def test_lost_rows_without_their_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1]}), tmp_path / "failed.parquet")
    with pytest.raises(TableError, match="no column 'error'"):
        failures_of(tmp_path)


def test_labels_of_a_stranger(tmp_path: Path) -> None:
    """Only the columns of labels are read, and every fault is one of the label file."""
    path = tmp_path / "l.parquet"
    table = pa.table({"image": ["a"], "label": ["safe"], "huge": ["x" * (100 << 20)]})
    pq.write_table(table, path, compression="zstd", use_dictionary=False)
    assert read_labels(path).of("", "a") is False
    for data in (b"", b"PAR1 no PAR1"):
        path.write_bytes(data)
        with pytest.raises(LabelError, match=r"l\.parquet"):
            read_labels(path)
    (tmp_path / "l.json").write_text("[" * 100_000)
    with pytest.raises(LabelError, match=r"l\.json"):
        read_labels(tmp_path / "l.json")
