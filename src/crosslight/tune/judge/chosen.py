"""A judge of rows that were chosen elsewhere: it learns one word, under no list of categories."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from crosslight.models import JudgeFormat
from crosslight.runs import RunResult
from crosslight.tune.job import TuneJob
from crosslight.tune.judge.flips import PolicyRow
from crosslight.tune.judge.language import ROWS, TUNING, about, leave_judge
from crosslight.tune.judge.rows import JudgeRow
from crosslight.tune.judge.texts import write_rows
from crosslight.tune.run import run_tune


def tune_on_rows(
    out: Path,
    rows: Sequence[JudgeRow],
    base: str,
    form: JudgeFormat,
    tuning: TuneJob,
    licence: str = "",
) -> RunResult:
    """A judge of exactly these rows in `out`, to be asked as `tuned:OUT`; `base` is the spec that
    it is opened by. `tuned.json` is written last.

    Killed while it trains, the same call goes on from the last checkpoint. Raises what
    `run_tune` raises.
    """
    out.mkdir(parents=True, exist_ok=True)
    write_rows(out / ROWS, form, [PolicyRow(row, (), bool(row.unsafe)) for row in rows], ())
    result = run_tune(replace(tuning, data=out / ROWS, out=out / TUNING))
    if result.status == "complete":
        sets = tuple(dict.fromkeys(row.source[:200] or "rows" for row in rows))
        leave_judge(out, base, form, (), about(out, sets, licence, rows))
        # The store has the pictures; a copy for each judge would fill a disk.
        shutil.rmtree(out / ROWS / "images", ignore_errors=True)
    return result
