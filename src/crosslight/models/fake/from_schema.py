"""A JSON value that obeys a schema, the same for the same seed text."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

WORDS = (
    "amber",
    "birch",
    "cloud",
    "delta",
    "ember",
    "fjord",
    "grove",
    "harbor",
    "inlet",
    "jetty",
    "knoll",
    "lagoon",
    "meadow",
    "north",
    "orchard",
    "pine",
)
MAX_DEPTH = 12
UNSURE = "unsure"
"""Where a form may be filled so, a fake without a rule has no opinion."""


def number(seed: str) -> int:
    """A 64-bit integer out of a seed text."""
    return int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=8).digest())


def unit(seed: str) -> float:
    """A number in [0, 1) out of a seed text."""
    return number(seed) / 2**64


def sentence(seed: str, words: int = 4) -> str:
    """A few words out of a seed text."""
    return " ".join(WORDS[number(f"{seed}/{i}") % len(WORDS)] for i in range(words))


def value_for(schema: Mapping[str, Any], seed: str) -> Any:
    """A value for the usual parts of JSON Schema: types, enum, const, anyOf, $ref, bounds.

    String patterns and formats are not honoured.
    """
    return _value(schema, seed, schema, 0)


def _value(schema: Any, seed: str, root: Mapping[str, Any], depth: int) -> Any:
    schema = _chosen(schema, seed, root)
    if depth > MAX_DEPTH:
        return None
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return _one_of(schema["enum"], seed)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "null")
    if kind == "object":
        return _object(schema, seed, root, depth)
    if kind == "array":
        return _array(schema, seed, root, depth)
    return _scalar(str(kind), schema, seed)


def _one_of(options: Sequence[Any], seed: str) -> Any:
    """Unsure where that is offered: a verdict that nobody wrote would be made up."""
    return UNSURE if UNSURE in options else options[number(seed) % len(options)]


def _chosen(schema: Any, seed: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with references followed, unions decided and `allOf` merged."""
    for _ in range(MAX_DEPTH):
        if not isinstance(schema, Mapping):
            return {"type": "null"}
        union = schema.get("anyOf") or schema.get("oneOf")
        if "$ref" in schema:
            schema = _resolve(str(schema["$ref"]), root)
        elif union:
            schema = union[number(seed) % len(union)]
        elif schema.get("allOf"):
            parts = (_followed(part, root) for part in schema["allOf"])
            schema = {name: value for part in parts for name, value in part.items()}
        else:
            return schema
    return {"type": "null"}


def _followed(part: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found = _resolve(str(part["$ref"]), root) if "$ref" in part else part
    return found if isinstance(found, Mapping) else {}


def _array(schema: Mapping[str, Any], seed: str, root: Mapping[str, Any], depth: int) -> Any:
    low = int(schema.get("minItems", 1))
    high = int(schema.get("maxItems", max(low, 2)))
    count = low + number(seed) % (high - low + 1) if high > low else high
    items = schema.get("items", {"type": "string"})
    return [_value(items, f"{seed}[{i}]", root, depth + 1) for i in range(count)]


def _object(schema: Mapping[str, Any], seed: str, root: Mapping[str, Any], depth: int) -> Any:
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = set(schema.get("required", properties))
    keep = properties if depth < MAX_DEPTH // 2 else {k: properties[k] for k in required}
    return {name: _value(part, f"{seed}.{name}", root, depth + 1) for name, part in keep.items()}


def _scalar(kind: str, schema: Mapping[str, Any], seed: str) -> Any:
    if kind == "boolean":
        return number(seed) % 2 == 0
    if kind == "null":
        return None
    if kind in ("integer", "number"):
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high = schema.get("maximum", schema.get("exclusiveMaximum", low + 10))
        if kind == "integer":
            low += "exclusiveMinimum" in schema and "minimum" not in schema
            high -= "exclusiveMaximum" in schema and "maximum" not in schema
            return int(low) + number(seed) % (int(high) - int(low) + 1)
        inside = 0.01 + 0.98 * unit(seed)
        return round(low + (high - low) * inside, 4)
    text = sentence(seed)
    text = text.ljust(int(schema.get("minLength", 0)), ".")
    return text[: int(schema["maxLength"])] if "maxLength" in schema else text


def _resolve(ref: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for part in ref.removeprefix("#").strip("/").split("/"):
        if part:
            found = found.get(part, {}) if isinstance(found, Mapping) else {}
    return found
