"""What a guard is asked to read: sentences of the bank, and pairs of a build whose label is known.

Every sentence of the bank is harmless alone: people wrote it so, those of unsafe pairs as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from crosslight.build.bank import Bank
from crosslight.build.dataset import Run
from crosslight.build.forms import words_of
from crosslight.records import Kind, stable_id


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text that is harmless alone. Those of one pattern are alike, and count together."""

    text: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A text beside a photo, and what the build says of both."""

    text: str
    photo: str
    unsafe: bool


def bank_sentences(bank: Bank, most: int, seed: int) -> list[Sentence]:
    """Up to so many different ones, by the seed, in the order in which they are drawn."""
    every = {
        tuple(words_of(text)): Sentence(text, pattern.id)
        for pattern in bank
        for case in pattern.cases
        for text in (case.say, case.control.say)
    }
    order = {one: stable_id("calibrate", text=one.text, seed=seed) for one in every.values()}
    return sorted(order, key=order.__getitem__)[:most]


def pairs_of(run: Run, most: int, seed: int) -> list[Pair]:
    """Up to so many pairs, half of them unsafe where there are enough, by the seed."""
    every = dict.fromkeys(Pair(row.text, row.photo, row.kind == Kind.UNSAFE) for row in run.rows)
    unsafe = _drawn((one for one in every if one.unsafe), (most + 1) // 2, seed)
    safe = _drawn((one for one in every if not one.unsafe), most // 2, seed)
    return [*unsafe, *safe]


def _drawn(pairs: Iterable[Pair], most: int, seed: int) -> list[Pair]:
    order = {
        one: stable_id("calibrate", text=one.text, photo=one.photo, seed=seed) for one in pairs
    }
    return sorted(order, key=order.__getitem__)[:most]
