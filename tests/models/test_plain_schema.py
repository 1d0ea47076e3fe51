"""The quick check of replies says of no value that it obeys where a full validator would not."""

import random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crosslight.models.plain_schema import quick_check

TYPES = ("object", "array", "string", "boolean", "null", "number")


def a_value(dice: random.Random, depth: int = 0) -> Any:
    kind = dice.randrange(9 if depth < 3 else 7)
    if kind < 7:
        return (None, True, False, 1, 1.5, "yes", "other")[kind]
    parts = [a_value(dice, depth + 1) for _ in range(dice.randrange(4))]
    return parts if kind == 7 else dict(zip("abc", parts, strict=False))


def a_schema(dice: random.Random, depth: int = 0) -> dict[str, Any]:
    types = dice.sample(TYPES, dice.randint(1, 3))
    words: dict[str, Any] = {"description": "a part", "enum": ["yes", "no"]}
    words |= {"type": types if len(types) > 1 else types[0], "required": [dice.choice("abc")]}
    if depth < 3:
        words["properties"] = {name: a_schema(dice, depth + 1) for name in dice.sample("abc", 2)}
        words["items"] = a_schema(dice, depth + 1)
    return {name: said for name, said in words.items() if dice.random() < 0.4}


def test_it_says_what_the_validator_says() -> None:
    dice = random.Random(3)
    fit = 0
    for _ in range(2000):
        schema, value = a_schema(dice), a_value(dice)
        accepts = quick_check(schema)
        assert accepts is not None
        obeys = Draft202012Validator(schema).is_valid(value)
        assert accepts(value) == obeys, (schema, value)
        fit += obeys
    assert 400 < fit < 1800


@pytest.mark.parametrize(
    "schema",
    [
        {"additionalProperties": False},
        {"type": "integer"},
        {"enum": ["yes", 1]},
        {"items": {"$ref": "#"}},
        {"properties": {"a": {"minLength": 3}}},
        True,
    ],
)
def test_what_it_does_not_know_it_leaves_to_the_validator(schema: Any) -> None:
    assert quick_check(schema) is None
