"""One file of the bank, opened for the linter: what it holds, and where it does not fit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from crosslight.build.bank import MAX_BANK_BYTES, MAX_BANK_NODES, BankError
from crosslight.build.bank_lint.finding import Finding, Spot
from crosslight.store import UnreadableFile, read_text
from crosslight.text import parse_yaml, repeated_ids, wrong_fields

Form = TypeVar("Form", bound=BaseModel)


def opened(path: Path, schema: type[BaseModel]) -> tuple[Spot, list[Finding]]:
    """A file, and its breaches of the schema. Raises `BankError` where it cannot be read at all."""
    try:
        text = read_text(path, MAX_BANK_BYTES)
    except UnreadableFile as error:
        raise BankError(error.message, error.hint) from error
    value, found = parse_yaml(text, nodes=MAX_BANK_NODES)
    spot = Spot(path.name, value if isinstance(value, dict) else {})
    found += repeated_ids(value)
    try:
        schema.model_validate(value)
    except ValidationError as error:
        found += wrong_fields(error, value, schema)
    remedy = "mend it: the bank cannot be read as it stands"
    wrong = [Finding(path.name, one.line, "", "must", one.text, remedy) for one in found]
    name = spot.raw.get("scenario")
    if isinstance(name, str) and name != path.stem:
        wrong.append(spot.must("scenario", f"is '{name[:40]}'", "name it as the file is named"))
    return spot, wrong


def entries(spot: Spot, field: str, schema: type[Form]) -> Iterator[tuple[Form, Any]]:
    """Those of a file's patterns that fit the schema, each with its YAML."""
    raw: Any = spot.raw.get(field)
    for one in raw if isinstance(raw, list) else []:
        try:
            yield schema.model_validate(one), one
        except ValidationError:
            continue  # told already
