"""Which labelled requests a probe is fitted on, and what the model's own answer to one is."""

from collections.abc import Callable, Sequence

from crosslight.records import content_hash
from crosslight.text import BARE_WORDS, refuses
from crosslight.tune.judge.gathered import Gathered, gather
from crosslight.tune.judge.rows import MOST_ROWS, DataError, JudgeRow
from crosslight.tune.probe.job import ProbeJob


def requests_of(job: ProbeJob, check: Callable[[], None]) -> Gathered:
    """Requests with labels of their own, each once; of more than the limit whole groups, by the
    seed. Raises `DataError`, `BadSetting`."""
    most = MOST_ROWS if job.limit is None else job.limit
    found = gather((job.data,), most, job.seed, check, sensitive=job.sensitive, answers=False)
    labels = {row.unsafe for row in found.rows}
    if len(labels) == 2:
        return found
    why = "; ".join(f"{count:,} x {reason}" for _, reason, count in found.left_out)
    if not labels:
        raise DataError(
            f"{job.data} has no labelled request" + (f" ({why})" if why else ""),
            "a run of build, SUITE=FOLDER, or a table of text and label",
        )
    raise DataError(
        f"all rows of {job.data} are {'unsafe' if 1 in labels else 'safe'}: a probe learns from "
        "both sides" + (f" (left out: {why})" if why else ""),
        "give a set that has both, e.g. a run of build",
    )


def rows_hash(rows: Sequence[JudgeRow]) -> str:
    """Of all that a run is made of, so that it goes on with nothing else."""
    told = ((r.id, r.text, r.picture, r.unsafe, r.group, r.category) for r in rows)
    return content_hash("\n".join(map(repr, told)).encode("utf-8", "surrogatepass"))


def declines(answer: str) -> bool | None:
    """Whether an answer begins as a refusal, with reasons or without; None where nothing was said,
    which is neither."""
    words = answer.split()
    return refuses(" ".join(words[: BARE_WORDS - 1])) if words else None
