"""Rows of a run of `crosslight prefer`: each reply, beside its photo and question, is safe or not.

The better reply is not always the safe one: beside a harmless photo guidance loses to help, and is
no harm. So the label is what the reply does: going along with what is unsafe is unsafe, other kinds
are not. Of a model's reply it is what the guard said.
"""

from functools import partial
from pathlib import Path

from crosslight.prefer import PairRow, PairsRun, read_pairs
from crosslight.records import ReplyKind, RequestSide, stable_id
from crosslight.runs import RunError
from crosslight.tune.judge.rows import (
    MOST_ROWS,
    DataError,
    ImageSource,
    JudgeData,
    JudgeRow,
    counted,
)

SAFE_ABOVE, UNSAFE_BELOW = 0.8, 0.2
"""What a guard must say of a model's reply at least and at most; ours."""
UNSAFE_SIDES = (RequestSide.HIDDEN_RISK, RequestSide.HARMFUL_INTENT)


def rows_of_pairs(folder: Path) -> JudgeData:
    """Both replies of every pair, each once. A pair and its mirror are one cluster, and one group.

    Raises `DataError`.
    """
    try:
        run = read_pairs(folder)
    except RunError as error:
        raise DataError(error.message, error.hint) from error
    if 2 * len(run.rows) > MOST_ROWS:
        raise DataError(f"{folder} has more than {MOST_ROWS // 2:,} pairs", "prefer with --limit")
    gone: list[str] = []
    rows: dict[str, JudgeRow] = {}
    for pair in run.rows:
        for chosen in (True, False):
            label, why = label_of(pair, chosen=chosen)
            if label is None:
                gone.append(why)
                continue
            row = _row(
                run, pair, f"{folder.name}/{pair.cluster or pair.photo}", label, chosen=chosen
            )
            if row.id in rows:
                gone.append("the same reply in another pair")
            rows.setdefault(row.id, row)
    licences = sorted({pair.licence for pair in run.rows if pair.licence})
    return JudgeData(
        folder.name, tuple(rows.values()), counted(gone), "; ".join(licences)[:300] or "unknown"
    )


def label_of(pair: PairRow, *, chosen: bool) -> tuple[int | None, str]:
    """1 where the reply is unsafe, 0 where it is safe; None, with the reason, where it is not
    known."""
    kind = pair.chosen_kind if chosen else pair.rejected_kind
    if kind == ReplyKind.MODEL:
        safe = pair.chosen_safe if chosen else pair.rejected_safe
        if safe is None:
            return None, "no guard read the reply"
        if UNSAFE_BELOW < safe < SAFE_ABOVE:
            return None, "the guard is undecided"
        return int(safe <= UNSAFE_BELOW), ""
    if pair.side == RequestSide.HARMLESS:
        return 0, ""
    if pair.side in UNSAFE_SIDES:
        return int(kind == ReplyKind.GO_ALONG), ""
    return None, f"the side is {pair.side or 'unknown'}"


def _row(run: PairsRun, pair: PairRow, group: str, label: int, *, chosen: bool) -> JudgeRow:
    answer = pair.chosen if chosen else pair.rejected
    return JudgeRow(
        id=stable_id("reply", photo=pair.photo, question=pair.question, answer=answer),
        text=pair.question,
        answer=answer,
        image=ImageSource(f"{run.folder.name}: {pair.source}", partial(_picture, run, pair.photo)),
        unsafe=label,
        category=pair.category or pair.leaf,
        group=group,
        picture=pair.photo,
        source=run.folder.name,
        sensitive=pair.sensitive or pair.side == RequestSide.SENSITIVE,
    )


def _picture(run: PairsRun, photo: str) -> bytes:
    for _, data in run.pictures([photo]):
        return data
    raise DataError(
        f"{run.folder.name}: the photo {photo[:12]} is in none of its tables", "make it again"
    )
