"""What prefer begins with: photos, tables with questions, the texts of a build."""

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from crosslight.photos import InputError
from crosslight.prefer.question import Question
from crosslight.prefer.sources import Inputs, inputs_of, intake_of, question_column
from crosslight.records import AskedAs, BadSetting, Photo
from crosslight.records.outcome import Dropped, Failed
from crosslight.runs import Intake, RunSetup, open_hall
from tests.build.scenes import picture


def read(folder: Path, source: Path, column: str = "", **more: Any) -> tuple[Inputs, list[str]]:
    """The input as a run reads it, and the notes of the run."""

    async def run() -> tuple[Inputs, list[str]]:
        setup = RunSetup(
            *("prefer", folder / "out", folder / "answers.sqlite", folder / "images"), backends={}
        )
        async with open_hall(setup) as hall:
            return await inputs_of(hall, Intake(source, **more), column), hall.notes

    return asyncio.run(run())


def table(folder: Path, *rows: tuple[str, str], column: str = "question") -> Path:
    """A CSV beside three photos, of which the third is the first's copy under another name."""
    folder.mkdir(exist_ok=True)
    for name, at in (("a", 0), ("b", 1), ("copy", 0)):
        (folder / f"{name}.jpg").write_bytes(picture(at))
    with (folder / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", column, "label"])
        writer.writerows([name, text, f"row {at}"] for at, (name, text) in enumerate(rows))
    return folder / "table.csv"


def reasons(inputs: Inputs) -> dict[str, str]:
    return {
        one.input.partition("#")[2]: getattr(one.outcome, "reason", "failed")
        for one in inputs.lost
        if isinstance(one.outcome, Dropped | Failed)
    }


def test_a_folder_of_photos_is_asked_about(tmp_path: Path) -> None:
    table(tmp_path / "in")
    (tmp_path / "in" / "table.csv").unlink()
    inputs, _ = read(tmp_path, tmp_path / "in")
    assert not inputs.given and all(isinstance(row, Photo) for row in inputs.rows)
    assert inputs.named == ("a.jpg", "b.jpg")
    assert [(one.input, one.outcome.reason) for one in inputs.lost] == [("copy.jpg", "duplicate")]  # type: ignore[union-attr]


def test_a_table_keeps_all_its_questions_and_its_columns(tmp_path: Path) -> None:
    rows = (
        *(("a.jpg", "Is this mine?"), ("a.jpg", "Is this safe?"), ("b.jpg", "Is this mine?")),
        *(("copy.jpg", "And this?"), ("copy.jpg", "Is this mine?"), ("b.jpg", "  ")),
        *(("gone.jpg", "Where is it?"), ("b.jpg", "long " * 300)),
    )
    inputs, notes = read(tmp_path, table(tmp_path / "in", *rows))
    assert inputs.given and any("questions from column question" in note for note in notes)
    found = [(row.text, dict(row.given)) for row in inputs.rows]  # type: ignore[union-attr]
    assert found == [
        ("Is this mine?", {"label": "row 0"}),
        ("Is this safe?", {"label": "row 1"}),
        ("Is this mine?", {"label": "row 2"}),
        ("And this?", {"label": "row 3"}),
    ]
    assert {row.form for row in inputs.rows} == {AskedAs.GIVEN}  # type: ignore[union-attr]
    first, second, _, copied = inputs.rows
    assert first.cluster == second.cluster == copied.cluster  # type: ignore[union-attr]
    assert len(inputs.named) == len(inputs.rows) == 4 and len(inputs.photos) == 2
    told = {name.partition(":")[0]: reason for name, reason in reasons(inputs).items()}
    assert told == {
        "5": "same_question",
        "6": "no_question",
        "7": "failed",
        "8": "question_too_long",
    }
    assert len(inputs.rows) + len(inputs.lost) == len(rows), "each row once"


def test_the_column_is_found_by_its_usual_names_or_named(tmp_path: Path) -> None:
    source = table(tmp_path / "in", ("a.jpg", "Is this mine?"), column="Prompt")
    assert question_column(Intake(source)) == "Prompt"
    odd = table(tmp_path / "odd", ("a.jpg", "Is this mine?"), column="asked")
    assert question_column(Intake(odd)) == "", "then the photos are asked about"
    assert question_column(Intake(odd), "asked") == "asked"
    assert question_column(Intake(source), "none") == "", "captions are no questions"
    with pytest.raises(InputError, match="no column 'aske'") as told:
        question_column(Intake(odd), "aske")
    assert "asked" in told.value.hint and "--question-column" in told.value.hint


def test_a_build_gives_its_texts(tmp_path: Path) -> None:
    data = tmp_path / "demo" / "dataset"
    data.mkdir(parents=True)
    (tmp_path / "demo" / "run.json").write_text(json.dumps({"kind": "build"}))
    rows = [
        {"image": {"bytes": picture(at), "path": "p.jpg"}, "text": f"May I {at}?", "kind": "unsafe"}
        for at in (0, 0, 1)
    ]
    pq.write_table(pa.Table.from_pylist(rows), data / "train-00000-of-00001.parquet")
    inputs, _ = read(tmp_path, tmp_path / "demo")
    assert [row.text for row in inputs.rows] == ["May I 0?", "May I 1?"]  # type: ignore[union-attr]
    assert dict(inputs.rows[0].given) == {"kind": "unsafe"}  # type: ignore[union-attr]
    assert [one.outcome.reason for one in inputs.lost] == ["same_question"]  # type: ignore[union-attr]


def test_a_run_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"kind": "bench"}))
    with pytest.raises(BadSetting, match="a run of bench") as told:
        intake_of(Intake(tmp_path))
    assert "run of build" in told.value.hint


def test_a_near_copy_of_a_given_photo_keeps_its_row_and_stands_with_the_first(
    tmp_path: Path,
) -> None:
    rows = [(f"{name}.jpg", "What is this?") for name in ("a", "b", "small")]
    source = table(tmp_path / "in", *rows)
    with Image.open(io.BytesIO(picture(0))) as first:
        first.resize((140, 105)).save(tmp_path / "in" / "small.jpg", quality=70)
    inputs, notes = read(tmp_path, source)
    a, b, small = inputs.rows
    assert isinstance(a, Question) and isinstance(b, Question) and isinstance(small, Question)
    assert small.photo != a.photo and small.cluster == a.cluster == a.photo
    assert b.cluster == b.photo != a.photo
    assert any("1 photo looks like an earlier one" in note for note in notes)
