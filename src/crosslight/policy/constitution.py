"""Constitutions: what is not allowed, as a file of rules that people write and review.

title: My policy
rules:
  - id: open_flame
    text: No open flame within {reach} cm of curtains or paper.
    constants: {reach: 30}
    examples: {unsafe: [a candle that touches a curtain], safe: [a candle in a lantern]}
    source: our house rules, section 2
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    Strict,
    model_serializer,
    model_validator,
)

from crosslight.policy.bounded import (
    COMPILED_SUFFIX,
    HIDDEN_HINT,
    HISTORY_SUFFIX,
    PolicyError,
    has_hidden,
    read_written,
)
from crosslight.records import canonical, content_hash
from crosslight.store import UnreadableFile, fitted
from crosslight.text import Wrong

CONSTITUTION_FOLDER = Path(__file__).parent / "constitutions"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_SLOT = re.compile(r"\{([a-z_]+)\}")
_COMMANDS = re.compile(
    r"\b(ignore|disregard|forget)\b.{0,40}\b(instruction|rule|above|previous|question)|"
    r"\b(answer|reply|respond|say|output)\b.{0,20}\b(yes|no|safe|unsafe)\b|"
    r"\bsystem prompt\b|\bas an? (ai|assistant|language model)\b|<\|[^|]{1,40}\|>|\[/?INST\]",
    re.IGNORECASE,
)

M = TypeVar("M", bound=BaseModel)
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=8, max_length=800)]
# Strict: a bare `no` is no 0, and 1.50 keeps its characters.
Constant = (
    Annotated[int, Strict()]
    | Annotated[float, Strict()]
    | Annotated[str, Strict(), Field(max_length=60)]
)


class StrictModel(BaseModel):
    """Unknown fields are refused, values do not change. A number is a text where one is wanted."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True
    )


Depictions = Literal["count", "do_not_count"]
"""Whether a drawing, a statue, a toy or a picture of a thing is that thing."""


def without_defaults(
    data: dict[str, Any], model: type[StrictModel], names: Sequence[str]
) -> dict[str, Any]:
    """Without the `names` that say nothing: fields that came later change no hash of what was
    there before them."""
    fields = model.model_fields
    return {k: v for k, v in data.items() if k not in names or v not in (fields[k].default, [])}


class Examples(StrictModel):
    """What breaks the rule, and what looks like it and does not. For reviewers and for tests."""

    unsafe: Annotated[tuple[ShortText, ...], Field(max_length=20)] = ()
    safe: Annotated[tuple[ShortText, ...], Field(max_length=20)] = ()


