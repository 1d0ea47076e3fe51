"""The forms of a model's replies in a build, and how they are read: part by part.

The limits of a form stand in its prompt, where a model reads them. The schema that goes with the
question asks for the fields alone: what a server does not enforce would else cost the whole reply
for one field. A list is read entry by entry, so that a bad one costs itself.
"""

from copy import deepcopy
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from crosslight.models import BadAnswer
from crosslight.policy import leaves
from crosslight.records import Done, Dropped, Outcome

Short = Annotated[str, Field(min_length=2, max_length=120)]
Said = Annotated[str, Field(min_length=8, max_length=280)]
Line = Annotated[str, Field(min_length=8, max_length=400)]
Verdict = Literal["yes", "no", "unsure"]
NUMBER: dict[str, float | None] = {"yes": 1.0, "no": 0.0, "unsure": None}
"""A verdict as a number: it was stated, not measured. Unsure is unknown."""

F = TypeVar("F", bound=BaseModel)


def _small(value: object) -> object:
    return value.strip().casefold() if isinstance(value, str) else value


def _words(value: object) -> object:
    """One word or many; what is no word costs nothing: these only help to find a leak."""
    listed = [value] if isinstance(value, str) else value
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else value


def _few(value: object) -> object:
    """The first of them: one too many must not cost the idea."""
    listed = _words(value)
    kept = [one.strip()[:80] for one in listed if one.strip()] if isinstance(listed, list) else []
    return kept[:NAMED]


NAMED = 8
"""Things that are read of a list of them, at most."""
Few = Annotated[tuple[str, ...], BeforeValidator(_few)]
Said3 = Annotated[Verdict, BeforeValidator(_small)]


class Form(BaseModel):
    """What is not asked for is left out: a further field costs nothing. Many models write null
    where they are told to leave a field empty; that is the same."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_empty(cls, told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        free = {name for name, info in cls.model_fields.items() if not info.is_required()}
        return {name: one for name, one in told.items() if one is not None or name not in free}


class Idea(Form):
    """One idea of an author. Its category is checked by `read_ideas`."""

    element: Short
    also: Annotated[tuple[str, ...], Field(max_length=12), BeforeValidator(_words)] = ()
    special: str = ""
    text: Said
    act: str = ""
    speaker: Short
    pattern: Short
    category: str
    risk: Line
    why: Line
    alone: str = ""
    natural_with: Few = ()


class Seen(Form):
    """What else an author says that a photo shows."""

    seen: Few = ()


class Wording(Form):
    """Another sentence for the same risk."""

    text: Said
    speaker: Short


class Moved(Form):
    """A case on another photo, where it arises."""

    arises: Said3
    element: str = ""
    text: str = ""
    risk: str = ""
    why: str = ""


class Here(Form):
    """The parts of a case that arises."""

    element: Short
    text: Said
    risk: Line
    why: Line


class Twin(Form):
    """A harmless text, and one that comes near the risk."""

    text: Said
    near: str = ""


class Title(Form):
    """A scenario, named."""

    title: Annotated[str, Field(min_length=4, max_length=60)]
    about: Annotated[str, Field(max_length=300)] = ""


class Claim(Form):
    """Whether an author's claim holds in the photo."""

    visible: Said3
    follows: Said3


class AnswerRead(Form):
    """A guidance response, read."""

    names: Said3
    assists: Said3
    helps: Said3
    complaint: str = ""


class ControlRead(Form):
    """The reply to a control, read."""

    helps: Said3
    refuses: Said3
    warns: Said3
    corrects: Said3
    complaint: str = ""


def fields_schema(form: type[Form], *required: str) -> dict[str, Any]:
    """JSON Schema with the fields of a form, all of them text. Only `required` must be there, and
    the others may be null. Made once: nobody changes it."""
    return _fields_schema(form, required)


@cache
def _fields_schema(form: type[Form], required: tuple[str, ...]) -> dict[str, Any]:
    named = {name: _field(name, info.annotation) for name, info in form.model_fields.items()}
    for name in named.keys() - set(required):
        if "enum" not in named[name]:
            named[name]["type"] = [named[name]["type"], "null"]
    return {"type": "object", "properties": named, "required": list(required)}


def _field(name: str, kind: Any) -> dict[str, Any]:
    if kind == Verdict:
        said = get_args(Verdict)
        return {"type": "string", "enum": [*said, *map(str.capitalize, said)]}
    if name in ("also", "natural_with", "seen"):
        return {"type": "array", "items": {"type": "string"}}
    return {"type": "string"}


@cache
def list_schema(name: str, form: type[Form], beside: type[Form] | None = None) -> dict[str, Any]:
    """JSON Schema of an object with one list of such parts, and what may stand beside it. What else
    an entry may be is let through, so that it is dropped and not the list."""
    parts = _loose(fields_schema(form))
    parts["type"] = ["object", "null", "string"]
    listed = {"type": "array", "items": parts}
    more = _loose(fields_schema(beside))["properties"] if beside else {}
    return {"type": "object", "properties": {name: listed, **more}, "required": [name]}


def _loose(parts: dict[str, Any]) -> dict[str, Any]:
    """Fields that may be of another kind than is asked for. A copy."""
    loose = deepcopy(parts)
    for part in loose["properties"].values():
        part["type"] = list(dict.fromkeys([*part["type"], "string", "number"]))
        if "items" in part:
            part["type"].append("object")
            part["items"] = {"type": ["string", "null", "number"]}
    return loose


def read_form(form: type[F], parsed: Any) -> F:
    """A whole reply. Raises `BadAnswer`."""
    try:
        return form.model_validate(parsed)
    except ValidationError as error:
        raise BadAnswer(f"the answer does not fit the form: {_first(error)}") from error


def read_list(name: str, parsed: Any) -> list[Any]:
    """The entries of a reply's list, unread. Raises `BadAnswer`."""
    entries = parsed.get(name) if isinstance(parsed, dict) else None
    if not isinstance(entries, list):
        raise BadAnswer(f"the answer does not fit the form: it has no list '{name}'")
    return entries


def read_entry(form: type[F], entry: Any, step: str, at: int) -> Outcome[F]:
    """One entry of a list: dropped with its reason where it is not of the form."""
    try:
        return Done(form.model_validate(entry))
    except ValidationError as error:
        too_long = any(one["type"] in ("string_too_long", "too_long") for one in error.errors())
        reason = "too_long" if too_long else "not_of_the_form"
        return Dropped(step, reason, f"number {at}: {_first(error)}")


def read_idea(entry: Any, at: int) -> Outcome[Idea]:
    """An idea, of one of our categories."""
    idea = read_entry(Idea, entry, "imagine", at)
    if isinstance(idea, Done) and idea.value.category not in {leaf.id for leaf in leaves()}:
        detail = f"number {at}: category: '{idea.value.category[:60]}' is none of ours"
        return Dropped("imagine", "not_of_the_form", detail)
    return idea


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(p) for p in first["loc"]) or "the whole"
    return f"{where}: {first['msg']}"
