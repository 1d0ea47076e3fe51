"""Which rows a model can be trained on: their length in its own tokens, pictures included."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crosslight.records import Dropped, Failed
from crosslight.runs import Lost
from crosslight.tune.pictures import Pictures
from crosslight.tune.rows import TuneRow
from crosslight.tune.settings import Settings

TOO_LONG = "longer than max_length"
NOT_MIXED = "no picture, and TRL's GRPO takes none beside rows with pictures"
REFUSED = "the model's processor refuses it"
MARKS = (
    *("image", "video", "boi", "eoi", "fake_image", "vision_start", "vision_end"),
    *("start_image", "end_image", "context_image"),
)
"""Names of such tokens: of one family or another."""
SPECIAL = "its text holds the model's own mark for pictures"


@dataclass(frozen=True, slots=True)
class Fitting:
    """Rows with their lengths in tokens, and what was left out."""

    rows: tuple[TuneRow, ...]
    lengths: tuple[int, ...]
    lost: tuple[Lost, ...]

    @property
    def longest(self) -> TuneRow:
        """The row with the most tokens."""
        return self.rows[max(range(len(self.rows)), key=self.lengths.__getitem__)]


def fitting(
    rows: Sequence[TuneRow], processor: Any, pictures: Pictures, settings: Settings
) -> Fitting:
    """Count every row; leave out what is too long (with `too_long: drop`), what would forge a
    picture, and what the model's own processor or template refuses."""
    count, marks = Counter(processor, pictures), picture_marks(processor)
    kept: list[TuneRow] = []
    lengths: list[int] = []
    lost: list[Lost] = []
    for row in rows:
        if any(mark in row.texts for mark in marks):
            lost.append(Lost(Dropped("fit", SPECIAL), row.place, row=row.id))
            continue
        try:
            length = count(row)
        except Exception as error:
            # Processors and templates raise each their own: of a shape, of an order of turns.
            why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            lost.append(Lost(Failed("fit", f"{REFUSED}: {why}"), row.place, row=row.id))
            continue
        if length > settings.max_length and settings.too_long == "drop":
            long = Dropped("fit", TOO_LONG, f"{length:,} tokens")
            lost.append(Lost(long, row.place, row=row.id))
            continue
        kept.append(row)
        lengths.append(length)
    return Fitting(tuple(kept), tuple(lengths), tuple(lost))


def unmixed(fit: Fitting) -> Fitting:
    """For GRPO: TRL's breaks in a batch where some rows have pictures and others have none, so
    those without are left out where there are both."""
    seeing = [at for at, row in enumerate(fit.rows) if row.pictures]
    if len(seeing) in (0, len(fit.rows)):
        return fit
    lost = [
        Lost(Dropped("fit", NOT_MIXED), row.place, row=row.id)
        for row in fit.rows
        if not row.pictures
    ]
    return Fitting(
        tuple(fit.rows[at] for at in seeing),
        tuple(fit.lengths[at] for at in seeing),
        (*fit.lost, *lost),
    )


def picture_marks(processor: Any) -> tuple[str, ...]:
    """Special tokens that stand for pictures: text of a row must not hold them. (What Gemma3's
    processor takes for a picture is another one than what its tokenizer does.)"""
    known = (processor, processor.tokenizer)
    found = (getattr(one, f"{name}_token", None) for one in known for name in MARKS)
    return tuple(dict.fromkeys(str(token) for token in found if token))


class Counter:
    """Tokens of a row: its text by the tokenizer, its pictures by the processor's own rule."""

    def __init__(self, processor: Any, pictures: Pictures) -> None:
        self.processor, self.pictures = processor, pictures
        self.by_size: dict[tuple[int, int], int] = {}

    def __call__(self, row: TuneRow) -> int:
        """Tokens of the longer of its answers, with everything before it."""
        answers = [row.answer, *([row.rejected] if row.rejected else [])]
        return max(self._text(row, answer) for answer in answers) + sum(
            self._picture(sha) for sha in row.pictures
        )

    def _text(self, row: TuneRow, answer: str) -> int:
        turn = {"role": "assistant", "content": [{"type": "text", "text": answer}]}
        text = self.processor.apply_chat_template([*row.prompt, turn], tokenize=False)
        return len(self.processor.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _picture(self, sha: str) -> int:
        """Tokens that stand in place of the one mark."""
        size = self.pictures.size(sha)
        if size not in self.by_size:
            self.by_size[size] = self._measured(size) - 1
        return self.by_size[size]

    def _measured(self, size: tuple[int, int]) -> int:
        from PIL import Image

        blank = [Image.new("RGB", size)]
        content = [{"type": "image"}]
        text = self.processor.apply_chat_template(
            [{"role": "user", "content": content}], tokenize=False
        )
        if str(self.processor.image_token) not in text:
            return 1  # a template that loses pictures: the preflight refuses it with a row
        bare = len(self.processor.tokenizer(text, add_special_tokens=False)["input_ids"])
        out = self.processor(images=[blank], text=[text], add_special_tokens=False)
        return len(out["input_ids"][0]) - bare + 1
