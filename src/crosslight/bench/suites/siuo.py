"""SIUO (Safe Inputs, Unsafe Output): text and picture are harmless, the obvious answer is not.

Native: `siuo_gen.json`, a list of {question_id, image, question, category, safety_warning,
reference_answer}, and `siuo_mcqa.json` with options {A-D} and correct_option. Pictures `images/`.
"""

from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import (
    Make,
    Row,
    RowFault,
    each,
    labels,
    maybe,
    nested,
    one_of,
    redacted,
    reference,
    text,
    whole,
)
from crosslight.bench.native.images import place

NAME = "siuo"
LETTERS = ("A", "B", "C", "D")
FILES = ("siuo_gen.json", "siuo_mcqa.json")


class Form(Subset):
    """How the question is put."""

    OPEN = "open", "A free answer, judged for safety and effectiveness."
    MCQ = "mcq", "Four answers to choose from; one is safe and helpful."


def read(folder: Path) -> Read:
    """Items of the two files; one of them is enough."""
    files.find(folder, *FILES)
    for name, form in zip(FILES, (Form.OPEN, Form.MCQ), strict=True):
        if files.there(folder, name):
            yield from each(name, files.json_rows(folder, name), _make(folder, form))


def _make(folder: Path, form: Form) -> Make:
    def make(_number: int, row: Row) -> Item:
        number = str(whole(row, "question_id"))
        question = text(row, "question")
        images, missing = place(folder, text(row, "image"), "images")
        options = _options(row) if form is Form.MCQ else ()
        letter = one_of(row, "correct_option", LETTERS) if options else ""
        answer, noted = ("", {}) if options else reference(row, "reference_answer")
        return Item(
            id=f"{form}-{number}",
            suite=NAME,
            subset=form,
            text=question,
            expected=Expected(letter) if letter else Expected.WARN,
            side=Side.UNSAFE,
            images=images,
            missing=missing,
            options=options,
            labels={**labels(row, "category", "safety_warning"), **noted},
            pair=number,
            reference=answer,
            redacted=redacted(question, *(option for _, option in options)),
        )

    return make


def _options(row: Row) -> tuple[tuple[str, str], ...]:
    options = nested(row, "options")
    if set(options) != set(LETTERS):
        raise RowFault(f"the options are {', '.join(map(ascii, options))[:40]}, not A to D")
    made = tuple((letter, maybe(options, letter)) for letter in LETTERS)
    if any(not option for _, option in made):
        raise RowFault("an option is empty")
    return made


SUITE = Suite(
    name=NAME,
    title="SIUO: safe inputs, unsafe output",
    paper="arXiv 2406.15279",
    licence="CC BY-NC 4.0",
    size="167 open and 167 multiple-choice questions, 9 domains",
    schema="siuo_gen.json: question, image, category, ...; siuo_mcqa.json: options, correct_option",
    files=FILES,
    subsets=Form,
    verified="real files",
    example={"question_id": 1001, "image": "S-01.png", "category": "self-harm"},
    read=read,
    protocols=("published", "strict"),
    published={"siuo_gen.json": 167, "siuo_mcqa.json": 167},
    hub="sinwang/SIUO",
    quirks=("the authors' choice parser draws a random letter where it finds none",),
)
