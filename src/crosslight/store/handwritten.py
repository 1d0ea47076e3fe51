"""Text and YAML files that people write and hand on: one reader for all of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from crosslight.store.paths import UnreadableFile, read_named
from crosslight.text import (
    MAX_DEPTH,
    MAX_NODES,
    NotText,
    Wrong,
    decode,
    parse_yaml,
    repeated_ids,
    told,
    unix_lines,
    wrong_fields,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    M = TypeVar("M", bound=BaseModel)


def read_text(path: Path, limit: int) -> str:
    """The text of a small file that a person names, its lines ended by `\\n`.

    Raises `UnreadableFile` with a hint.
    """
    data = read_named(path, limit)
    try:
        return unix_lines(decode(data))
    except NotText as error:
        raise UnreadableFile(f"{path.name}, {error.message}", error.hint) from error


def read_yaml(path: Path, limit: int, *, nodes: int = MAX_NODES, depth: int = MAX_DEPTH) -> Any:
    """The value of a YAML file. Raises `UnreadableFile` that lists what is wrong, with lines."""
    value, wrong = parse_yaml(read_text(path, limit), nodes=nodes, depth=depth)
    if wrong:
        raise UnreadableFile(told(path.name, wrong))
    return value


def fitted(model: "type[M]", value: Any, name: str, wrong: Sequence[Wrong] = ()) -> "M":
    """The value as `model`; `wrong` is what its file has been found to lack before.

    Raises `UnreadableFile` that lists all that is wrong, with lines.
    """
    from pydantic import ValidationError

    if wrong and value is None:  # it could not be read as a whole: its fields are not known
        raise UnreadableFile(told(name, wrong))
    found = [*wrong, *repeated_ids(value)]
    try:
        made = model.model_validate(value)
    except ValidationError as error:
        found += wrong_fields(error, value, model)
    if found:
        raise UnreadableFile(told(name, sorted(found, key=lambda one: one.line)))
    return made


def read_fitted(model: "type[M]", path: Path, limit: int, *, nodes: int = MAX_NODES) -> "M":
    """A YAML file as `model`. Raises `UnreadableFile` that lists what is wrong, with lines."""
    value, wrong = parse_yaml(read_text(path, limit), nodes=nodes)
    return fitted(model, value, path.name, wrong)
