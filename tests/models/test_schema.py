"""Replies against their schema."""

from typing import Any

import pytest

from crosslight.models.errors import BadAnswer, NotSupported
from crosslight.models.schema import obey, parse_json

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"verdict": {"enum": ["safe", "unsafe"]}, "why": {"type": "string"}},
    "required": ["verdict"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "text",
    [
        '{"verdict": "safe", "why": "é"}',
        '```json\n{"verdict": "safe"}\n```',
        '```\n{"verdict": "unsafe"}```',
        '  {"verdict":"safe"}\n',
    ],
)
def test_good_replies(text: str) -> None:
    assert parse_json(text, SCHEMA)["verdict"] in ("safe", "unsafe")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "safe",
        '{"verdict": "maybe"}',
        '{"why": "no verdict"}',
        '{"verdict": "safe", "extra": 1}',
        '{"verdict": "safe"',
        '[{"verdict": "safe"}]',
        '{"verdict": NaN}',
        "null",
    ],
)
def test_bad_replies(text: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        parse_json(text, SCHEMA)
    assert caught.value.hint


def test_the_place_is_named() -> None:
    with pytest.raises(BadAnswer, match="verdict"):
        obey({"verdict": "maybe"}, SCHEMA)


def test_a_schema_that_is_none_and_a_foreign_reference() -> None:
    with pytest.raises(NotSupported):
        obey({}, {"type": "objekt"})
    with pytest.raises(Exception, match=r"(?i)unresolvable|unretrievable"):
        obey({}, {"$ref": "http://127.0.0.1:9/schema.json"})
