"""Checks a model's JSON against the schema that was asked for."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic_core import from_json

from crosslight.models.errors import BadAnswer, NotSupported
from crosslight.records import canonical

FENCE = "```"


def parse_json(text: str, schema: Mapping[str, Any]) -> Any:
    """The JSON value in `text`, which must obey `schema`. Raises BadAnswer.

    A single Markdown fence around the whole reply is taken off; nothing else is searched for.
    """
    body = text.strip()
    if body.startswith(FENCE) and body.endswith(FENCE) and len(body) > 2 * len(FENCE):
        body = body[len(FENCE) : -len(FENCE)].removeprefix("json").strip()
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise BadAnswer(
            f"the reply is not JSON ({error}): {text[:80]!r}",
            hint="the endpoint may not enforce schemas: see crosslight doctor",
        ) from None
    obey(value, schema)
    return value


def obey(value: Any, schema: Mapping[str, Any]) -> None:
    """Raise BadAnswer when `value` does not obey `schema`, naming the place."""
    error = next(_validator(canonical(schema)).iter_errors(value), None)
    if error is not None:
        place = "/".join(str(part) for part in error.absolute_path) or "the whole"
        raise BadAnswer(
            f"the reply breaks its schema at {place}: {error.message[:160]}",
            hint="the endpoint may not enforce schemas: see crosslight doctor",
        )


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Any:
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
    return Draft202012Validator(parsed, registry=registry)
