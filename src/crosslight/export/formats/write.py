"""`crosslight export`: the rows of a run into a folder that others read, and an account."""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosslight.export.formats import trl
from crosslight.export.formats.about import CREDITS, About, Credits, export_card, row_licences
from crosslight.export.formats.checks import checked, reviews_told
from crosslight.export.formats.forms import Format, find_format, rows_of
from crosslight.export.formats.names import NUMBERED, WRITTEN
from crosslight.export.formats.pictures import PictureFolder, clear_pictures, picture_name
from crosslight.export.formats.placed import Placed
from crosslight.export.formats.rows import LeftOut, Shape, lone_mirrors
from crosslight.export.formats.source import Chosen, ExportError, Places, Source, open_source
from crosslight.export.formats.tables import columns_of, most_pictures
from crosslight.records import Failed, RunBroken
from crosslight.runs import RUN_FILE, Lost, begin, held_folder, library_versions, write_lost
from crosslight.store import part_of, write_json, write_text
from crosslight.text import plural

KIND = "export"
_NO_PICTURE = Failed("export", "not_a_picture: none of JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF")


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
    kept: int = 0
    """Pictures whose files may still say where and by whom they were taken."""
    files: list[str] = field(default_factory=list, repr=False)
    """Paths from the folder of all that was written."""
    placed: Placed = field(default_factory=Placed, repr=False)

    def left_out(self, *, failed: bool) -> dict[str, int]:
        """How many rows went wrong (`failed`), or were left out on purpose, by reason."""
        found = (o.reason for o in self.lost if isinstance(o.outcome, Failed) is failed)
        return dict(Counter(found).most_common())


def export_run(
    folder: Path, to: str, out: Path, chosen: Chosen, places: Places | None = None
) -> Exported:
    """Write the rows of a run for others. The same run gives the same files; an earlier export in
    `out` is replaced. `places`: where pictures lie that the run does not hold itself. Raises
    `ExportError`, `BadSetting`, and what `held_folder` raises."""
    form, source = find_format(to), open_source(folder, places)
    done = Exported(out, notes=checked(form, source, chosen))
    with held_folder(out, KIND) as held, _made_beside(out) as made:
        if not (out / RUN_FILE).exists():
            begin(out, KIND)
        credits = _write_rows(form, source, chosen, done, made)
        done.notes += _left_behind(form, source, chosen, done)
        if not done.rows:
            raise ExportError(f"no row of {folder} has its pictures", _where(source))
        write_lost(made, [Lost(one.outcome, one.source, row=one.id) for one in done.lost])
        write_text(made / CREDITS, credits.csv())
        about = About(
            form.title,
            form.load if "train" in done.rows else form.load.replace("train", min(done.rows)),
            form.tables,
            source,
            reviews_told(source, chosen),
            chosen.sensitive,
        )
        card = export_card(about, done.rows, done.notes, credits)
        write_text(made / "README.md", card)
        held.keep = True
        done.files = [*_put_in_place(made, out), RUN_FILE]
        write_json(out / RUN_FILE, _record(form, source, done, chosen))
    return done


def _where(source: Source) -> str:
    """Where pictures that are missing could be."""
    if source.kind == "bench":
        return "name the folder of the benchmark with --data"
    if source.rows.file:
        return "name the store that the run was made with (--store), or make the run again"
    return "make the run again"


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
    shape = Shape(source, source.pairs and chosen.pairs, columns, most_pictures(source, columns))
    with form.writer(made, shape) as write, row_licences(made) as licensed:
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
            licensed(row)
            done.rows[row.split] += 1
            done.mirrors[row.id] = row.mirror
            done.weighted += row.weight != 1.0
            done.kept += row.kept
    done.pictures = len(credits.said)
    return credits


def _left_behind(form: Format, source: Source, chosen: Chosen, done: Exported) -> Iterator[str]:
    """What the rows that were written lack; a picture that cannot be had takes its pair away."""
    if chosen.split_by:
        yield done.placed.told(chosen.split_by)
    edits = sum(bool(one.edit) for one in source.reviews.values())
    if edits and not source.rows.trainable:
        yield f"{edits:,} rows have edits of reviewers: what a model said goes out as it said it."
    elif edits and not chosen.only:
        yield f"{edits:,} rows have edits of reviewers, which only `--only accepted` takes."
    if done.kept:
        yield (
            f"The files of {plural(done.kept, 'picture')} are as they were, and may say where and "
            "by whom they were taken: nothing could be left out of their format."
        )
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
    for name in WRITTEN:
        (out / name).unlink(missing_ok=True)
    for path in out.iterdir():
        if NUMBERED.fullmatch(path.name) and not path.is_dir():
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
