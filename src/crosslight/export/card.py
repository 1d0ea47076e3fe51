"""The dataset card: `README.md`, with front matter for the Hugging Face hub and `datasets`.

Everything from the run is escaped by default: in the template an expression is Markdown text
unless it is marked `raw`. The card is a function of the same things as the report.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from crosslight.build import NUMBERS, Row, Run, read_run
from crosslight.export.shortcuts import CARD_ROWS, audit_facts, audit_run, figure, interval
from crosslight.export.summary import (
    KIND_TITLES,
    KINDS,
    NUMBER_MEANINGS,
    NUMBER_TITLES,
    categories,
    noted,
    number_names,
    scenarios,
    shared_photos,
    thin_below,
    unknowns,
    without_controls,
)
from crosslight.policy import TaxonomyError, map_to
from crosslight.runs import split_files
from crosslight.stats import TOO_TELLING
from crosslight.store import write_text
from crosslight.text import markdown, plural, visible

CREDITS_SHOWN = 200
"""Photos credited by name in the card; the columns `source`, `licence` and `origin` hold all."""

# Where a run lies and how it was watched says nothing about the data.
_PLACES = frozenset({"out", "output", "store", "cache", "quiet", "command"})


class Raw(str):
    """Text that the card's template prints as it is."""

    __slots__ = ()


def write_card(run_dir: Path) -> Path:
    """Write `README.md` into a run directory and return its path. Raises `RunError`."""
    text = render_card(read_run(run_dir))
    target = run_dir / "README.md"
    return write_text(target, text)


def render_card(run: Run) -> str:
    """The card as text; the same run gives the same text."""
    rows = run.rows
    splits = tuple(split_files(run.folder))
    unsafe = [row for row in rows if row.kind == "unsafe"]
    found = scenarios(run)
    return (
        card_environment()
        .get_template("card.md.j2")
        .render(
            front=Raw(_front_matter(run)),
            manifest=run.manifest,
            rows=len(rows),
            photos=len({photo for row in rows for photo in row.photos}),
            two=any(row.photo_2 for row in rows),
            NUMBERS=number_names(rows),
            unsafe=len(unsafe),
            sensitive=sum(row.sensitive for row in rows),
            leaks=sum(row.leak for row in rows),
            splits=splits,
            split_by=run.manifest.settings.get("split_by", ""),
            of_photos=run.manifest.photos,
            beside=run.manifest.beside_pixels,
            persons=_persons(run.manifest.persons),
            composition=_composition(rows, splits),
            labels=sorted(Counter(row.label for row in rows).items()),
            photos_in={s: len({p for r in rows if r.split == s for p in r.photos}) for s in splits},
            shared=shared_photos(rows),
            scenarios=found,
            lacking=without_controls(rows),
            noted=noted(rows),
            thin=thin_below(run, [s.kinds["unsafe"] for s in found]),
            domains=categories(rows),
            unknowns=unknowns(rows),
            audit=audit_run(run),
            decided=Counter(row.decided_by or "not stated" for row in rows).most_common(),
            embedded=any("embedded" in row.decided_by for row in rows),
            stated=sum(row.text_alone is None and row.kind == "unsafe" for row in rows),
            ours=run.manifest.bank.get("ours") is True,
            bounds=_bounds(run.manifest.bank),
            dropped=sum(lost.count for lost in run.dropped),
            failed=sum(lost.count for lost in run.failed),
            licences=_licences(rows),
            credits=_credits(rows)[:CREDITS_SHOWN],
            uncredited=max(0, len(_credits(rows)) - CREDITS_SHOWN),
            settings=card_settings(run.manifest.settings),
            command=_command(run.manifest.settings),
        )
    )


def _persons(told: dict[str, int]) -> dict[str, int]:
    """How many photos show a person, as the run wrote it; empty where it did not."""
    names = ("shown", "not_found", "unknown")
    return {name: told.get(name, 0) for name in names} if told else {}


def _bounds(bank: dict[str, Any]) -> list[tuple[str, str]]:
    """Where and when patterns hold, as the run wrote it."""
    written = bank.get("bounds")
    found = written.items() if isinstance(written, dict) else ()
    return sorted((str(pattern), str(told)) for pattern, told in found)


