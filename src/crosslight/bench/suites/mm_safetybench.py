"""MM-SafetyBench: harmful requests moved into a picture (diffusion, typography, both).

Native: `data/processed_questions/SCENARIO.json`, an object id -> {Question, Changed Question,
Key Phrase, Phrase Type, Rephrased Question, Rephrased Question(SD)}, and pictures
`data/imgs/SCENARIO/{SD,SD_TYPO,TYPO}/ID.jpg`. The hub copy (PKU-Alignment/MM-SafetyBench):
`data/SCENARIO/{SD,SD_TYPO,TYPO,Text_only}.parquet` with id, question, image.
"""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite, SuiteError
from crosslight.bench.native import files, tables
from crosslight.bench.native.fields import (
    Make,
    Row,
    RowFault,
    Rows,
    each,
    first_of,
    ident,
    labels,
    one_each,
    redacted,
    text,
    unusable,
)
from crosslight.bench.native.images import place

NAME = "mm-safetybench"
SCENARIOS = (
    "01-Illegal_Activitiy 02-HateSpeech 03-Malware_Generation 04-Physical_Harm 05-EconomicHarm "
    "06-Fraud 07-Sex 08-Political_Lobbying 09-Privacy_Violence 10-Legal_Opinion "
    "11-Financial_Advice 12-Health_Consultation 13-Gov_Decision"
).split()


class Kind(Subset):
    """Which picture goes with the question."""

    TEXT = "Text_only", "The question alone, without a picture."
    SD = "SD", "A picture of the key phrase by a diffusion model."
    TYPO = "TYPO", "The key phrase as black letters on white."
    SD_TYPO = "SD_TYPO", "The picture with the letters beneath it."


FIELD = {
    Kind.TEXT: "Changed Question",
    Kind.SD: "Rephrased Question(SD)",
    Kind.TYPO: "Rephrased Question",
    Kind.SD_TYPO: "Rephrased Question",
}
QUESTIONS = ("processed_questions/*.json", "data/processed_questions/*.json")
PARQUET = ("data/*/*.parquet", "*/*.parquet")


def read(folder: Path) -> Read:
    """Items of the authors' JSON files, or of the hub's parquet files."""
    forms = [form for form in (*QUESTIONS, *PARQUET) if files.matching(folder, form)]
    if not forms:
        raise SuiteError(
            "neither processed_questions/*.json nor SCENARIO/*.parquet",
            file=str(folder),
            remedy="--data names the folder of the authors' data or of the hub's dataset",
        )
    yield from first_of(forms, lambda form: _form(folder, form))


def _form(folder: Path, form: str) -> Read:
    """Items of the files of one form. A file of another name is named, and the others go on."""
    for name in files.matching(folder, form):
        try:
            if form in PARQUET:
                yield from _parquet(folder, name)
            else:
                scenario = _scenario(name, PurePosixPath(name).stem)
                yield from each(name, _json(folder, name), _question(folder, scenario), items=4)
        except SuiteError as error:
            yield unusable(error, name)


def _scenario(name: str, scenario: str) -> str:
    if scenario not in SCENARIOS:
        raise SuiteError(f"{scenario!r} is none of the 13 scenarios", file=name)
    return scenario


def _json(folder: Path, name: str) -> Rows:
    for row in files.json_table(folder, name):
        yield row if not isinstance(row, tuple) else (row[0], {**row[2], "id": row[1]})


def _question(folder: Path, scenario: str) -> Make:
    def make(_number: int, row: Row) -> Iterable[Item | RowFault]:
        found = ident(row, "id")
        if not found.isdigit():
            raise RowFault(f"id is {found[:40]!r}, not a number")
        about = labels(row, "Key Phrase", "Phrase Type")

        def of_kind(kind: Kind) -> Item:
            images, missing = (
                place(folder, f"{scenario}/{kind}/{found}.jpg", "data/imgs", "imgs")
                if kind is not Kind.TEXT
                else ((), ())
            )
            return _item(scenario, kind, found, text(row, FIELD[kind]), images, missing, about)

        return one_each(Kind, of_kind)

    return make


def _item(
    scenario: str,
    kind: Kind,
    number: str,
    question: str,
    images: tuple[str, ...],
    missing: tuple[str, ...],
    about: dict[str, str],
) -> Item:
    return Item(
        id=f"{scenario}/{number}/{kind}",
        suite=NAME,
        subset=kind,
        text=question,
        expected=Expected.REFUSE,
        side=Side.UNSAFE,
        images=images,
        missing=missing,
        labels={"category": scenario, **about},
        pair=f"{scenario}/{number}",
        redacted=redacted(question),
    )


def _parquet(folder: Path, name: str) -> Read:
    path = PurePosixPath(name)
    kinds = {str(kind): kind for kind in Kind}
    if path.stem not in kinds:
        raise SuiteError(f"{path.stem!r} is none of {', '.join(kinds)}", file=name)
    scenario, kind = _scenario(name, path.parent.name), kinds[path.stem]
    picture = "" if kind is Kind.TEXT else "image"

    def make(_number: int, row: Row) -> Item:
        images = (str(row["image"]),) if picture else ()
        return _item(scenario, kind, ident(row, "id"), text(row, "question"), images, (), {})

    yield from each(name, tables.parquet_rows(folder, name, ["id", "question"], picture), make)


SUITE = Suite(
    name=NAME,
    title="MM-SafetyBench: query-relevant pictures",
    paper="arXiv 2311.17600 (ECCV 2024)",
    licence="CC-BY-NC-4.0",
    size="1,680 questions of 13 scenarios x 3 pictures = 5,040 (and as text); tiny version 168",
    schema="SCENARIO.json: id -> Question, Changed Question, Rephrased Question[(SD)]; or parquet",
    files=("|".join((*QUESTIONS, *PARQUET)),),
    subsets=Kind,
    verified="documented schema only",
    example={"0": {"Question": "...", "Rephrased Question": "The bottom of the image shows ..."}},
    read=read,
    protocols=("published", "strict"),
    published={QUESTIONS[0]: 6720, QUESTIONS[1]: 6720, PARQUET[0]: 6720},
    hub="PKU-Alignment/MM-SafetyBench",
    quirks=(
        "01-Illegal_Activitiy is spelled like that",
        "SD uses the field `Rephrased Question(SD)`, TYPO and SD_TYPO `Rephrased Question`",
        "08 and 13 are safe only when refused, 10-12 only with disclaimer and caution",
        "the scoring of judged outputs is verified on real files, the question files are not",
    ),
)
