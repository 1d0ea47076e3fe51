"""The dataset card: `README.md`, with front matter for the Hugging Face hub and `datasets`.

Everything from the run is escaped by default: in the template an expression is Markdown text
unless it is marked `raw`. The card is a function of the same things as the report.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from crosslight.build import NUMBERS, StoredRun, open_stored
from crosslight.export.counted import Counted, all_kinds, scenarios, thin_below
from crosslight.export.shortcuts import CARD_ROWS, audit_facts, audit_rows, figure, interval
from crosslight.export.summary import (
    KIND_TITLES,
    KINDS,
    NUMBER_MEANINGS,
    NUMBER_TITLES,
    without_folders,
)
from crosslight.policy import TaxonomyError, map_to
from crosslight.runs import split_files
from crosslight.stats import TOO_TELLING
from crosslight.store import write_text
from crosslight.text import markdown, plural, visible

# Where a run lies and how it was watched says nothing about the data.
_PLACES = frozenset({"out", "output", "store", "cache", "quiet", "command"})


class Raw(str):
    """Text that the card's template prints as it is."""

    __slots__ = ()


def write_card(run_dir: Path) -> Path:
    """Write `README.md` into a run directory and return its path. Raises `RunError`."""
    text = render_card(open_stored(run_dir))
    target = run_dir / "README.md"
    return write_text(target, text)


def render_card(run: StoredRun) -> str:
    """The card as text; the same run gives the same text."""
    counted = Counted()
    audit = audit_rows(run.rows, counted.add)  # one reading for both
    splits = tuple(split_files(run.folder))
    found, kinds = scenarios(run, counted), counted.kinds
    return (
        card_environment()
        .get_template("card.md.j2")
        .render(
            front=Raw(_front_matter(splits, counted.rows)),
            manifest=run.manifest,
            rows=counted.rows,
            photos=counted.photos,
            two=counted.two,
            NUMBERS=counted.numbers,
            unsafe=kinds["unsafe"],
            sensitive=counted.sensitive,
            leaks=counted.leaks,
            splits=splits,
            split_by=run.manifest.settings.get("split_by", ""),
            of_photos=run.manifest.photos,
            beside=run.manifest.beside_pixels,
            persons=_persons(run.manifest.persons),
            composition=_composition(counted, splits),
            labels=sorted(counted.labels.items()),
            photos_in={split: counted.photos_in(split) for split in splits},
            shared=counted.shared_photos,
            scenarios=found,
            lacking=counted.without_controls,
            noted=counted.noted,
            thin=thin_below(run, [s.kinds["unsafe"] for s in found]),
            domains=counted.domains,
            unknowns=counted.unknowns,
            audit=audit,
            decided=counted.decided.most_common(),
            embedded=any("embedded" in by for by in counted.decided),
            stated=counted.stated,
            ours=run.manifest.bank.get("ours") is True,
            bounds=_bounds(run.manifest.bank),
            dropped=sum(lost.count for lost in run.dropped),
            failed=sum(lost.count for lost in run.failed),
            licences=sorted(counted.licences.items(), key=lambda one: (-one[1], one[0])),
            credits=counted.credits,
            uncredited=counted.photos - len(counted.credits),
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


def _front_matter(splits: Sequence[str], rows: int) -> str:
    """YAML for the hub. `license` is `other`: each photo keeps its own."""
    front: dict[str, Any] = {
        "pretty_name": "Crosslight: safe alone, unsafe together",
        "language": ["en"],
        "license": "other",
        "license_name": "per-photo",
        "task_categories": ["image-text-to-text", "visual-question-answering"],
        "size_categories": [size_category(rows)],
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


def _composition(counted: Counted, splits: Iterable[str]) -> list[tuple[str, list[int], int]]:
    """Rows of each kind by split, and in all."""
    kinds, placed = all_kinds(counted.kinds), counted.placed
    table = [(kind, [placed[kind, split] for split in splits]) for kind in kinds]
    return [(KIND_TITLES.get(kind, kind), cells, sum(cells)) for kind, cells in table]


def card_settings(settings: dict[str, Any]) -> list[tuple[str, str]]:
    """The settings of a run that say something about the data."""
    return [(k, _value(v)) for k, v in sorted(settings.items()) if k not in _PLACES]


def _command(settings: dict[str, Any]) -> str:
    """The command as the run wrote it, else the shape of it."""
    written = settings.get("command")
    if isinstance(written, str) and written:
        return written
    if isinstance(written, list) and written:
        return " ".join(without_folders(str(part)) for part in written)
    return f"crosslight build PHOTOS --output DIR --seed {settings.get('seed', 0)}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_value(v)}" for k, v in sorted(value.items()))
    if isinstance(value, list | tuple):
        return ", ".join(_value(v) for v in value)
    return without_folders(str(value))


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
