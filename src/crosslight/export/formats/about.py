"""What stands beside exported rows: how they are opened, and whose pictures they are."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from crosslight.export.formats.datasheet import datasheet
from crosslight.export.formats.rows import Credit, TrainRow
from crosslight.export.formats.source import Source
from crosslight.runs import SPLITS
from crosslight.text import csv_text, markdown, plural

CREDITS = "credits.csv"
LICENCES = "licences.csv"
NOT_STATED = "not stated"
_TITLES = ("picture", "source", "licence", "origin")


@dataclass(slots=True)
class Credits:
    """Each picture once, with its licence and where it is from as the run states it. Of one that
    rows state different things of all stand there: whoever keeps to one licence of two may break
    the other."""

    said: dict[str, dict[Credit, None]] = field(default_factory=dict)

    def add(self, row: TrainRow, names: Sequence[str]) -> None:
        """Those of a row."""
        for name, credit in zip(names, row.credits, strict=True):
            self.said.setdefault(name, {})[credit] = None

    @property
    def rows(self) -> dict[str, dict[str, str]]:
        """By picture, what all rows say of it."""
        return {name: {"picture": name, **_joined([*said])} for name, said in self.said.items()}

    def csv(self) -> str:
        """As a table."""
        return csv_text(_TITLES, self.rows.values())

    def licences(self) -> list[tuple[str, int]]:
        """Pictures by licence, most frequent first."""
        found = Counter(row["licence"] or NOT_STATED for row in self.rows.values())
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))


@contextmanager
def row_licences(made: Path) -> Iterator[Callable[[TrainRow], None]]:
    """Takes each row; writes under which licences its pictures stand, as the row itself states:
    most trainers' forms have no room for it."""
    titles = ("row", "split", "licence", "pictures")
    with (made / LICENCES).open("w", encoding="utf-8", newline="") as file:
        file.write(csv_text(titles, []))

        def write(row: TrainRow) -> None:
            told = {
                "row": row.id,
                "split": row.split,
                "licence": _joined(row.credits)["licence"] or (NOT_STATED if row.credits else ""),
                "pictures": len(row.credits),
            }
            file.write(csv_text(titles, [told]).partition("\n")[2])

        yield write


def _joined(credits: Sequence[Credit]) -> dict[str, str]:
    licences = [one.licence for one in credits]
    if any(licences):  # a row that states none does not agree with one that does
        licences = [licence or NOT_STATED for licence in licences]
    parts = {
        "source": [one.source for one in credits],
        "licence": licences,
        "origin": [one.origin for one in credits],
    }
    return {name: "; ".join(dict.fromkeys(filter(None, many))) for name, many in parts.items()}


@dataclass(frozen=True, slots=True)
class About:
    """What a card says beside the counts: the format, how it is opened, where its tables lie, the
    run, and who has checked it."""

    title: str
    load: str
    tables: str
    source: Source
    reviews: str
    sensitive: bool
    """Whether rows that are sensitive, or of which nobody knows, were taken too."""


def export_card(
    about: About, rows: Mapping[str, int], notes: Sequence[str], credits: Credits
) -> str:
    """`README.md` of an export; the same rows give the same text."""
    what = about.source.rows.what
    counts = ", ".join(f"{split} {rows[split]:,}" for split in SPLITS if rows.get(split))
    facts = {
        "Rows by split": counts,
        "Pictures": f"{len(credits.said):,}, each with its licence, source and origin in {CREDITS}"
        if credits.said
        else "none",
        "Sensitive rows": _sensitive(about),
        "Left out": "dropped.parquet and failed.parquet hold every row that is not here, and why",
    }
    lines = [
        f"# {what.capitalize()} for {about.title}",
        "",
        f"Exported by `crosslight export` from a run of `{about.source.kind}`: {counts}; "
        f"{plural(len(credits.said), 'picture')}. Rows that were left out stand in "
        "`dropped.parquet` and `failed.parquet` with the reason.",
        "",
        "```",
        about.load,
        "```",
        "",
        "`OUT` stands for this folder.",
        "",
        *(line for note in notes for line in (markdown(note), "")),
        *datasheet(about.source, facts, about.reviews),
        "## Licences",
        "",
        *_licences(credits),
        *_last_word(about.source),
    ]
    return _front(about, rows) + "\n".join(lines)


def _licences(credits: Credits) -> list[str]:
    if not credits.said:
        return ["No picture is here.", ""]
    return [
        f"Each picture keeps its own licence and credit (`{CREDITS}`; by row `{LICENCES}`):",
        "",
        "| licence | pictures |",
        "|---|---|",
        *(f"| {markdown(licence)} | {n:,} |" for licence, n in credits.licences()),
        "",
    ]


def _sensitive(about: About) -> str:
    if about.source.kind in ("assess", "bench"):
        return "the run marks none, and none were left out"
    return "taken too" if about.sensitive else "left out, also where nobody knows"


def _last_word(source: Source) -> list[str]:
    if not source.rows.trainable:
        return []
    return [
        "The texts show risks so that a model can learn to see them: not for training a model to "
        "bring them about.",
        "",
    ]


def _front(about: About, rows: Mapping[str, int]) -> str:
    """For the hub and for `datasets`, which else would take the tables beside for data."""
    name = "of-the-benchmark" if about.source.kind == "bench" else "per-picture"
    front: dict[str, Any] = {"license": "other", "license_name": name}
    if about.tables:
        held = [split for split in SPLITS if rows.get(split)]
        files = [{"split": s, "path": about.tables.format(split=s)} for s in held]
        front["configs"] = [{"config_name": "default", "data_files": files}]
    return f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n\n"
