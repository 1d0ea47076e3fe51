"""Which column of a table holds the image, its licence, its origin.

The image's column is chosen by its name first and by what its first cells hold second. Where two
columns could be it nobody guesses: judging the wrong pictures looks like a result.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crosslight.photos.sources.evidence import Evidence, evidence_of
from crosslight.photos.sources.found import InputError, SourceOptions
from crosslight.photos.sources.names import plain_text, printable

_PICTURES = ("image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "pic")
_TIERS: tuple[frozenset[str], ...] = (
    frozenset((*_PICTURES, "jpg", "jpeg", "png", "webp")),
    frozenset(f"{one}{place}" for one in _PICTURES for place in ("path", "filepath", "src")),
    frozenset(f"{one}{place}" for one in _PICTURES for place in ("file", "filename", "name")),
    frozenset(f"{one}{place}" for one in _PICTURES for place in ("url", "uri", "link")),
    frozenset(("filepath", "path")),
    frozenset(("filename", "file")),
    frozenset(("url", "src")),
)
"""Names, the surest first, in small letters without `_`, `-` and blanks."""
_SAY_IMAGE = 4
"""So many of the first tiers say that it is an image."""
_LICENCE = ("licence", "license", "rights", "image_license", "license_url")
_ORIGIN = ("origin", "source_url", "page_url", "original_url", "source", "author", "credit")
MOST_EXTRA = 32
"""Plain cells of a row that are kept beside its image."""
_MOST_TITLE = 100
CHOOSE = "Choose one with --column."

Sample = Mapping[str, Sequence[Any]]
"""Of each column the first cells that are not empty."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The chosen columns; empty where the table has none."""

    image: str
    licence: str = ""
    origin: str = ""
    evidence: Evidence = field(default=Evidence.NOTHING, compare=False)

    def facts(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Licence, origin and the other plain cells of a row, for `Row`."""
        used = (self.image, self.licence, self.origin)
        extra = tuple(
            (plain_text(name, 100), plain_text(value))
            for name, value in row.items()
            if name not in used and isinstance(value, str | int | float | bool) and value != ""
        )
        return {
            "licence": _text(row.get(self.licence)),
            "origin": _text(row.get(self.origin)),
            "extra": extra[:MOST_EXTRA],
            "column": printable(self.image)[:_MOST_TITLE],
        }


def choose_columns(
    names: Sequence[str], options: SourceOptions, sample: Sample, *, declared: Sequence[str] = ()
) -> Columns:
    """Choose by `options`, else by the names, as far as what the columns hold does not speak
    against it, else by what they hold. Of `declared` columns the table says itself that they are
    images.

    Raises `InputError` where no column can hold an image, and where two could be the one.
    """
    for wanted in (options.column, options.licence_column, options.origin_column):
        if wanted and wanted not in names:
            raise InputError(f"There is no column {wanted!r}.", f"Columns: {_shown(names)}.")
    held = {name: evidence_of(sample.get(name, ())) for name in dict.fromkeys(names)}
    for name in declared:
        held[name] = max(held[name], Evidence.NAME)
    image = options.column or _image_column(held, declared)
    return describing_columns(names, options, image, held[image])


def _image_column(held: Mapping[str, Evidence], declared: Sequence[str]) -> str:
    says = [name for name in held if says_image(name)]
    if sure := [name for name in says if held[name] >= Evidence.ADDRESS]:
        return _only(_best(sure))
    maybe = _best(name for name in says if held[name] is Evidence.MAYBE)
    named = [name for name in held if _SAY_IMAGE <= _tier(name) < len(_TIERS)]
    places = _best(name for name in named if held[name] >= Evidence.ADDRESS)
    # A licence or an origin may well end in `.jpg`.
    rest = [n for n in held if n not in (*says, *named) and n.lower() not in (*_LICENCE, *_ORIGIN)]
    within = [n for n in rest if held[n] is Evidence.PICTURE or n in declared]
    if found := [*maybe, *places, *within]:
        return _only(found)
    if found := [name for name in rest if held[name] is Evidence.NAME]:
        return _only(found)
    if found := _best(name for name in named if held[name] is Evidence.MAYBE):
        return _only(found)
    # Rows without a picture, or with one that cannot be read: each will say so.
    last = _best(n for n in (*says, *named) if held[n] in (Evidence.NOTHING, Evidence.BYTES))
    if not last:
        raise InputError(
            "No column holds an image, a path or a URL.",
            f"Name one with --column; columns: {_shown(list(held))}.",
        )
    return last[0]


def describing_columns(
    names: Sequence[str],
    options: SourceOptions,
    image: str = "",
    evidence: Evidence = Evidence.NOTHING,
) -> Columns:
    """The columns that tell licence and origin, beside a known image."""
    others = [name for name in names if name != image]
    return Columns(
        image,
        options.licence_column or _first(others, _LICENCE),
        options.origin_column or _first(others, _ORIGIN),
        evidence,
    )


def says_image(name: str) -> bool:
    """Whether a column's name says that it is one: what such a column holds settles the choice."""
    return _tier(name) < _SAY_IMAGE


def may_hold_images(name: str) -> bool:
    """Whether a column's name is one of the usual ones."""
    return _tier(name) < len(_TIERS)


def _only(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    raise InputError(f"{len(names)} columns could hold the image: {_shown(names)}.", CHOOSE)


def _best(names: Iterable[str]) -> list[str]:
    """Those whose names say it best."""
    ranked = sorted(names, key=_tier)  # keeps the table's order among equals
    return [name for name in ranked if _tier(name) == _tier(ranked[0])]


def _tier(name: str) -> int:
    plain = name.strip().lower().replace("_", "").replace("-", "").replace(" ", "")
    return next((at for at, tier in enumerate(_TIERS) if plain in tier), len(_TIERS))


def _first(names: Sequence[str], wanted: Sequence[str]) -> str:
    by_lower = {name.lower(): name for name in reversed(names)}
    return next((by_lower[name] for name in wanted if name in by_lower), "")


def _text(value: Any) -> str:
    return "" if value is None else plain_text(value)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names[:20]) or "none"