def _front_matter(run: Run) -> str:
    """YAML for the hub. `license` is `other`: each photo keeps its own."""
    splits = tuple(split_files(run.folder))
    front: dict[str, Any] = {
        "pretty_name": "Crosslight: safe alone, unsafe together",
        "language": ["en"],
        "license": "other",
        "license_name": "per-photo",
        "task_categories": ["image-text-to-text", "visual-question-answering"],
        "size_categories": [size_category(len(run.rows))],
        "annotations_creators": ["machine-generated"],
        "tags": ["safety", "multimodal", "vision-language", "crosslight", "image", "text"],
    }
    if splits:
        files = [{"split": s, "path": f"dataset/{s}-*.parquet"} for s in splits]
        front["configs"] = [{"config_name": "default", "default": True, "data_files": files}]
    return yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=100).rstrip()


def size_category(rows: int) -> str:
    """The hub's name for so many rows."""
    bounds = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
    more = ((1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))
    return next((name for bound, name in (*bounds, *more) if rows < bound), "10M<n<100M")


def _composition(rows: Iterable[Row], splits: Iterable[str]) -> list[tuple[str, list[int], int]]:
    """Rows of each kind by split, and in all."""
    counts = Counter((row.kind, row.split) for row in rows)
    kinds = [*KINDS, *sorted({kind for kind, _ in counts} - set(KINDS))]
    table = [(kind, [counts[kind, split] for split in splits]) for kind in kinds]
    return [(KIND_TITLES.get(kind, kind), cells, sum(cells)) for kind, cells in table]


def _licences(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """Photos by licence as the input stated it, most frequent first."""
    by_photo = {row.photo: row.licence for row in rows}
    by_photo |= {row.photo_2: row.licence_2 for row in rows if row.photo_2}
    counts = Counter(licence or "not stated" for licence in by_photo.values())
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _credits(rows: Sequence[Row]) -> list[tuple[str, str, str, str]]:
    """Source, licence, origin and hash of every photo, by source."""
    found = {row.photo: (_name(row.source), row.licence, row.origin, row.photo) for row in rows}
    found |= {
        row.photo_2: (_name(row.source_2), row.licence_2, row.origin_2, row.photo_2)
        for row in rows
        if row.photo_2
    }
    return sorted(found.values())


def card_settings(settings: dict[str, Any]) -> list[tuple[str, str]]:
    """The settings of a run that say something about the data."""
    return [(k, _value(v)) for k, v in sorted(settings.items()) if k not in _PLACES]


def _command(settings: dict[str, Any]) -> str:
    """The command as the run wrote it, else the shape of it."""
    written = settings.get("command")
    if isinstance(written, str) and written:
        return written
    if isinstance(written, list) and written:
        return " ".join(_name(str(part)) for part in written)
    return f"crosslight build PHOTOS --output DIR --seed {settings.get('seed', 0)}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_value(v)}" for k, v in sorted(value.items()))
    if isinstance(value, list | tuple):
        return ", ".join(_value(v) for v in value)
    return _name(str(value))


def _name(path: str) -> str:
    """A path without the folders of the machine that it was on."""
    if PurePosixPath(path).is_absolute():
        return PurePosixPath(path).name
    return PureWindowsPath(path).name if PureWindowsPath(path).is_absolute() else path


def _crosswalk(category: str, scheme: str) -> str:
    try:
        return ", ".join(f"{m.id} ({m.fit})" for m in map_to(category, scheme)) or "none"
    except TaxonomyError:
        return "not mapped"


def _code(text: str) -> Raw:
    """Text between backticks or fences; it cannot close them."""
    return Raw(visible(text).replace("`", "'").replace("\n", " ").replace("\t", " "))


def _escape(value: Any) -> Any:
    """What an expression of the template prints: Markdown that shows the value, unless `Raw`."""
    if isinstance(value, Raw):
        return value
    return markdown(value) if isinstance(value, str) else value


@cache
def card_environment() -> Environment:
    """Templates of cards: what an expression prints is Markdown that shows the value."""
    made = Environment(
        loader=PackageLoader("crosslight.export"),
        autoescape=False,  # noqa: S701  (this is Markdown: `finalize` escapes every expression)
        finalize=_escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        plural=plural, crosswalk=_crosswalk, code=_code, figure=figure, interval=interval
    )
    made.globals.update(
        CARD_ROWS=CARD_ROWS,
        TOO_TELLING=TOO_TELLING,
        audit_facts=audit_facts,
        NUMBERS=NUMBERS,
        NUMBER_TITLES=NUMBER_TITLES,
        NUMBER_MEANINGS=NUMBER_MEANINGS,
        KIND_TITLES=KIND_TITLES,
        KINDS=KINDS,
    )
    return made
