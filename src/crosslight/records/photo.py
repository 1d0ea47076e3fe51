"""An ordinary photo as it came in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Photo:
    """A decodable photo. `id` is the sha256 of the original bytes.

    `source` is how the input named it (a path relative to the input, a URL, `shard.tar::member`),
    never an absolute path. `width` and `height` are pixels after EXIF orientation. `phash` is
    `version:hex`, comparable only with a hash of the same version. `extra` holds further columns
    of the input, as strings. `notes` says what was simplified when it was looked at first.
    """

    id: str
    source: str
    width: int
    height: int
    format: str
    phash: str
    licence: str = ""
    origin: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
