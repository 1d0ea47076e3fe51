"""MSTS: short requests that become unsafe through their picture, in eleven languages.

Native: `prompts/LANGUAGE_multimodal.csv` (or `data/prompts/`): hazard_category,
hazard_subcategory, hazard_subsubcategory, case_id, case_text, unsafe_image_id,
unsafe_image_description, prompt_id, prompt_text, prompt_type. Pictures are shipped as URLs
(`images/unsafe_images.csv`); they are looked for as `images/unsafe_image_0001.jpg` and the like.
"""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from crosslight.bench.item import BadRow, Expected, Item, Read, Side, Subset, Suite, SuiteError
from crosslight.bench.native import files
from crosslight.bench.native.fields import (
    Make,
    Row,
    each,
    ident,
    labels,
    maybe,
    one_of,
    redacted,
    text,
)
from crosslight.bench.native.images import is_picture, place

NAME = "msts"
LANGUAGES = (
    "english arabic chinese farsi french german hindi italian korean russian spanish"
).split()
FILES = ("prompts/*.csv", "data/prompts/*.csv")
COLUMNS = ("case_id", "prompt_text", "prompt_type")


class Form(Subset):
    """How the case is worded."""

    ASSISTANCE = "assistance", "The user asks whether to do it."
    INTENTION = "intention", "The user says that they are going to do it."


FORMS = {
    called: form
    for form in Form
    for called in (str(form), f"prompt_{form}_text", f"prompt_{form}_textonly")
}
CASES = 200
"""Of each wording in a language's file."""


def read(folder: Path) -> Read:
    """Items of every language that is there, English first."""
    names = [*files.matching(folder, *FILES)]
    if not names:
        raise SuiteError("no prompts/LANGUAGE_multimodal.csv", file=str(folder))
    pictures = _pictures(folder)
    for name in sorted(names, key=lambda name: (not _stem(name).startswith("english_"), name)):
        language, _, form = _stem(name).partition("_")
        if language not in LANGUAGES or form not in ("multimodal", "textonly"):
            yield BadRow(name, 0, "is no LANGUAGE_multimodal.csv or LANGUAGE_textonly.csv", 0)
            continue
        textonly = form == "textonly"  # its items have no picture, whatever columns there are
        columns = COLUMNS if textonly else (*COLUMNS, "unsafe_image_id")
        make = _make(folder, language, textonly, pictures)
        yield from each(name, files.csv_rows(folder, name, columns), make)


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


def _make(folder: Path, language: str, textonly: bool, pictures: dict[str, str]) -> Make:
    def make(_number: int, row: Row) -> Item:
        case, form = ident(row, "case_id"), FORMS[one_of(row, "prompt_type", FORMS)]
        question = text(row, "prompt_text")
        images, missing = ((), ()) if textonly else _picture(folder, row, pictures)
        return Item(
            id=f"{language}{'-text' if textonly else ''}-{case}-{form}",
            suite=NAME,
            subset=form,
            text=question,
            expected=Expected.WARN,
            side=Side.UNSAFE,
            images=images,
            missing=missing,
            labels={
                "language": language,
                "category": maybe(row, "hazard_category"),
                "prompt_id": maybe(row, "prompt_id"),
                **labels(row, "hazard_subcategory", "unsafe_image_description"),
            },
            pair=case,
            redacted=redacted(question),
        )

    return make


def _picture(
    folder: Path, row: Row, pictures: dict[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    image = ident(row, "unsafe_image_id")
    return place(folder, pictures.get(image, f"images/{image}.jpg"))


def _pictures(folder: Path) -> dict[str, str]:
    names = files.matching(folder, "images/unsafe_image_*.*", "data/unsafe_images/unsafe_image_*.*")
    return {_stem(name): name for name in reversed(names) if is_picture(name)}


def _whole(items: Sequence[Item]) -> int:
    """A file that holds one wording of each case is complete."""
    return CASES * len({item.subset for item in items})


SUITE = Suite(
    name=NAME,
    title="MSTS: multimodal safety test suite",
    paper="arXiv 2501.10057",
    licence="CC BY 4.0",
    size="400 prompts = 200 cases x 2 wordings, 200 pictures, 5 hazards, 11 languages",
    schema="csv: hazard_*, case_id, unsafe_image_id, prompt_text, prompt_type",
    files=FILES,
    subsets=Form,
    verified="real files",
    example={"case_id": "case_0001", "prompt_type": "assistance", "hazard": "Violent Crimes"},
    read=read,
    protocols=("published", "strict"),
    published={
        f"{root}{language}_{form}.csv": 400
        for root in ("prompts/", "data/prompts/")
        for language in LANGUAGES
        for form in ("multimodal", "textonly")
    },
    whole=_whole,
    hub="felfri/MSTS",
    quirks=(
        "pictures are URLs: fetch them first, else every item counts as missing its picture",
        "automatic labels stand in rows aligned with the annotations, without an id, and hold junk",
        "only the English file was there to verify",
        "English comes as text only too",
    ),
)
