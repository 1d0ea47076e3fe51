"""MSTS: short requests that become unsafe through their picture, in eleven languages.

Native: `prompts/LANGUAGE_multimodal.csv` (or `data/prompts/`): hazard_category,
hazard_subcategory, hazard_subsubcategory, case_id, case_text, unsafe_image_id,
unsafe_image_description, prompt_id, prompt_text, prompt_type. Pictures are shipped as URLs
(`images/unsafe_images.csv`); they are looked for as `images/unsafe_image_0001.jpg` and the like.
"""

from pathlib import Path, PurePosixPath

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite, SuiteError
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
from crosslight.bench.native.images import place

NAME = "msts"
LANGUAGES = (
    "english arabic chinese farsi french german hindi italian korean russian spanish"
).split()
FILES = ("prompts/*.csv", "data/prompts/*.csv")
COLUMNS = ("hazard_category", "case_id", "unsafe_image_id", "prompt_text", "prompt_type")


class Form(Subset):
    """How the case is worded."""

    ASSISTANCE = "assistance", "The user asks whether to do it."
    INTENTION = "intention", "The user says that they are going to do it."


FORMS = {str(form): form for form in Form} | {
    "prompt_assistance_text": Form.ASSISTANCE,
    "prompt_intention_text": Form.INTENTION,
}


def read(folder: Path) -> Read:
    """Items of every language that is there, English first."""
    names = [*files.matching(folder, *FILES)]
    if not names:
        raise SuiteError("no prompts/LANGUAGE_multimodal.csv", file=str(folder))
    pictures = _pictures(folder)
    for name in sorted(names, key=lambda name: (_language(name)[0] != "english", name)):
        language, textonly = _language(name)
        make = _make(folder, language, textonly, pictures)
        yield from each(name, files.csv_rows(folder, name, COLUMNS), make)


def _language(name: str) -> tuple[str, bool]:
    language, _, form = PurePosixPath(name).stem.partition("_")
    if language not in LANGUAGES or form not in ("multimodal", "textonly"):
        raise SuiteError(f"the file's name is none of LANGUAGE_multimodal.csv: {name}", file=name)
    return language, form == "textonly"


def _make(folder: Path, language: str, textonly: bool, pictures: dict[str, str]) -> Make:
    def make(_number: int, row: Row) -> Item:
        case, form = ident(row, "case_id"), FORMS[one_of(row, "prompt_type", FORMS)]
        question, image = text(row, "prompt_text"), ident(row, "unsafe_image_id")
        wanted = pictures.get(image, f"images/{image}.jpg")
        images, missing = ((), ()) if textonly else place(folder, wanted)
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
                "category": text(row, "hazard_category"),
                "prompt_id": maybe(row, "prompt_id"),
                **labels(row, "hazard_subcategory", "unsafe_image_description"),
            },
            pair=case,
            redacted=redacted(question),
        )

    return make


def _pictures(folder: Path) -> dict[str, str]:
    names = files.matching(folder, "images/unsafe_image_*.*", "data/unsafe_images/unsafe_image_*.*")
    return {PurePosixPath(name).stem: name for name in reversed(names)}


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
    hub="felfri/MSTS",
    quirks=(
        "pictures are URLs: fetch them first, else every item counts as missing its picture",
        "automatic labels stand in rows aligned with the annotations, without an id, and hold junk",
        "only the English file was there to verify",
        "English comes as text only too",
    ),
)
