"""What `pydantic` says of a wrong field, in the words of someone who wrote the file."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from crosslight.text.hidden import looks_like

if TYPE_CHECKING:
    from pydantic import BaseModel

_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping (`name: value`)",
    "model_type": "a mapping (`name: value`)",
    "model_attributes_type": "a mapping (`name: value`)",
}
_OF_TEXT = frozenset(("string_type", "literal_error", "enum"))


def in_words(errors: Sequence[Any], said: str | None, model: "type[BaseModel]") -> str:
    """What is wrong at one place; several errors where several kinds of value are admitted.

    `said`: the characters that stand there without quotes.
    """
    first = errors[0]
    if first["type"] == "extra_forbidden":
        return _unknown(first["loc"], model)
    changed = _changed(first["input"], said) if _OF_TEXT & {e["type"] for e in errors} else ""
    if changed:
        return changed
    wanted = list(dict.fromkeys(_WANTED[e["type"]] for e in errors if e["type"] in _WANTED))
    if first["type"] in _WANTED:
        return f"wants {' or '.join(wanted)}, and {_stands(first['input'], said)}"
    say = _SAYS.get(first["type"])
    if say is not None:
        return say(first["input"], first.get("ctx", {}))
    return str(first["msg"]).removeprefix("Value error, ")


def _changed(value: Any, said: str | None) -> str:
    """What YAML made of a word without quotes where a text is wanted."""
    if said is None or isinstance(value, str):
        return ""
    if not said:
        return "nothing stands there"
    made = {True: "true", False: "false", None: "nothing"}.get(value, "a number")
    return f'YAML reads a bare {said} as {made}: write "{said}"'


def _stands(value: Any, said: str | None) -> str:
    if isinstance(value, dict):
        return "a mapping stands there (a text with `: ` or `{` in it stands in quotes)"
    if isinstance(value, list):
        return "a list stands there"
    if value is None and not said:
        return "nothing stands there"
    if isinstance(value, str) and "\u00a0" in value:
        return f"{value[:60]!r} stands there: YAML takes its no-break space (\\xa0) for a letter"
    return f"{said if said is not None else repr(value)[:60]} stands there"


def _unknown(loc: Sequence[int | str], model: "type[BaseModel]") -> str:
    name = str(loc[-1])
    odd = next((char for char in name if not char.isascii()), "")
    if odd:
        return f"is no field that is read: {looks_like(odd)}"
    here = _fields_at(loc[:-1], model)
    near, every = near_field(name, here), ", ".join(f"`{field}`" for field in here)
    hint = f"did you mean `{near}`?" if near else f"read there: {every}"
    return "is no field that is read" + (f"; {hint}" if here else "")


def near_field(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known field that somebody may have meant by this name, whatever its case; or none."""
    by_name = {field.casefold(): field for field in known}
    near = difflib.get_close_matches(name.casefold().strip(), by_name, n=1, cutoff=cutoff)
    return by_name[near[0]] if near else ""


def _fields_at(loc: Sequence[int | str], model: "type[BaseModel]") -> list[str]:
    """The names of the fields that are read at one place: one of another place is no help there."""
    root = model.model_json_schema()
    here = _forms(root, root)
    for step in loc:
        inner = [part for form in here for part in _inside(form, step)]
        # What leads nowhere names the type of a value that may be of several.
        here = [form for part in inner for form in _forms(part, root)] or here
    return list(dict.fromkeys(name for form in here for name in form.get("properties", {})))


def _inside(form: dict[str, Any], step: int | str) -> list[dict[str, Any]]:
    """What a JSON schema says of one part of a value."""
    if isinstance(step, int):
        found = [form.get("items"), *form.get("prefixItems", [])]
    else:
        found = [form.get("properties", {}).get(step) or form.get("additionalProperties")]
    return [part for part in found if isinstance(part, dict)]


def _forms(part: dict[str, Any], root: dict[str, Any]) -> list[dict[str, Any]]:
    """The forms that a value may have by a part of a JSON schema, references followed."""
    if "$ref" in part:
        return _forms(root["$defs"][part["$ref"].rsplit("/", 1)[-1]], root)
    several = [form for key in ("anyOf", "oneOf", "allOf") for form in part.get(key, [])]
    return [form for one in several for form in _forms(one, root)] or [part]


def _length(value: Any, bounds: Any) -> str:
    return f"has {len(value)} characters, {_bound(bounds, 'length')} are wanted"


def _entries(value: Any, bounds: Any) -> str:
    return f"holds {len(value)}, {_bound(bounds, 'length')} are wanted"


def _bound(bounds: Any, what: str) -> str:
    least = bounds.get(f"min_{what}")
    return f"at most {bounds.get(f'max_{what}')}" if least is None else f"at least {least}"


def _form(value: Any, told: Any) -> str:
    odd = next((looks_like(char) for char in value if not char.isascii()), "")
    if odd:
        return f"{value[:60]!r}: {odd}"
    if str(told["pattern"]).startswith("^[a-z]"):
        return f"{value[:60]!r} is no name: small letters, digits and `_`, a letter first"
    return f"{value[:60]!r} is not of the form {told['pattern']}"


def _choice(value: Any, told: Any) -> str:
    return f"{repr(value)[:80]} is none of {told['expected']}"


_SAYS: dict[str, Callable[[Any, Any], str]] = {
    "missing": lambda _value, _told: "is missing",
    "string_too_short": _length,
    "string_too_long": _length,
    "too_short": _entries,
    "too_long": _entries,
    "string_pattern_mismatch": _form,
    "literal_error": _choice,
    "enum": _choice,
    "greater_than_equal": lambda value, told: f"{value} is not at least {told['ge']:g}",
    "less_than_equal": lambda value, told: f"{value} is not at most {told['le']:g}",
    "greater_than": lambda value, told: f"{value} is not more than {told['gt']:g}",
    "less_than": lambda value, told: f"{value} is not less than {told['lt']:g}",
}
