"""Where rows stand: whether photos or sentences stand in more than one split of an export."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from crosslight.export.formats.rows import TrainRow
from crosslight.records import content_hash
from crosslight.runs import SPLITS


@dataclass(slots=True)
class Placed:
    """The splits of every photo and of every sentence, as bits."""

    photos: dict[str, int] = field(default_factory=dict)
    sentences: dict[str, int] = field(default_factory=dict)

    def add(self, row: TrainRow, names: Sequence[str]) -> None:
        """Count a row that is written."""
        bit = 1 << SPLITS.index(row.split)
        said = content_hash(" ".join(row.prompt.casefold().split()).encode())[:16]
        if row.prompt:
            self.sentences[said] = self.sentences.get(said, 0) | bit
        for name in names:
            self.photos[name] = self.photos.get(name, 0) | bit

    def told(self, by: str) -> str:
        """What the splits hold apart, and what not."""
        photos, sentences = (
            sum(bits.bit_count() > 1 for bits in found.values())
            for found in (self.photos, self.sentences)
        )
        none = [
            name
            for at, name in enumerate(SPLITS[:3])
            if not any(bits >> at & 1 for bits in (self.sentences or self.photos).values())
        ]
        lacks = f" No row fell into {' or '.join(none)}." if none else ""
        return (
            f"Splits are by a hash of {by}: no value of it stands in two. {photos:,} photos and "
            f"{sentences:,} sentences stand in more than one.{lacks}"
        )
