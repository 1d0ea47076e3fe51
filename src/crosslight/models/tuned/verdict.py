"""A judge's verdict in the words that whoever asks can read: guards' formats, JSON, a schema."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosslight.models.errors import NotSupported

NONE = "NA: None applying"
"""LlavaGuard's words for no category."""
MOST_CLASSES = 14
"""Llama Guard's S1 to S14."""
HINT = (
    "a tuned judge says safe or unsafe: crosslight bench run --judge-as llama-guard-3; crosslight "
    "judge run --method guard; or a schema with a field of the two words"
)
FENCED_TASKS = frozenset(("answer_helps_harm", "text_alone", "text_elsewhere", "together"))
"""Questions of our own prompts (build, prefer) whose Yes means unsafe."""
UNSAFE_TASKS = FENCED_TASKS | {"unsafe"}
"""All whose Yes means unsafe; of any other a Yes would be a guess."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`unsafe` is a probability; `names` are all categories that the judge knows."""

    unsafe: float
    category: str = ""
    names: tuple[str, ...] = ()
    threshold: float = 0.5

    @property
    def word(self) -> str:
        """`safe` or `unsafe`."""
        return "unsafe" if self.unsafe >= self.threshold else "safe"

    @property
    def named(self) -> str:
        """The category of an unsafe one."""
        return self.category if self.word == "unsafe" else ""


def llama_guard(verdict: Verdict) -> str:
    """`safe`, or `unsafe` and the number of the category where there is one."""
    if verdict.word == "safe" or verdict.category not in verdict.names[:MOST_CLASSES]:
        return verdict.word
    return f"unsafe\nS{verdict.names.index(verdict.category) + 1}"


def llavaguard(verdict: Verdict, rationale: str = "") -> str:
    """The JSON object of LlavaGuard."""
    told = rationale or f"probability of unsafe {verdict.unsafe:.2f}; a linear head"
    return judgement_text(verdict.word.capitalize(), verdict.named, told)


def judgement_text(rating: str, category: str, rationale: str) -> str:
    """An object in LlavaGuard's form."""
    told = {"rating": rating, "category": category or NONE, "rationale": rationale}
    return json.dumps(told, ensure_ascii=False)


def _qwen(verdict: Verdict) -> str:
    return f"Safety: {verdict.word.capitalize()}\nCategories: {verdict.named or 'None'}"


def _md_judge(verdict: Verdict) -> str:
    return f"[RESULT]: {verdict.word}, score {1 + round(4 * verdict.unsafe)}"


_BY_TASK = {
    "guard_llama-guard-3": llama_guard,
    "guard_llama-guard-4": llama_guard,
    "guard_qwen3guard": _qwen,
    "guard_md-judge": _md_judge,
    "guard": llavaguard,
    "verdict": llavaguard,
}


def in_words(verdict: Verdict, task: str) -> str:
    """In the format that the task's reader knows. Raises `NotSupported`."""
    if task not in _BY_TASK:
        raise NotSupported(f"a tuned judge cannot do '{task or 'generate'}'", hint=HINT)
    return _BY_TASK[task](verdict)


def can_word(task: str) -> bool:
    """Whether `in_words` knows the task."""
    return task in _BY_TASK


def in_schema(verdict: Verdict, schema: Mapping[str, Any]) -> dict[str, Any]:
    """An object of a schema that has a field of the two words. Raises `NotSupported`."""
    fields = schema.get("properties")
    fields = fields if isinstance(fields, Mapping) else {}
    told: dict[str, Any] = {}
    for name, field in fields.items():
        words = field.get("enum") if isinstance(field, Mapping) else None
        fitting = _words(words) if isinstance(words, Sequence) else {}
        if fitting:
            told[name] = fitting[verdict.word]
        elif name in ("reason", "rationale"):
            told[name] = f"probability of unsafe {verdict.unsafe:.2f}; a linear head"
        elif name == "category":
            told[name] = verdict.named
        elif name in ("probability", "unsafe_probability"):
            told[name] = verdict.unsafe
    ruled = any(isinstance(f, Mapping) and _words(f.get("enum") or ()) for f in fields.values())
    needed = schema.get("required", ())
    lacking = [name for name in needed if name not in told] if isinstance(needed, list) else []
    if not ruled or lacking:
        what = f"the field {lacking[0]!r}" if lacking else "no field of safe and unsafe"
        raise NotSupported(f"a tuned judge cannot fill this schema: {what}", hint=HINT)
    return told


def fits_schema(schema: Mapping[str, Any]) -> bool:
    """Whether `in_schema` can fill it."""
    try:
        return bool(in_schema(Verdict(0.5), schema))
    except NotSupported:
        return False


def is_asked_for(options: Sequence[str], task: str) -> bool:
    """Whether `in_options` knows the options."""
    try:
        return bool(in_options(Verdict(0.5), options, task))
    except NotSupported:
        return False


def _words(options: Sequence[Any]) -> dict[str, str]:
    """The two words as the options spell them, where they are the two."""
    spelled = {str(option).casefold(): str(option) for option in options}
    return spelled if set(spelled) == {"safe", "unsafe"} else {}


def in_options(verdict: Verdict, options: Sequence[str], task: str) -> dict[str, float]:
    """Probabilities of safe and unsafe, or of Yes and No to a question that means unsafe by Yes.

    Raises `NotSupported` for any other.
    """
    words = _words(options)
    if not words and task in UNSAFE_TASKS:
        folded = {option.casefold(): option for option in options}
        if set(folded) == {"yes", "no"}:
            words = {"unsafe": folded["yes"], "safe": folded["no"]}
    if not words:
        raise NotSupported(
            f"a tuned judge cannot choose among {list(options)!r} ('{task or 'choose'}')", hint=HINT
        )
    chances = {words["unsafe"]: verdict.unsafe, words["safe"]: 1 - verdict.unsafe}
    return {option: chances[option] for option in options}
