"""Does the small text model word things better than the bank's own phrasings?

    python benchmarks/rewording.py [--rows 40]

Asks `embedded:words` (491 MB, fetched once) to reword phrasings of the bank, and counts what passes
the bounds of the design: other words, close in meaning, the element not named, still pointing at
the picture. The bank's own further phrasings are counted by the same bounds. Prints every pair, so
that a person can read them.
"""

import argparse
import asyncio
import platform
import re
import time
from dataclasses import dataclass

from crosslight.build.bank import Pattern, read_bank
from crosslight.models.embedded.conse import LabelSpace
from crosslight.models.message import user
from crosslight.models.protocol import Model, Sampling
from crosslight.models.spec import parse
from crosslight.records import stable_id
from crosslight.text.naming import names_element, stems

CLOSE = 0.6
"""Cosine of word vectors: most of the bank's own siblings lie below it, since people vary more."""
POINTS = re.compile(
    r"\b(this|these|that|those|it|its|here|there|one|ones|she|her|he|him|them|they)\b",
    re.IGNORECASE,
)
ASK = (
    "Say this in other words. Keep the meaning, the person and the tense. Answer with one sentence "
    "only.\n\n{text}"
)


@dataclass(frozen=True)
class Pair:
    """A phrasing and another wording of it."""

    pattern: Pattern
    text: str
    other: str

    def faults(self, likeness: float) -> list[str]:
        """What breaks the bounds."""
        found = []
        if stems(self.text) == stems(self.other):
            found.append("same words")
        if names_element(self.other, self.pattern.element.words):
            found.append("names the element")
        if not POINTS.search(self.other):
            found.append("does not point at the picture")
        if not 12 <= len(self.other) <= 280:
            found.append("length")
        if likeness < CLOSE:
            found.append("other meaning")
        return found


async def reworded(model: Model, rows: list[tuple[Pattern, str]]) -> list[Pair]:
    """The small model's wordings."""
    pairs = []
    for pattern, text in rows:
        ask = user(ASK.format(text=text))
        answer = await model.generate([ask], task="reword", sampling=Sampling(max_tokens=80))
        first = answer.text.strip().splitlines()[0].strip().strip('"')
        pairs.append(Pair(pattern, text, first))
    return pairs


def report(name: str, pairs: list[Pair], space: LabelSpace, *, show: bool) -> None:
    left, right = space.texts([p.text for p in pairs]), space.texts([p.other for p in pairs])
    likeness = (left * right).sum(axis=1)
    faults = [p.faults(float(c)) for p, c in zip(pairs, likeness, strict=True)]
    if show:
        for pair, wrong in zip(pairs, faults, strict=True):
            print(f"- {pair.text}\n  {pair.other}  [{', '.join(wrong) or 'passes'}]")
    kinds = sorted({kind for wrong in faults for kind in wrong})
    counts = ", ".join(f"{kind} {sum(kind in w for w in faults)}" for kind in kinds)
    structural = sum(not [k for k in w if k != "other meaning"] for w in faults)
    print(
        f"{name}: {sum(not w for w in faults)} of {len(pairs)} pass, {structural} without the test "
        f"of closeness; median cosine {sorted(likeness)[len(pairs) // 2]:.2f}; {counts}"
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=40)
    rows_wanted = parser.parse_args().rows
    patterns = sorted(read_bank(), key=lambda p: stable_id("rewording", pattern=p.id))
    rows = [(p, p.cases[0].say) for p in patterns][:rows_wanted]
    model = await parse("embedded:words").open()
    begun = time.perf_counter()
    pairs = await reworded(model, rows)
    seconds = (time.perf_counter() - begun) / len(rows)
    await model.aclose()
    space = LabelSpace()
    report("small model", pairs, space, show=True)
    siblings = [Pair(p, text, p.cases[1].say) for p, text in rows]
    report("bank's second phrasing", siblings, space, show=False)
    print(f"{seconds:.1f} s a wording, {platform.machine()}, {platform.processor() or 'CPU'}")


if __name__ == "__main__":
    asyncio.run(main())
