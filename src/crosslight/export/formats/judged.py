"""Verdicts of `judge` and grades of `judge assess` as rows of an export, each with its picture.

A verdict is unsafe, safe or undecided; beside it stands a column a rule (`finding_RULE`: violated,
clear, undecided or failed), and what was measured (`evidence`, as JSON). Sensitive is what is not
judged safe. Grades state nothing of the kind.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import pyarrow as pa

from crosslight.export.formats.lines import finite
from crosslight.export.formats.pictures import Raw, StoredPictures, bare_row
from crosslight.export.formats.source import ExportError, Source
from crosslight.store import IMAGE, TableError, TableFile, table_rows

SPLIT = "train"
"""A run of the judge has no splits; `datasets` too calls a table without any so."""
EVIDENCE_FILE = "evidence.parquet"
FINDING = "finding_"
_MOST_RULES = 400


def columns(source: Source, there: Mapping[str, pa.DataType]) -> dict[str, pa.DataType]:
    """Those of the table, and what is added."""
    text = pa.string()
    found: dict[str, pa.DataType] = {"id": text, "image": IMAGE, **there}
    found |= dict.fromkeys(("split", "licence", "origin"), text)
    if source.kind == "judge":
        found |= {"sensitive": pa.bool_(), "evidence": text}
        found |= {FINDING + rule: text for rule in rule_titles(source)}
    return found


def rule_titles(source: Source) -> dict[str, str]:
    """The title of each rule, in the order of the policy. Raises `ExportError`."""
    try:
        ids = [str(rule["id"]) for rule in source.run["plan"]["rules"]]
        titles = source.run["constitution"]["titles"]
        return {rule: str(titles.get(rule) or rule) for rule in ids[:_MOST_RULES]}
    except (LookupError, TypeError, AttributeError) as error:
        raise ExportError(
            f"{source.folder} does not say which rules it judged by",
            "run the same command of judge to its end, then export it",
        ) from error


def raw_rows(source: Source, *, pictures: bool) -> Iterator[Raw]:
    """One an image that has a verdict or a grade. Raises `ExportError`, `TableError`."""
    shown = StoredPictures(source.places.images)
    judged = source.kind == "judge"
    rows = _with_evidence(source, asked=pictures) if judged else _graded(source)
    for cells in rows:
        photo = cells.get("photo")
        cells |= {"split": SPLIT, "licence": cells.get("licence"), "origin": cells.get("origin")}
        yield bare_row(cells, (shown.get(photo),) if pictures else (), 1)


def _graded(source: Source) -> Iterator[dict[str, Any]]:
    for path in source.files:
        for row in table_rows(path):
            yield {**row, "id": row.get("photo")}


def _with_evidence(source: Source, *, asked: bool) -> Iterator[dict[str, Any]]:
    """Verdicts with the questions behind them (where they are `asked` for). Both tables are in one
    order, and are read side by side: a million images need no more memory than one."""
    rules = rule_titles(source)
    try:
        questions = table_rows(source.folder / EVIDENCE_FILE) if asked else iter(())
        of_image = groupby(questions, key=lambda row: row.get("photo"))
        ahead = next(of_image, None)
        for path in source.files:
            with TableFile(path) as file:
                for row in file.rows_of():
                    mine: list[dict[str, Any]] = []
                    if ahead is not None and ahead[0] == row.get("photo"):
                        mine = [_question(one) for one in ahead[1]]
                        ahead = next(of_image, None)
                    findings = {one["rule"]: str(one["finding"]) for one in rules_of(row)}
                    yield {
                        **row,
                        "sensitive": row.get("verdict") != "safe",
                        "evidence": json.dumps(mine, ensure_ascii=False),
                        **{FINDING + rule: findings.get(rule) for rule in rules},
                    }
    except FileNotFoundError as error:
        raise ExportError(f"{source.folder} has no {EVIDENCE_FILE}", "judge again") from error
    if ahead is not None:
        raise ExportError(
            f"{source.folder}: {EVIDENCE_FILE} does not belong to the verdicts, or is in another "
            "order",
            "judge the images again",
        )


def rules_of(cells: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What became of each rule on an image. Raises `TableError`."""
    try:
        told = json.loads(cells["rules"])
        if all(isinstance(one["rule"], str) and one["finding"] for one in told):
            return list(told)
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    raise TableError("verdicts.parquet holds no verdicts of ours", "judge the images again")


def _question(row: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked and measured, without what was not."""
    told = finite(dict(row))
    return {name: value for name, value in told.items() if value is not None and name != "photo"}
