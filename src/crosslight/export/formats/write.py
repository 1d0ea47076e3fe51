"""`crosslight export`: the rows of a run into a folder that others read, and an account."""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.export.formats import croissant, hf, labelstudio, trl, webdataset
from crosslight.export.formats.about import CREDITS, About, Credits, export_card
from crosslight.export.formats.chains import read_chains
from crosslight.export.formats.llamafactory import INFO, llamafactory_writer
from crosslight.export.formats.llamafactory import LOAD as LLAMAFACTORY
from crosslight.export.formats.msswift import LOAD as MSSWIFT
from crosslight.export.formats.msswift import msswift_writer
from crosslight.export.formats.pictures import PictureFolder, clear_pictures, picture_name
from crosslight.export.formats.placed import Placed
from crosslight.export.formats.reviewed import ONLY
from crosslight.export.formats.rows import (
    Chosen,
    ExportError,
    LeftOut,
    Shape,
    Source,
    TrainRow,
    columns_of,
    lone_mirrors,
    open_source,
    read_rows,
)
from crosslight.records import BadSetting, Failed, RunBroken
from crosslight.runs import RUN_FILE, SPLITS, Lost, begin, held_folder, library_versions, write_lost
from crosslight.store import part_of, write_json, write_text
from crosslight.tune import Target

