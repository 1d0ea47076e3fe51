"""What can be exported as what: refused with the remedy before a file is written."""

from collections import Counter
from collections.abc import Iterator, Mapping

import pyarrow as pa

from crosslight.export.formats.forms import FORMATS, Format, rows_of, takes
from crosslight.export.formats.rows import LeftOut
from crosslight.export.formats.source import ONLY, Chosen, ExportError, Source
from crosslight.export.formats.tables import columns_of
from crosslight.records import BadSetting
from crosslight.runs import SPLITS
from crosslight.text import plural
from crosslight.tune import Target

_OF_REVIEWS = {"not_reviewed", "rejected", "disputed", "skipped"}


def checked(form: Format, source: Source, chosen: Chosen) -> list[str]:
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
    return [*_notes(source, chosen, why)]


def _notes(source: Source, chosen: Chosen, why: Mapping[str, int]) -> Iterator[str]:
    if source.run.get("status") != "complete":
        yield "The run had not come to its end: these are its rows so far."
    if source.kind == "judge" and why.get("sensitive"):
        yield "Only pictures that the judge calls safe are here: --include-sensitive takes all."
    differ = sum(bool(one.edits_differ) for one in source.reviews.values() if not one.why_not)
    if chosen.only and differ:
        yield (
            f"Of {plural(differ, 'accepted row')} two reviewers wrote a text anew, each another "
            "way: the later stands here."
        )


def _told(why: Counter[str]) -> str:
    return ", ".join(f"{n:,} {reason}" for reason, n in why.most_common()) or "it is empty"


def _settings(form: Format, source: Source, chosen: Chosen) -> None:
    """Raises `BadSetting` for options that do not go with the run or with each other."""
    targets = tuple(map(str, Target))
    if chosen.target not in targets:
        raise BadSetting(f"--target {chosen.target!r}", f"one of: {', '.join(targets)}")
    _trained(form, source)
    unknown = set(chosen.splits) - set(SPLITS)
    if unknown:
        raise BadSetting(f"--split {min(unknown)!r}", f"one of: {', '.join(SPLITS)}")
    if chosen.only not in ("", *ONLY):
        raise BadSetting(f"--only {chosen.only!r}", f"one of: {', '.join(ONLY)}")
    columns = columns_of(source, chosen)
    texts = [name for name, kind in columns.items() if kind == pa.string()]
    if chosen.split_by and chosen.split_by not in texts:
        raise BadSetting(
            f"--split-by {chosen.split_by!r}: the run has no such column of text",
            f"one of: {', '.join(texts)}",
        )
    if source.kind == "bench" and "epoch" in columns and (chosen.only or form.reviewed):
        raise BadSetting(
            f"{source.folder} asked every item several times, and a review names the item",
            "export it to hf without --only; or run bench with --epochs 1",
        )
    if form.whole and source.pairs and not chosen.pairs:
        raise BadSetting(
            f"--chosen-only: {form.name} takes pairs as they are, with both replies",
            f"the better reply alone goes to {_trainers()}",
        )
    if chosen.target != Target.RESPONSE:
        _chained(form, source, chosen)


def _chained(form: Format, source: Source, chosen: Chosen) -> None:
    """Raises `BadSetting` where no chains can be made, or not taken."""
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


def _trained(form: Format, source: Source) -> None:
    """Raises `BadSetting` for rows of which a trainer, or this format, can make nothing."""
    others = ", ".join(one.name for one in FORMATS if takes(one, source))
    if not form.whole and not source.rows.trainable:
        raise BadSetting(
            f"--to {form.name}: {source.folder} holds {source.rows.what}, and {form.title} trains "
            "on replies to a request",
            f"export it to {others}; replies to learn from are in runs of build and prefer",
        )
    if not takes(form, source):
        raise BadSetting(
            f"--to {form.name}: it has no place for {source.rows.what} of a run of {source.kind}",
            f"export it to {others}",
        )


def _trainers() -> str:
    return ", ".join(form.name for form in FORMATS if not form.whole)


def reviews_told(source: Source, chosen: Chosen) -> str:
    """Who has checked the rows, as far as the run knows."""
    found = source.reviews.values()
    if not found:
        return "Nobody has reviewed rows of this run, as far as it says."
    accepted = sum(not one.why_not for one in found)
    told = f"{len(found):,} rows of the run were reviewed, {accepted:,} of them accepted by all."
    if chosen.only:
        edited = ", with the edits of reviewers" if source.rows.trainable else ""
        return f"{told} Only accepted rows are here{edited}."
    edits = sum(bool(one.edit) for one in found)
    return f"{told} All rows are here, also rejected ones; the edits of {edits:,} are not applied."
