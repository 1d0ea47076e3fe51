"""Checks a model's JSON against the schema that was asked for."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

from crosslight.models.errors import BadAnswer, NotSupported
from crosslight.models.json_reply import NotOneValue, read_values, rivals
from crosslight.models.plain_schema import Accepts, quick_check
from crosslight.records import canonical

NOT_ENFORCED = "the endpoint may not enforce schemas: see crosslight doctor"


def parse_json(text: str, schema: Mapping[str, Any]) -> Any:
    """The one JSON value in `text` that obeys `schema`. Raises BadAnswer.

    Sentences and fences around it and trailing commas are taken off (see `json_reply`). Two
    different values that could be the answer are refused, also where only one obeys.
    """
    try:
        values = read_values(text)
        if len(values) > 1:
            values = rivals(values, schema) or values
        first = values[0]
        # By their JSON: 1 == True == 1.0 in Python.
        if any(canonical(value) != canonical(first) for value in values[1:]):
            raise NotOneValue(f"the reply holds {len(values)} JSON values that could be its answer")
    except NotOneValue as error:
        raise BadAnswer(f"{error}: {text[:80]!r}", hint=NOT_ENFORCED, said=text) from None
    try:
        obey(first, schema)
    except BadAnswer as error:
        error.said = text
        raise
    return first


def obey(value: Any, schema: Mapping[str, Any]) -> None:
    """Raise BadAnswer when `value` does not obey `schema`, naming the place."""
    validator, accepts = _validator(canonical(schema))
    if accepts is not None and accepts(value):
        return
    error = next(validator.iter_errors(value), None)
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path) or "the whole"
        raise BadAnswer(
            f"the reply breaks its schema at {place}: {error.message[:160]}",
            hint=NOT_ENFORCED,
        )


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> tuple[Any, Accepts | None]:
    """The validator, and what says quickly that a value obeys, where there is such."""
    # An empty registry: a `$ref` to somewhere else must not open a connection.
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    parsed = from_json(schema)
    try:
        Draft202012Validator.check_schema(parsed)
    except SchemaError as error:
        raise NotSupported(f"not a JSON schema: {error.message}", hint="mend the schema") from None
    registry: Registry[Any] = Registry()
    return Draft202012Validator(parsed, registry=registry), quick_check(parsed)
