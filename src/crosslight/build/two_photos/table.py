"""The dataset of a build of two photos: the columns of a build, with both photos in `images`."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.build.dataset import DATASET, file_name
from crosslight.build.steps import SENSITIVE
from crosslight.build.two_photos.records import PAIR_RECIPE, PairRow
from crosslight.photos import Bare, LeftOut, leave_out
from crosslight.records import Photo
from crosslight.runs import SPLITS
from crosslight.store import IMAGE, DatasetSink, ImageStore, table_schema
from crosslight.text import speaks_to_judge

_NUMBERS = ("with_first", "with_second", "photo_2_alone")
_TEXTS = ("photo_2", "source_2", "element_2", "intent", "licence_2", "origin_2")
PAIR_DATASET = table_schema(
    {
        "id": DATASET.field("id").type,
        "images": pa.list_(IMAGE),
        **{f.name: f.type for f in DATASET if f.name not in ("id", "image")},
        **dict.fromkeys(_TEXTS, pa.string()),
        **dict.fromkeys(_NUMBERS, pa.float64()),
    }
)


def write_pairs(
    out: Path,
    rows: Iterable[tuple[PairRow, str]],
    photo_of: Callable[[str], Photo],
    images: ImageStore,
    provenance: dict[str, str],
    beside: LeftOut,
) -> None:
    """Write the dataset out of rows and splits, its pictures without what `beside` leaves out
    of them. The same rows in the same order give the same bytes."""
    told = json.dumps(provenance, sort_keys=True)
    counted: set[str] = set()

    def bare_of(photo: Photo) -> Bare:
        """A photo may stand in many rows and is counted once."""
        data, again = images.get(photo.id), photo.id in counted
        counted.add(photo.id)
        take = leave_out if again and not beside.keep else beside.bare
        return take(data, photo.format)

    with DatasetSink(out / "dataset", PAIR_DATASET, splits=SPLITS) as sink:
        for row, split in rows:
            photos = [photo_of(photo) for photo in row.idea.photos]
            bare = [bare_of(photo) for photo in photos]
            shown = [
                {"bytes": one.data, "path": file_name(p)}
                for one, p in zip(bare, photos, strict=True)
            ]
            cells = {**_cells(row, photos), "images": shown, "split": split, "provenance": told}
            cells["notes"] += [
                f"the {name} photo: {one.note}"
                for name, one in zip(("first", "second"), bare, strict=True)
                if one.note
            ]
            sink.write(split, cells)


def _cells(row: PairRow, photos: list[Photo]) -> dict[str, Any]:
    idea, check = row.idea, row.check
    first, second = photos
    return {
        "id": row.id,
        "photo": first.id,
        "photo_2": second.id,
        "source": first.source,
        "source_2": second.source,
        "text": idea.text,
        "speaker": idea.speaker,
        "style": idea.style,
        "asks": idea.asks,
        "intent": idea.intent,
        "kind": str(row.kind),
        "label": row.label,
        "response": row.response,
        "other_response": row.other_response,
        "other_kind": row.other_kind,
        "risk": idea.risk,
        "why": idea.why,
        "element": idea.elements[0],
        "element_2": idea.elements[1],
        "pattern": idea.pattern,
        "category": idea.category,
        "scenario": idea.scenario,
        "sensitive": idea.sensitive or idea.category in SENSITIVE,
        "text_alone": check.text_alone,
        "text_elsewhere": None,
        "photo_alone": check.photos_alone[0],
        "photo_2_alone": check.photos_alone[1],
        "with_first": check.with_first,
        "with_second": check.with_second,
        "together": check.together,
        "visible": check.visible,
        "follows": check.follows,
        "beside": 0,
        "leak": check.leak,
        "decided_by": check.decided_by,
        "notes": [*check.notes, *row.notes, *_of_photos(photos), *_addressed(row)],
        "parent": row.parent,
        "licence": first.licence,
        "licence_2": second.licence,
        "origin": first.origin,
        "origin_2": second.origin,
        "recipe": PAIR_RECIPE,
    }


def _of_photos(photos: list[Photo]) -> Iterator[str]:
    for name, photo in zip(("first", "second"), photos, strict=True):
        yield from (f"the {name} photo: {note}" for note in photo.notes)


def _addressed(row: PairRow) -> Iterator[str]:
    """Texts that speak to whoever judges the row, as notes: nothing is decided by them."""
    texts = {"text": row.idea.text, "response": row.response, "other response": row.other_response}
    for name, text in texts.items():
        if words := speaks_to_judge(text):
            yield f"the {name} speaks to the judge: {words}"