KIND = "export"
_OF_REVIEWS = {"not_reviewed", "rejected", "disputed", "skipped"}
_NO_PICTURE = Failed("export", "not_a_picture: none of JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF")
_WRITTEN = (
    INFO,
    CREDITS,
    "README.md",
    croissant.FILE,
    labelstudio.LABELS,
    *(f"{s}.{end}" for s in SPLITS for end in ("json", "jsonl")),
)
_NUMBERED = re.compile(rf"(?:{'|'.join(SPLITS)})-\d{{6}}\.tar|tasks-\d{{4,}}\.json")


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what writes it, how it is opened, whether pictures stand in its files, whether it
    takes whole rows (else what a trainer needs), and where the data of a split lie for the hub."""

    name: str
    title: str
    writer: Callable[
        [Path, Shape], AbstractContextManager[Callable[[TrainRow, Sequence[str]], None]]
    ]
    load: str
    pictures_inside: bool = False
    whole: bool = False
    tables: str = ""


_PARQUET = "data/{split}-*.parquet"
FORMATS = (
    Format("trl", "TRL", trl.trl_writer, trl.LOAD, pictures_inside=True, tables=_PARQUET),
    Format("llamafactory", "LLaMA-Factory", llamafactory_writer, LLAMAFACTORY),
    Format("msswift", "ms-swift", msswift_writer, MSSWIFT),
    Format("hf", "Hugging Face datasets", hf.hf_writer, hf.LOAD, True, True, _PARQUET),
    Format(
        "webdataset",
        "WebDataset",
        webdataset.webdataset_writer,
        webdataset.LOAD,
        pictures_inside=True,
        whole=True,
        tables="{split}-*.tar",
    ),
    Format(
        "croissant",
        "Croissant",
        croissant.croissant_writer,
        croissant.LOAD,
        pictures_inside=True,
        whole=True,
        tables=_PARQUET,
    ),
    Format(
        "labelstudio",
        "Label Studio",
        labelstudio.labelstudio_writer,
        labelstudio.LOAD,
        pictures_inside=True,
        whole=True,
    ),
)


@dataclass(slots=True)
class Exported:
    """What was written, and what was not and why."""

    out: Path
    rows: Counter[str] = field(default_factory=Counter)
    pictures: int = 0
    lost: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    mirrors: dict[str, str] = field(default_factory=dict, repr=False)
    """Of each row that was written the id of its mirror."""
    weighted: int = 0
    files: list[str] = field(default_factory=list, repr=False)
    """Paths from the folder of all that was written."""
    placed: Placed = field(default_factory=Placed, repr=False)

    def left_out(self, *, failed: bool) -> dict[str, int]:
        """How many rows went wrong (`failed`), or were left out on purpose, by reason."""
        found = (o.reason for o in self.lost if isinstance(o.outcome, Failed) is failed)
        return dict(Counter(found).most_common())


def find_format(name: str) -> Format:
    """Raises `BadSetting`."""
    for each in FORMATS:
        if each.name == name:
            return each
    raise BadSetting(f"--to {name!r}", f"one of: {', '.join(each.name for each in FORMATS)}")


def export_run(folder: Path, to: str, out: Path, chosen: Chosen) -> Exported:
    """Write the rows of a run of `prefer` or `build` for others. The same run gives the same
    files; an earlier export in `out` is replaced. Raises `ExportError`, `BadSetting`, and what
    `held_folder` raises."""
    form, source = find_format(to), open_source(folder)
    done = Exported(out, notes=_checked(form, source, chosen))
    with held_folder(out, KIND) as held, _made_beside(out) as made:
        if not (out / RUN_FILE).exists():
            begin(out, KIND)
        credits = _write_rows(form, source, chosen, done, made)
        done.notes += _left_behind(form, source, chosen, done)
        if not done.rows:
            raise ExportError(f"no row of {folder} has its pictures", "make the run again")
        write_lost(made, [Lost(one.outcome, one.source, row=one.id) for one in done.lost])
        write_text(made / CREDITS, credits.csv())
        about = About(
            form.title,
            form.load,
            form.tables,
            source,
            _reviews_told(source, chosen),
            chosen.sensitive,
        )
        card = export_card(about, done.rows, done.notes, credits)
        write_text(made / "README.md", card)
        held.keep = True
        done.files = [*_put_in_place(made, out), RUN_FILE]
        write_json(out / RUN_FILE, _record(form, source, done, chosen))
    return done


def rows_of(
    form: Format, source: Source, chosen: Chosen, *, pictures: bool = True
) -> Iterator[TrainRow | LeftOut]:
    """What a run holds, or the chains that are made of it."""
    if chosen.target == Target.RESPONSE:
        return read_rows(source, chosen, pictures=pictures, whole=form.whole)
    return read_chains(source, chosen, pictures=pictures)


@contextmanager
def _made_beside(out: Path) -> Iterator[Path]:
    """A folder in `out` to write into: what goes wrong, or is stopped, leaves an earlier export as
    it was. One that a kill left is removed by whoever holds the folder next."""
    made = part_of(out / KIND)
    made.mkdir()
    try:
        yield made
    except OSError as error:
        raise RunBroken(
            f"the export broke off: {error}", "free some space, or mend what is said; then again"
        ) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _put_in_place(made: Path, out: Path) -> list[str]:
    """From here on the folder reads as stopped, until `run.json` is written. Returns the files."""
    begin(out, KIND)
    _clear(out)
    names = [path.relative_to(made) for path in sorted(made.rglob("*")) if path.is_file()]
    for name in names:
        (out / name).parent.mkdir(exist_ok=True)
        (made / name).replace(out / name)
    return [name.as_posix() for name in names]


def _write_rows(
    form: Format, source: Source, chosen: Chosen, done: Exported, made: Path
) -> Credits:
    pictures, credits = PictureFolder(made), Credits()
    columns = columns_of(source, chosen) if form.whole else {}
    with form.writer(made, Shape(source, source.pairs and chosen.pairs, columns)) as write:
        for row in rows_of(form, source, chosen):
            if isinstance(row, LeftOut):
                done.lost.append(row)
                continue
            names = [name for one in row.pictures if (name := picture_name(one))]
            if len(names) < len(row.pictures):
                done.lost.append(LeftOut(row.id, row.source, row.kind, _NO_PICTURE))
                continue
            credits.add(row, names)
            if chosen.split_by:
                done.placed.add(row, names)
            if not form.pictures_inside:
                both = zip(row.pictures, names, strict=True)
                names = [pictures.put(data, name) for data, name in both]
            write(row, names)
            done.rows[row.split] += 1
            done.mirrors[row.id] = row.mirror
            done.weighted += row.weight != 1.0
    done.pictures = len(credits.rows)
    return credits


def _checked(form: Format, source: Source, chosen: Chosen) -> list[str]:
    """What a reader must know of the rows that are wanted, without a picture read. Raises where
    there are none."""
    _settings(form, source, chosen)
    kinds: set[str] = set()
    why: Counter[str] = Counter()
    left = 0
    for row in rows_of(form, source, chosen, pictures=False):
        kinds.add(row.kind)
        if isinstance(row, LeftOut):
            why[row.reason] += 1
        else:
            left += 1
    if not left and chosen.only and set(why) <= _OF_REVIEWS | {"sensitive"}:
        raise ExportError(
            f"no row of {source.folder} is accepted: {_told(why)}",
            f"review rows with `crosslight view {source.folder}`, or leave --only away",
        )
    if not left:
        raise ExportError(
            f"no row of {source.folder} is left to export: {_told(why)}",
            f"its kinds are {', '.join(sorted(kinds)) or 'none'}; choose others with --kind or "
            "--split, or take the sensitive rows with --include-sensitive",
        )
    if source.run.get("status") != "complete":
        return ["The run had not come to its end: these are its rows so far."]
    return []


def _told(why: Counter[str]) -> str:
    return ", ".join(f"{n:,} {reason}" for reason, n in why.most_common()) or "it is empty"


def _settings(form: Format, source: Source, chosen: Chosen) -> None:
    """Raises `BadSetting` for options that do not go with the run or with each other."""
    targets = tuple(map(str, Target))
    if chosen.target not in targets:
        raise BadSetting(f"--target {chosen.target!r}", f"one of: {', '.join(targets)}")
    unknown = set(chosen.splits) - set(SPLITS)
    if unknown:
        raise BadSetting(f"--split {min(unknown)!r}", f"one of: {', '.join(SPLITS)}")
    if chosen.only not in ("", *ONLY):
        raise BadSetting(f"--only {chosen.only!r}", f"one of: {', '.join(ONLY)}")
    texts = [name for name, kind in columns_of(source, chosen).items() if kind == pa.string()]
    if chosen.split_by and chosen.split_by not in texts:
        raise BadSetting(
            f"--split-by {chosen.split_by!r}: the run has no such column of text",
            f"one of: {', '.join(texts)}",
        )
    if form.whole and source.pairs and not chosen.pairs:
        raise BadSetting(
            f"--chosen-only: {form.name} takes pairs as they are, with both replies",
            f"the better reply alone goes to {_trainers()}",
        )
    if chosen.target == Target.RESPONSE:
        return
    if source.pairs:
        raise BadSetting(
            f"--target {chosen.target}: {source.folder} holds pairs, and chains are made of rows",
            "give the folder of the run of build that they came from",
        )
    if form.whole:
        raise BadSetting(
            f"--target {chosen.target}: {form.name} takes rows as they are",
            f"chains go to {_trainers()}",
        )
    if chosen.only or chosen.split_by:
        raise BadSetting(
            f"--target {chosen.target}: a chain is made of several rows and keeps their split",
            "leave --only and --split-by away, or export with --target response",
        )


def _trainers() -> str:
    return ", ".join(form.name for form in FORMATS if not form.whole)


def _reviews_told(source: Source, chosen: Chosen) -> str:
    """Who has checked the rows, as far as the run knows."""
    found = source.verdicts.values()
    if not found:
        return "Nobody has reviewed rows of this run, as far as it says."
    accepted = sum(not one.why_not for one in found)
    told = f"{len(found):,} rows of the run were reviewed, {accepted:,} of them accepted by all."
    if chosen.only:
        return f"{told} Only accepted rows are here, with the edits of reviewers."
    edits = sum(bool(one.edit) for one in found)
    return f"{told} All rows are here, also rejected ones; the edits of {edits:,} are not applied."


def _left_behind(form: Format, source: Source, chosen: Chosen, done: Exported) -> Iterator[str]:
    """What the rows that were written lack; a picture that cannot be had takes its pair away."""
    if chosen.split_by:
        yield done.placed.told(chosen.split_by)
    edits = sum(bool(one.edit) for one in source.verdicts.values())
    if edits and not chosen.only:
        yield f"{edits:,} rows have edits of reviewers, which only `--only accepted` takes."
    if not (source.pairs and chosen.pairs):
        return
    if alone := lone_mirrors(done.mirrors):
        yield (
            f"{alone:,} pairs stand here without their mirror, by the choice of rows or for a "
            "picture that cannot be had: of these the words of the two replies may tell the better "
            "one without the picture."
        )
    if done.weighted and not form.whole:
        yield (
            f"{done.weighted:,} pairs have a weight below 1 in the run; this format has no place "
            "for it."
        )


def _clear(out: Path) -> None:
    """Take away the files of an earlier export, of whatever format."""
    for name in _WRITTEN:
        (out / name).unlink(missing_ok=True)
    for path in out.iterdir():
        if _NUMBERED.fullmatch(path.name) and not path.is_dir():
            path.unlink(missing_ok=True)
    if (out / trl.FOLDER).is_dir():
        shutil.rmtree(out / trl.FOLDER)
    clear_pictures(out)


def _record(form: Format, source: Source, done: Exported, chosen: Chosen) -> dict[str, Any]:
    return {
        "kind": KIND,
        "status": "complete",
        "to": form.name,
        "source": {"kind": source.kind, "name": source.folder.resolve().name},
        "settings": {
            "split": list(chosen.splits),
            "kind": list(chosen.kinds),
            "include_sensitive": chosen.sensitive,
            "pairs": source.pairs and chosen.pairs,
            "target": chosen.target,
            "only": chosen.only,
            "split_by": chosen.split_by,
        },
        "rows": done.rows.total(),
        "splits": dict(sorted(done.rows.items())),
        "pictures": done.pictures,
        "dropped": done.left_out(failed=False),
        "failed": done.left_out(failed=True),
        "notes": done.notes,
        "versions": library_versions(("pyarrow",)),
    }
