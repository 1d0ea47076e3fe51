"""A row as the model is given it: its tokens as text, which are trained on, where pictures are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crosslight.tune.rows import TuneRow

IGNORED = -100
MOST_PIECES = 4000
"""Of one row on the page."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring tokens of one kind: text that is trained on or not, or a picture's."""

    kind: str
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class SeenAnswer:
    """One sequence: question, pictures and an answer. `labelled`: tokens that are trained on."""

    pieces: tuple[Piece, ...]
    tokens: int
    labelled: int


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row with its sequences; two for a pair, the better one first."""

    id: str
    place: str
    pictures: tuple[str, ...]
    answers: tuple[SeenAnswer, ...]
    picture_tokens: int
    pixels: bool

    def as_json(self) -> dict[str, Any]:
        """For preflight.json."""
        return {
            "id": self.id,
            "place": self.place,
            "pictures": list(self.pictures),
            "picture_tokens": self.picture_tokens,
            "answers": [
                {
                    "tokens": one.tokens,
                    "labelled": one.labelled,
                    "pieces": [[p.kind, p.text, p.tokens] for p in one.pieces[:MOST_PIECES]],
                }
                for one in self.answers
            ],
        }


def seen_row(row: TuneRow, batch: dict[str, Any], processor: Any) -> SeenRow:
    """Out of a batch of this row alone."""
    ids, attention = batch["input_ids"], batch["attention_mask"]
    if "completion_mask" in batch:
        labelled = batch["completion_mask"].bool()
    else:
        labelled = batch["labels"] != IGNORED
    token = image_id(processor)
    counted = attention.bool()
    answers = tuple(
        _answer(one[on].tolist(), label[on].tolist(), token, processor.tokenizer)
        for one, label, on in zip(ids, labelled, counted, strict=True)
    )
    return SeenRow(
        id=row.id,
        place=row.place,
        pictures=row.pictures,
        answers=answers,
        picture_tokens=int((ids[0] == token).sum()),
        pixels=any(name.startswith("pixel") for name in batch),
    )


def image_id(processor: Any) -> int:
    """The token that a picture's features take the place of. Gemma3's processor names another one,
    which opens a picture: the tokenizer knows better, where it knows."""
    found = getattr(processor.tokenizer, "image_token_id", None)
    if found is None:
        found = getattr(processor, "image_token_id", None)
    if found is None:
        found = processor.tokenizer.convert_tokens_to_ids(str(processor.image_token))
    return int(found)


def _answer(ids: Sequence[int], labelled: Sequence[bool], token: int, tokenizer: Any) -> SeenAnswer:
    kinds = [
        "picture" if one == token else "answer" if on else "text"
        for one, on in zip(ids, labelled, strict=True)
    ]
    pieces, begin = [], 0
    for at in range(1, len(ids) + 1):
        if at == len(ids) or kinds[at] != kinds[begin]:
            run = ids[begin:at]
            text = "" if kinds[begin] == "picture" else tokenizer.decode(run)
            pieces.append(Piece(kinds[begin], str(text), len(run)))
            begin = at
    return SeenAnswer(tuple(pieces), len(ids), sum(labelled))
