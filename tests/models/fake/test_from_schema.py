"""Values made from a schema obey it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.models.fake.from_schema import value_for
from crosslight.models.schema import obey

SCHEMAS: list[dict[str, Any]] = [
    {"type": "string", "minLength": 3, "maxLength": 5},
    {"type": "string", "minLength": 90},
    {"type": "integer", "minimum": 2, "maximum": 4},
    {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 2},
    {"type": "number", "minimum": 0, "maximum": 1},
    {"type": "boolean"},
    {"type": "null"},
    {"type": ["string", "null"]},
    {"enum": ["a", "b", 3]},
    {"const": {"a": 1}},
    {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 5},
    {"type": "array", "maxItems": 0},
    {
        "anyOf": [{"type": "integer"}, {"$ref": "#/$defs/name"}],
        "$defs": {"name": {"type": "string"}},
    },
    {
        "type": "object",
        "properties": {"id": {"type": "string"}, "kids": {"type": "array", "items": {"$ref": "#"}}},
        "required": ["id"],
    },
    {"allOf": [{"type": "object"}, {"properties": {"x": {"type": "number"}}, "required": ["x"]}]},
    {
        "type": "object",
        "properties": {"verdict": {"enum": ["safe", "unsafe"]}, "why": {"type": "string"}},
        "required": ["verdict", "why"],
        "additionalProperties": False,
    },
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: str(s)[:50])
@given(seed=st.text(max_size=20))
def test_values_obey(schema: dict[str, Any], seed: str) -> None:
    value = value_for(schema, seed)
    obey(value, schema)
    assert value == value_for(schema, seed)


def test_a_reference_to_itself_ends() -> None:
    assert value_for({"$ref": "#"}, "s") is None
    value_for({"allOf": [{"$ref": "#"}]}, "s")
