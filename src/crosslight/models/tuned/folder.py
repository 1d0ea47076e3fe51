"""A tuned judge on disk: `tuned.json`, checked field by field, and arrays without pickle."""

import hashlib
import io
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from crosslight.models.errors import Missing, NotSupported
from crosslight.models.tuned.head import LinearHead
from crosslight.models.tuned.vectors import VERSION, layout, vector_width
from crosslight.store import UnreadableFile, fitted, read_json, read_named, replacing, write_json
from crosslight.text import plural

FILE, HEAD, MODEL = "tuned.json", "head.npy", "tuning/model"
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
"""Of an adapter, as PEFT calls them."""
MOST_HEAD = 64 * 2**20
MOST_CATEGORIES = 200
AGAIN = "tune it again: crosslight tune judge DATA -o DIR"
Share = Literal["none", "some", "all"]
Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class HeadFile(_Strict):
    """The part of a linear head that is no array. `sha256` is of its array file."""

    vectors: str
    layout: tuple[tuple[str, int], ...]
    words: str
    """Version of wordllama, whose vectors the head weighs."""
    perception: str = ""
    """Revision of perception; empty where no picture was seen in training."""
    sha256: Sha
    bias: float
    slope: float
    offset: float
    categories: tuple[Name, ...] = Field(default=(), max_length=MOST_CATEGORIES)
    category_bias: tuple[float, ...] = Field(default=(), max_length=MOST_CATEGORIES)


class AdapterFile(_Strict):
    """A network in `tuning/model/`, whole or as an adapter to a base; its `files` by sha256."""

    base: Annotated[str, Field(pattern=r"^hf:", max_length=1024)]
    revision: str = ""
    format: Literal["llavaguard", "llamaguard"]
    categories: tuple[Name, ...] = Field(default=(), max_length=MOST_CATEGORIES)
    whole: bool = False
    files: dict[Name, Sha] = Field(min_length=1, max_length=200)


class TunedFile(_Strict):
    """`tuned.json`. `texts` (requests), `answers`, `pictures`: in how many training rows there
    were any."""

    version: Literal[1] = 1
    name: Name
    data: tuple[Name, ...]
    licence: str = ""
    weakness: str = Field(default="", max_length=4_000)
    texts: Share = "all"
    answers: Share = "none"
    pictures: Share = "none"
    threshold: float = Field(default=0.5, gt=0, lt=1)
    head: HeadFile | None = None
    adapter: AdapterFile | None = None


def write_head(folder: Path, head: LinearHead, told: dict[str, Any], perception: str = "") -> Path:
    """Write a judge of a linear head; `tuned.json` last. `told` are the other fields of it."""
    rows = [head.mean, head.scale, head.weights]
    bias: list[float] = []
    if head.categories is not None:
        rows += list(head.categories[:, :-1])
        bias = [float(b) for b in head.categories[:, -1]]
    buffer = io.BytesIO()
    np.save(buffer, np.stack(rows).astype("<f8"), allow_pickle=False)
    data = buffer.getvalue()
    kept = HeadFile(
        vectors=VERSION,
        layout=tuple((str(name), int(size)) for name, size in layout()),
        words=version("wordllama"),
        perception=perception,
        sha256=hashlib.sha256(data).hexdigest(),
        bias=head.bias,
        slope=head.slope,
        offset=head.offset,
        categories=head.names,
        category_bias=tuple(bias),
    )
    made = TunedFile(**told, head=kept)
    with replacing(folder / HEAD) as file:
        file.write(data)
    write_json(folder / FILE, made.model_dump(mode="json"))
    return folder / FILE


def write_adapter(folder: Path, adapter: AdapterFile, told: dict[str, Any]) -> Path:
    """Write `tuned.json` beside a network that lies in `tuning/model/`."""
    made = TunedFile(**told, adapter=adapter)
    write_json(folder / FILE, made.model_dump(mode="json"))
    return folder / FILE


def read_tuned(folder: Path) -> TunedFile:
    """Raises `Missing` where there is none, `NotSupported` where it is not as it should be."""
    try:
        value = read_json(folder / FILE)
        made = fitted(TunedFile, value, FILE)
    except FileNotFoundError:
        raise Missing(
            f"{folder} holds no {FILE}", hint="tuned:DIR names a folder of `crosslight tune judge`"
        ) from None
    except UnreadableFile as error:
        raise NotSupported(f"{folder.name}: {error.message}", hint=error.hint or AGAIN) from error
    if (made.head is None) == (made.adapter is None):
        raise NotSupported(f"{folder.name}: {FILE} names a head or an adapter", hint=AGAIN)
    return made


def read_head(folder: Path, told: HeadFile) -> LinearHead:
    """The head, its array checked against its hash and its shape. Raises `NotSupported`."""
    name = folder.name
    if told.vectors != VERSION or [list(part) for part in told.layout] != layout():
        raise NotSupported(
            f"{name} weighs vectors of another kind ({told.vectors[:40]}, here {VERSION})",
            hint=AGAIN,
        )
    if told.words != version("wordllama"):
        raise NotSupported(
            f"{name} was tuned with wordllama {told.words[:40]}, here is {version('wordllama')}",
            hint=AGAIN,
        )
    try:
        data = read_named(folder / HEAD, MOST_HEAD)
    except UnreadableFile as error:
        raise Missing(f"{name}: {error.message}", hint=error.hint or AGAIN) from error
    if hashlib.sha256(data).hexdigest() != told.sha256:
        raise NotSupported(f"{name}: {HEAD} is not the file that {FILE} names", hint=AGAIN)
    rows = _array(name, data, 3 + len(told.categories))
    if len(told.category_bias) != len(told.categories):
        raise NotSupported(f"{name}: one bias for each category", hint=AGAIN)
    classes = None
    if told.categories:
        classes = np.column_stack([rows[3:], np.asarray(told.category_bias, dtype=np.float64)])
    try:
        return LinearHead(
            rows[0], rows[1], rows[2], told.bias, told.slope, told.offset, told.categories, classes
        )
    except ValueError as error:
        raise NotSupported(f"{name}: {error}", hint=AGAIN) from error


def _array(name: str, data: bytes, rows: int) -> NDArray[np.float64]:
    """A matrix of so many rows, whose header is read here: nothing in it can ask for more room
    than its bytes have. Raises `NotSupported`."""
    wanted = (rows, vector_width())
    try:
        file = io.BytesIO(data)
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("another version")
        shape, fortran, kind = np.lib.format.read_array_header_1_0(file)
        if shape != wanted or fortran or kind != np.dtype("<f8"):
            raise ValueError(f"shape {shape}, not {wanted}")
        body = data[file.tell() :]
        if len(body) != 8 * rows * vector_width():
            raise ValueError(f"it holds {plural(len(body), 'byte')}")
        return np.frombuffer(body, dtype="<f8").reshape(wanted).astype(np.float64)
    except (ValueError, SyntaxError, EOFError) as error:
        raise NotSupported(f"{name}: {HEAD} is no head: {str(error)[:100]}", hint=AGAIN) from error
