"""What stands beside exported rows: how they are opened, and whose pictures they are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import yaml

from crosslight.export.formats.rows import TrainRow
from crosslight.runs import SPLITS
from crosslight.text import csv_text, markdown, plural

CREDITS = "credits.csv"
_TITLES = ("picture", "source", "licence", "origin")


@dataclass(slots=True)
class Credits:
    """Each picture once, with its licence and where it is from as the run states it."""

    rows: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, row: TrainRow, names: Sequence[str]) -> None:
        """Those of a row."""
        for name, credit in zip(names, row.credits, strict=True):
            self.rows.setdefault(name, {"picture": name, **asdict(credit)})

    def csv(self) -> str:
        """As a table."""
        return csv_text(_TITLES, self.rows.values())

    def licences(self) -> list[tuple[str, int]]:
        """Pictures by licence, most frequent first."""
        found = Counter(row["licence"] or "not stated" for row in self.rows.values())
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def export_card(
    title: str,
    load: str,
    kind: str,
    rows: Mapping[str, int],
    notes: Sequence[str],
    credits: Credits,
) -> str:
    """`README.md` of an export; the same rows give the same text."""
    what = "preference pairs" if kind == "prefer" else "rows"
    counts = ", ".join(f"{split} {rows[split]:,}" for split in SPLITS if rows.get(split))
    lines = [
        f"# {what.capitalize()} for {title}",
        "",
        f"Exported by `crosslight export` from a run of `{kind}`: {counts}; "
        f"{plural(len(credits.rows), 'picture')}. Rows that were left out stand in "
        "`dropped.parquet` and `failed.parquet` with the reason.",
        "",
        "```",
        load,
        "```",
        "",
        "`OUT` stands for this folder.",
        "",
        *(line for note in notes for line in (markdown(note), "")),
        f"Each picture keeps its own licence and credit (`{CREDITS}`):",
        "",
        "| licence | pictures |",
        "|---|---|",
        *(f"| {markdown(licence)} | {n:,} |" for licence, n in credits.licences()),
        "",
        "The texts show risks so that a model can learn to see them: not for training a model to "
        "bring them about.",
        "",
    ]
    return _front(title, rows) + "\n".join(lines)


def _front(title: str, rows: Mapping[str, int]) -> str:
    """For the hub and for `datasets`, which else would take the tables beside for data."""
    front: dict[str, Any] = {"license": "other", "license_name": "per-picture"}
    if title == "TRL":
        files = [{"split": s, "path": f"data/{s}-*.parquet"} for s in SPLITS if rows.get(s)]
        front["configs"] = [{"config_name": "default", "data_files": files}]
    return f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n\n"
