"""What the model that compiles is asked for: JSON of these forms, bounded so that every policy that
can be written can be read back."""

from typing import Any

from crosslight.text import hidden_characters

MOST_QUESTIONS = 40
"""Of one rule, over all of its chains."""
_PHRASE = {"type": "string", "minLength": 3, "maxLength": 160}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Any, most: int, least: int = 1) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "maxItems": most, "items": items}


SCORE = _object(
    explanation={"type": "string", "maxLength": 600},
    score={"type": "integer", "minimum": 1, "maximum": 10},
)
WORDING = _object(text={"type": "string", "minLength": 8, "maxLength": 800})
_ALTERNATIVE = _object(
    see=_PHRASE,
    words=_list({"type": "string", "minLength": 1, "maxLength": 40}, 4),
    absent={"type": "boolean"},
    of={"type": "string", "maxLength": 5},
)
CHAINS = _object(
    chains=_list(_object(preconditions=_list(_object(alternatives=_list(_ALTERNATIVE, 10)), 6)), 6)
)
EXAMPLES = _object(
    breaking=_list({"type": "string", "minLength": 8, "maxLength": 300}, 4),
    harmless=_list({"type": "string", "minLength": 8, "maxLength": 300}, 4),
)
READINGS = _object(
    readings=_list(
        _object(
            number={"type": "integer", "minimum": 1, "maximum": 60},
            why={"type": "string", "maxLength": 300},
            caught={"type": "string", "enum": ["yes", "no", "unclear"]},
        ),
        60,
    )
)


def clean(text: Any) -> str:
    """What a model wrote, on one line, without what a reviewer could not see."""
    plain = str(text)
    hidden = {at for at, _ in hidden_characters(plain)}
    return " ".join("".join(c for at, c in enumerate(plain) if at not in hidden).split())
