"""One string names one labelled dataset: `SUITE=FOLDER`, a run of build or prefer, or a table."""

from pathlib import Path

from crosslight.bench import SuiteError, all_suites
from crosslight.runs import read_run
from crosslight.tune.judge.from_pairs import rows_of_pairs
from crosslight.tune.judge.from_run import rows_of_run
from crosslight.tune.judge.from_suite import rows_of_suite
from crosslight.tune.judge.from_table import rows_of_table
from crosslight.tune.judge.rows import DataError, JudgeData

FORM = (
    "SUITE=FOLDER (a benchmark's name and its files), a run of build or prefer, or a table "
    "(.jsonl, .csv, .parquet) with the columns text, label and, where there are, image, answer, "
    "category, group"
)


def read_judge_rows(spec: str) -> JudgeData:
    """The rows of a dataset. Pictures are hashed, and read again when vectors are made.

    Raises `DataError` with a remedy where nothing can be read.
    """
    path = Path(spec).expanduser()
    if path.is_dir():
        if (path / "run.json").is_file():
            return _checked(_of_kind(path), spec)
        raise DataError(f"{spec} is no run of ours", _form_of(path))
    if path.is_file():
        return _checked(rows_of_table(path), spec)
    name, equals, folder = spec.partition("=")
    if not equals:
        raise DataError(f"there is no {spec[:200]}", FORM)
    try:
        return _checked(rows_of_suite(name, Path(folder).expanduser()), spec)
    except SuiteError as error:
        raise DataError(error.message, error.hint) from error


def _of_kind(folder: Path) -> JudgeData:
    kind = read_run(folder).get("kind")
    return rows_of_pairs(folder) if kind == "prefer" else rows_of_run(folder)


def _form_of(path: Path) -> str:
    named = next((s.name for s in all_suites() if s.name == path.name.replace("-", "_")), "")
    return f"{named}={path}" if named else FORM


def _checked(data: JudgeData, spec: str) -> JudgeData:
    if not data.rows:
        told = ", ".join(f"{count:,} {reason}" for reason, count in data.left_out.items())
        raise DataError(f"{spec} holds no labelled row" + (f" ({told})" if told else ""), FORM)
    return data
