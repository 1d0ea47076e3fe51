"""The rows of a build under other cut-offs: which stay, and which are kept aside."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.build.config import BuildConfig
from crosslight.build.counts import RowTally
from crosslight.build.dataset import DATASET
from crosslight.build.rethreshold.drafts import BUILD_AGAIN, Drafts
from crosslight.records import Kind
from crosslight.runs import SPLITS, RunError, split_files
from crosslight.store import DatasetSink, TableFile, table_rows, write_table

LEFT_OUT_FILE = "left_out.parquet"
LEFT_OUT = DATASET.append(pa.field("at", pa.int64())).append(pa.field("left_out", pa.string()))
"""Rows with all that they have, their place among the rows of their split, and why they fell."""
PARENT_FELL = "parent_fell"
NO_CONTROL = {
    Kind.CONTROL_TEXT: "no_harmless_text",
    Kind.HARD_NEGATIVE: "no_hard_negative",
    Kind.CONTROL_PHOTO: "no_harmless_photo",
}
_READ = ("id", "photo", "source", "kind", "text", "parent", "together")


@dataclass(frozen=True, slots=True)
class FallenControl:
    """A control that is not sure to be harmless any more, though its row stays."""

    id: str
    parent: str
    photo: str
    source: str
    text: str
    reason: str
    detail: str


@dataclass(slots=True)
class Tally(RowTally):
    """What was counted while the dataset was written."""

    speaking: int = 0
    """Rows of which a text speaks to the judge."""

    def add(self, split: str, values: dict[str, Any]) -> None:
        """One row."""
        self.count(values["label"], values["kind"], split)
        self.speaking += any("speaks to the judge: " in note for note in values["notes"] or ())


@dataclass(slots=True)
class Rows:
    """What becomes of the rows of a build. `fell`: why, by id."""

    fell: dict[str, str] = field(default_factory=dict)
    controls: list[FallenControl] = field(default_factory=list)
    unsafe_fell: int = 0
    beside_fell: int = 0
    """Controls of rows that fell."""
    photos: set[str] = field(default_factory=set)
    sources: dict[str, str] = field(default_factory=dict)
    unknown_photos: set[str] = field(default_factory=set)
    """Of controls that stay: their own photo has no stored number."""
    _beside: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Of each row, which notes on a missing control hold, and which do not."""

    @classmethod
    def read(cls, folder: Path, drafts: Drafts, config: BuildConfig) -> "Rows":
        """Decide over all rows that the build ever had. Raises `RunError`."""
        found = cls()
        for _, _, values in full_rows(folder, _READ):
            found.sources[values["photo"]] = values["source"]
            if values["kind"] == Kind.UNSAFE:
                reason = drafts.of_row(values["id"])
                if reason is None:
                    told = f"drafts.parquet has no draft of the row {values['id']}"
                    raise RunError(f"{told}: the tables are not of one build", BUILD_AGAIN)
                found.unsafe_fell += bool(reason)
            else:
                reason = found._control(values, drafts, config)
            if reason:
                found.fell[values["id"]] = reason
            else:
                found.photos.add(values["photo"])
        return found

    def _control(self, values: dict[str, Any], drafts: Drafts, config: BuildConfig) -> str:
        if drafts.of_row(values["parent"]):
            self.beside_fell += 1
            return PARENT_FELL
        kind = Kind(values["kind"])
        numbers = {"unsafe": values["together"]}
        if kind is Kind.CONTROL_PHOTO:
            numbers["its photo"] = drafts.alone.get(values["photo"])
            if numbers["its photo"] is None:
                self.unknown_photos.add(values["photo"])
        # Without a number people wrote it as harmless: no cut-off says anything of it.
        over = {k: v for k, v in numbers.items() if v is not None and v > config.safe_below}
        reason = NO_CONTROL[kind]
        self._beside.setdefault(values["parent"], {})[_note(reason)] = bool(over)
        if not over:
            return ""
        told = ", ".join(f"{name} {value:.3f}" for name, value in over.items())
        where = (values["id"], values["parent"], values["photo"], values["source"], values["text"])
        self.controls.append(FallenControl(*where, reason, told))
        return reason

    def noted(self, values: dict[str, Any]) -> dict[str, Any]:
        """A row that says which control it lacks now."""
        beside = self._beside.get(values["id"])
        if not beside:
            return values
        notes = [note for note in values["notes"] or () if note not in beside]
        return {**values, "notes": notes + [note for note, lacks in beside.items() if lacks]}


def _note(reason: str) -> str:
    return f"a control is missing: {reason.replace('_', ' ')}"


def full_rows(
    folder: Path, columns: tuple[str, ...] = ()
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Split, place in it, and row, of all that the build made: those kept aside stand where they
    stood. Raises `RunError`, `TableError`."""
    names = list(columns or DATASET.names)
    aside = folder / LEFT_OUT_FILE
    there = {v["id"] for v in table_rows(aside, ["id"])} if aside.is_file() else set[str]()
    left = table_rows(aside, [*dict.fromkeys((*names, "split", "at"))]) if there else iter(())
    waiting = next(left, None)
    files = split_files(folder)
    for split in SPLITS:
        at = 0
        for values in _stored(files.get(split, ()), names):
            while waiting and (waiting["split"], waiting["at"]) == (split, at):
                yield split, at, {name: waiting[name] for name in names}
                waiting, at = next(left, None), at + 1
            if values["id"] not in there:
                yield split, at, values
                at += 1
        while waiting and waiting["split"] == split:
            yield split, at, {name: waiting[name] for name in names}
            waiting, at = next(left, None), at + 1


def _stored(files: tuple[Path, ...], names: list[str]) -> Iterator[dict[str, Any]]:
    for path in files:
        with TableFile(path) as file:
            missing = sorted(set(names) - set(file.schema.names))
            if missing:
                raise RunError(f"{path.name} lacks the columns {missing}", BUILD_AGAIN)
            yield from file.rows_of(names)


def write_rows(folder: Path, out: Path, rows: Rows) -> Tally:
    """Write the rows that stay, and those that fell. Killed on the way, each row is in one of the
    two tables at least."""
    aside, tally = out / LEFT_OUT_FILE, Tally()
    old: set[str] = set()
    if out.resolve() == folder.resolve() and aside.is_file():
        old = {values["id"] for values in table_rows(aside, ["id"])}
    if rows.fell or old:
        write_table(aside, LEFT_OUT, _left_out(folder, rows, old))
    with DatasetSink(out / "dataset", DATASET, splits=SPLITS) as sink:
        for split, _, values in full_rows(folder):
            if values["id"] not in rows.fell:
                sink.write(split, rows.noted(values))
                tally.add(split, values)
    if old - rows.fell.keys():
        fallen = (values for values in table_rows(aside) if values["id"] in rows.fell)
        write_table(aside, LEFT_OUT, fallen)
    if not rows.fell:
        aside.unlink(missing_ok=True)
    return tally


def _left_out(folder: Path, rows: Rows, old: set[str]) -> Iterator[dict[str, Any]]:
    for _, at, values in full_rows(folder):
        if values["id"] in rows.fell or values["id"] in old:
            yield {**values, "at": at, "left_out": rows.fell.get(values["id"], "")}