class Rule(StrictModel):
    """One rule. `allowed` declares what it describes to be fine (the policy-flip test)."""

    id: Slug
    title: ShortText = ""
    text: Text
    constants: Annotated[dict[str, Constant], Field(max_length=12)] = {}
    examples: Examples = Examples()
    source: Annotated[str, Field(max_length=300)] = ""
    objectiveness: Annotated[float | None, Field(ge=1, le=10)] = None
    allowed: bool = False
    depictions: Depictions | None = None

    @model_serializer(mode="wrap")
    def _short(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_defaults(dump(self), Rule, ("depictions",))

    @model_validator(mode="after")
    def _slots(self) -> Self:
        slots = set(_SLOT.findall(self.text))
        lacking = [
            f"{{{name}}} of the text has no constant"
            for name in sorted(slots - set(self.constants))
        ]
        unused = [f"the text has no {{{name}}}" for name in sorted(set(self.constants) - slots)]
        if lacking or unused:
            raise ValueError("text and constants differ: " + ", ".join(lacking + unused))
        return self

    @property
    def stated(self) -> str:
        """The text with its constants filled in (plain replacement: no template language)."""
        return fill(self.text, self.constants)


class Constitution(StrictModel):
    """Rules that stand together."""

    title: ShortText
    about: Annotated[str, Field(max_length=1200)] = ""
    source: Annotated[str, Field(max_length=400)] = ""
    depictions: Depictions | None = None
    """Of rules that do not say it themselves."""
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=200)]

    @model_serializer(mode="wrap")
    def _short(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_defaults(dump(self), Constitution, ("depictions",))

    @model_validator(mode="after")
    def _unique(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if len(ids) != len(set(ids)):
            raise ValueError("two rules share an id")
        return self

    @property
    def active(self) -> tuple[Rule, ...]:
        """The rules that forbid something."""
        return tuple(rule for rule in self.rules if not rule.allowed)

    @property
    def hash(self) -> str:
        """sha256 of all that stands in it, independent of the file's layout."""
        return content_hash(canonical(self.model_dump(mode="json")))

    def depictions_of(self, rule: str) -> Depictions | None:
        """Whether drawings, toys and pictures of a thing count for a rule. None: nobody said."""
        own = {r.id: r.depictions for r in self.rules}.get(rule)
        return own or self.depictions

    def allowing(self, *rules: str) -> Self:
        """The same constitution with these rules declared allowed. Raises `PolicyError`."""
        unknown = set(rules) - {rule.id for rule in self.rules}
        if unknown:
            raise PolicyError(f"there is no rule {sorted(unknown)[0]!r}")
        changed = [
            r.model_copy(update={"allowed": True}) if r.id in rules else r for r in self.rules
        ]
        return self.model_copy(update={"rules": tuple(changed)})


def fill(text: str, constants: dict[str, Constant]) -> str:
    """`text` with `{name}` replaced by the constant of that name."""
    return _SLOT.sub(lambda slot: str(constants.get(slot[1], slot[0])), text)


def builtin_constitutions() -> list[str]:
    """Names of the constitutions that come along."""
    return sorted(
        path.stem
        for path in CONSTITUTION_FOLDER.glob("*.yaml")
        if not path.name.endswith((COMPILED_SUFFIX, HISTORY_SUFFIX))
    )


def find_constitution(name_or_file: str | Path) -> Path:
    """The file of a constitution that comes along, or the file itself. Raises `PolicyError`."""
    text = str(name_or_file)
    if _NAME.fullmatch(text) and text in builtin_constitutions():
        return CONSTITUTION_FOLDER / f"{text}.yaml"
    path = Path(name_or_file)
    if not path.is_file():
        raise PolicyError(
            f"no constitution {text!r}",
            hint=f"a YAML file, or one of: {', '.join(builtin_constitutions())}",
        )
    return path


def read_constitution(name_or_file: str | Path) -> Constitution:
    """Read a constitution. Raises `PolicyError` that names the place."""
    path = find_constitution(name_or_file)
    return parse_constitution(*read_written(path), path.name)


def parse_constitution(
    value: Any, wrong: Sequence[Wrong] = (), name: str = "constitution"
) -> Constitution:
    """A constitution from plain data; `wrong` as of `validated`. Raises `PolicyError`."""
    return validated(Constitution, value, name, wrong)


COMPARE = "compare with `crosslight policy show template --source`"


def validated(
    model: type[M], value: Any, name: str, wrong: Sequence[Wrong] = (), hint: str = COMPARE
) -> M:
    """Validate plain data, of whose file `wrong` is known already.

    Raises `PolicyError` that lists all that is wrong, with a `hint` at what is right.
    """
    try:
        return fitted(model, value, name, wrong)
    except UnreadableFile as error:
        hidden = has_hidden(error.message)
        raise PolicyError(error.message, HIDDEN_HINT if hidden else hint) from error


def commands(texts: list[tuple[str, str]]) -> list[str]:
    """Warnings for texts that speak to the model instead of describing an image.

    `texts` are (place, text). A warning, no refusal: "a sign that says No" is a fair rule.
    """
    return [
        f"{place}: reads like an instruction to the judge: {hit.group()[:80]!r}"
        for place, text in texts
        if (hit := _COMMANDS.search(text))
    ]
