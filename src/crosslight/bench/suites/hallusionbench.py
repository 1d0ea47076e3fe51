"""HallusionBench: yes/no questions about illusions, charts and maps. An ability control.

Reported: accuracy of all questions (aAcc), of whole figures (fAcc), of whole pairs (qAcc).

Native: `HallusionBench.json`, a list of {category, subcategory, visual_input, set_id, figure_id,
sample_note, question_id, question, gt_answer_details, gt_answer (0/1), filename}. Pictures
`hallusion_bench/CATEGORY/SUBCATEGORY/SET_FIGURE.png`; `visual_input` 0 has none.
"""

from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import (
    Make,
    Row,
    RowFault,
    each,
    flag,
    ident,
    one_of,
    redacted,
    text,
)
from crosslight.bench.native.images import place

NAME = "hallusionbench"


class Part(Subset):
    """Whether the question needs its picture."""

    DEPENDENT = "VD", "Visual dependent: there is no answer without the picture."
    SUPPLEMENT = "VS", "Visual supplement: knowledge answers it; the picture may change the answer."


PARTS = {str(part): part for part in Part}


def read(folder: Path) -> Read:
    """Items of the question file."""
    name = files.find(folder, "HallusionBench.json")
    yield from each(name, files.json_rows(folder, name), _make(folder))


def _make(folder: Path) -> Make:
    def make(_number: int, row: Row) -> Item:
        part, kind = PARTS[one_of(row, "category", PARTS)], ident(row, "subcategory")
        keys = [ident(row, key) for key in ("set_id", "figure_id", "question_id")]
        picture = one_of(row, "visual_input", ("0", "1", "2")) != "0"
        if picture == (row.get("filename") is None):
            raise RowFault("visual_input and filename say different things")
        named = text(row, "filename") if picture else ""
        images, missing = place(folder, named, "hallusion_bench") if picture else ((), ())
        question = text(row, "question")
        return Item(
            id="-".join((part, kind, *keys)),
            suite=NAME,
            subset=part,
            text=question,
            expected=Expected.YES if flag(row, "gt_answer") else Expected.NO,
            side=Side.ABILITY,
            images=images,
            missing=missing,
            labels={
                "category": f"{part} {kind}",
                "visual_input": text(row, "visual_input"),
                "figure": f"{part}_{kind}_{keys[0]}_{keys[1]}",
                "question": f"{part}_{kind}_{keys[0]}_{keys[2]}",
                "figure_id": keys[1],
            },
            pair=f"{part}_{kind}_{keys[0]}_{keys[2]}",
            reference=text(row, "gt_answer_details"),
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="HallusionBench (ability control)",
    paper="arXiv 2310.14566 (CVPR 2024)",
    licence="BSD-3-Clause",
    size="1,129 questions",
    schema="json list: category, subcategory, visual_input, set_id, figure_id, question_id, ...",
    files=("HallusionBench.json",),
    subsets=Part,
    verified="real files",
    example={"category": "VS", "subcategory": "chart", "set_id": "0", "gt_answer": "0"},
    read=read,
    protocols=("published", "strict"),
    published={"HallusionBench.json": 1129},
    quirks=(
        "178 questions have no picture (filename null)",
        "the authors' judge looks for `incorrect` and then for `correct` anywhere in the verdict",
    ),
)
