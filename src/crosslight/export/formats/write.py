"""`crosslight export`: the rows of a run into a folder that a trainer reads, and an account."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosslight.export.formats import trl
from crosslight.export.formats.about import CREDITS, Credits, export_card
from crosslight.export.formats.chains import read_chains
from crosslight.export.formats.llamafactory import INFO, llamafactory_writer
from crosslight.export.formats.llamafactory import LOAD as LLAMAFACTORY
from crosslight.export.formats.msswift import LOAD as MSSWIFT
from crosslight.export.formats.msswift import msswift_writer
from crosslight.export.formats.pictures import PictureFolder, clear_pictures, picture_name
from crosslight.export.formats.rows import (
    Chosen,
    ExportError,
    LeftOut,
    Source,
    TrainRow,
    lone_mirrors,
    open_source,
    read_rows,
)
from crosslight.records import BadSetting, Failed, RunBroken
from crosslight.runs import RUN_FILE, SPLITS, Lost, begin, held_folder, library_versions, write_lost
from crosslight.store import part_of, write_json, write_text
from crosslight.tune import Target

KIND = "export"
_NO_PICTURE = Failed("export", "not_a_picture: none of JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF")
_WRITTEN = (
    INFO,
    CREDITS,
    "README.md",
    *(f"{s}.{end}" for s in SPLITS for end in ("json", "jsonl")),
)


@dataclass(frozen=True, slots=True)
class Format:
    """A trainer's format: what writes it, how it is opened, whether pictures stand in its files."""

    name: str
    title: str
    writer: Callable[
        [Path, bool], AbstractContextManager[Callable[[TrainRow, Sequence[str]], None]]
    ]
    load: str
    pictures_inside: bool = False


FORMATS = (
    Format("trl", "TRL", trl.trl_writer, trl.LOAD, pictures_inside=True),
    Format("llamafactory", "LLaMA-Factory", llamafactory_writer, LLAMAFACTORY),
    Format("msswift", "ms-swift", msswift_writer, MSSWIFT),
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
    """Write the rows of a run of `prefer` or `build` for a trainer. The same run gives the same
    files; an earlier export in `out` is replaced. Raises `ExportError`, `BadSetting`, and what
    `held_folder` raises."""
    form, source = find_format(to), open_source(folder)
    done = Exported(out, notes=_checked(source, chosen))
    with held_folder(out, KIND) as held, _made_beside(out) as made:
        if not (out / RUN_FILE).exists():
            begin(out, KIND)
        credits = _write_rows(form, source, chosen, done, made)
        done.notes += _left_behind(source, chosen, done)
        if not done.rows:
            raise ExportError(f"no row of {folder} has its pictures", "make the run again")
        write_lost(made, [Lost(one.outcome, one.source, row=one.id) for one in done.lost])
        write_text(made / CREDITS, credits.csv())
        card = export_card(form.title, form.load, source.kind, done.rows, done.notes, credits)
        write_text(made / "README.md", card)
        held.keep = True
        _put_in_place(made, out)
        write_json(out / RUN_FILE, _record(form, source, done, chosen))
    return done


def rows_of(
    source: Source, chosen: Chosen, *, pictures: bool = True
) -> Iterator[TrainRow | LeftOut]:
    """What a run holds, or the chains that are made of it."""
    read = read_rows if chosen.target == Target.RESPONSE else read_chains
    return read(source, chosen, pictures=pictures)


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


def _put_in_place(made: Path, out: Path) -> None:
    """From here on the folder reads as stopped, until `run.json` is written."""
    begin(out, KIND)
    _clear(out)
    for path in sorted(made.rglob("*")):
        if path.is_file():
            target = out / path.relative_to(made)
            target.parent.mkdir(exist_ok=True)
            path.replace(target)


def _write_rows(
    form: Format, source: Source, chosen: Chosen, done: Exported, made: Path
) -> Credits:
    pictures, credits = PictureFolder(made), Credits()
    with form.writer(made, source.pairs and chosen.pairs) as write:
        for row in rows_of(source, chosen):
            if isinstance(row, LeftOut):
                done.lost.append(row)
                continue
            names = [name for one in row.pictures if (name := picture_name(one))]
            if len(names) < len(row.pictures):
                done.lost.append(LeftOut(row.id, row.source, row.kind, _NO_PICTURE))
                continue
            credits.add(row, names)
            if not form.pictures_inside:
                both = zip(row.pictures, names, strict=True)
                names = [pictures.put(data, name) for data, name in both]
            write(row, names)
            done.rows[row.split] += 1
            done.mirrors[row.id] = row.mirror
            done.weighted += row.weight != 1.0
    done.pictures = len(credits.rows)
    return credits


def _checked(source: Source, chosen: Chosen) -> list[str]:
    """What a reader must know of the rows that are wanted, without a picture read. Raises where
    there are none."""
    targets = tuple(map(str, Target))
    if chosen.target not in targets:
        raise BadSetting(f"--target {chosen.target!r}", f"one of: {', '.join(targets)}")
    if chosen.target != Target.RESPONSE and source.pairs:
        raise BadSetting(
            f"--target {chosen.target}: {source.folder} holds pairs, and chains are made of rows",
            "give the folder of the run of build that they came from",
        )
    unknown = set(chosen.splits) - set(SPLITS)
    if unknown:
        raise BadSetting(f"--split {min(unknown)!r}", f"one of: {', '.join(SPLITS)}")
    kinds: set[str] = set()
    why: Counter[str] = Counter()
    left = 0
    for row in rows_of(source, chosen, pictures=False):
        kinds.add(row.kind)
        if isinstance(row, LeftOut):
            why[row.reason] += 1
        else:
            left += 1
    if not left:
        told = ", ".join(f"{n:,} {reason}" for reason, n in why.most_common()) or "it is empty"
        raise ExportError(
            f"no row of {source.folder} is left to export: {told}",
            f"its kinds are {', '.join(sorted(kinds)) or 'none'}; choose others with --kind or "
            "--split, or take the sensitive rows with --include-sensitive",
        )
    if source.run.get("status") != "complete":
        return ["The run had not come to its end: these are its rows so far."]
    return []


def _left_behind(source: Source, chosen: Chosen, done: Exported) -> Iterator[str]:
    """What the pairs that were written lack; a picture that cannot be had takes its pair away."""
    if not (source.pairs and chosen.pairs):
        return
    if alone := lone_mirrors(done.mirrors):
        yield (
            f"{alone:,} pairs stand here without their mirror, by the choice of rows or for a "
            "picture that cannot be had: of these the words of the two replies may tell the better "
            "one without the picture."
        )
    if done.weighted:
        yield (
            f"{done.weighted:,} pairs have a weight below 1 in the run; this format has no place "
            "for it."
        )


def _clear(out: Path) -> None:
    """Take away the files of an earlier export, of whatever format."""
    for name in _WRITTEN:
        (out / name).unlink(missing_ok=True)
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
        },
        "rows": done.rows.total(),
        "splits": dict(sorted(done.rows.items())),
        "pictures": done.pictures,
        "dropped": done.left_out(failed=False),
        "failed": done.left_out(failed=True),
        "notes": done.notes,
        "versions": library_versions(("pyarrow",)),
    }
