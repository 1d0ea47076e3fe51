"""Answers of a model to a benchmark as rows of an export, each with its grade.

Pictures of a benchmark are its authors': they go along only where somebody names their folder
(`--data`); else a row has the hashes of what the model was shown (`photos`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from crosslight.bench import image_bytes
from crosslight.export.formats.pictures import Raw, bare_row
from crosslight.export.formats.source import Source
from crosslight.records import CrosslightError
from crosslight.store import IMAGE, TableFile, table_rows

SPLIT = "test"
"""Benchmarks measure: who loads them should not train on them by mistake."""


def columns(source: Source, there: Mapping[str, pa.DataType]) -> dict[str, pa.DataType]:
    """Those of the table, and what is added; names of pictures are `image_names`."""
    text = pa.string()
    found = {"image_names" if name == "images" else name: kind for name, kind in there.items()}
    found = {"id": text, **found}
    found |= dict.fromkeys(("photo", "source", "split", "licence", "origin"), text)
    if source.places.data is not None and (most := most_pictures(source)):
        found |= {"image": IMAGE} if most == 1 else {"images": pa.list_(IMAGE)}
    return found


def raw_rows(source: Source, *, pictures: bool) -> Iterator[Raw]:
    """One an item (and epoch). Raises `TableError`."""
    suite = source.run.get("suite")
    suite = suite if isinstance(suite, Mapping) else {}
    whose = {"licence": suite.get("licence"), "origin": suite.get("title")}
    for path in source.files:
        for row in table_rows(path):
            names, photos = (row.pop("images", None) or []), (row.get("photos") or [])
            epoch = row.get("epoch")
            cells = {
                **row,
                **whose,
                "id": row.get("item") if epoch is None else f"{row.get('item')} epoch {epoch}",
                "image_names": names,
                "photo": photos[0] if photos else "",
                "source": row.get("item"),
                "split": SPLIT,
            }
            shown = names if source.places.data is not None else []
            data = [_picture(source, name) for name in shown] if pictures else []
            yield bare_row(cells, data, len(shown))


def most_pictures(source: Source) -> int:
    """Of an item."""
    most = 0
    for path in source.files:
        with TableFile(path) as file:
            for row in file.rows_of(["images"]):
                most = max(most, len(row["images"] or ()))
    return most


def _picture(source: Source, name: Any) -> bytes | None:
    if source.places.data is None or not isinstance(name, str):
        return None
    try:
        return image_bytes(source.places.data, name)
    except (CrosslightError, OSError, ValueError, LookupError):
        return None
