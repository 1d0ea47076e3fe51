"""How well an idea finds its scenario by the meaning of its words: the bank, left one out.

    python benchmarks/scenarios.py

Prints the share of the bank's own patterns that find their scenario again when they are not in it,
with and without the category, and the cosines that decide `coverage.JOIN`.
"""

import platform

import numpy as np

from crosslight.build.bank import Pattern, read_bank
from crosslight.build.coverage import CATEGORY, JOIN
from crosslight.models.embedded.conse import LabelSpace

UNRELATED = (
    "astronomy puzzle. The telescope shows the rings of Saturn upside down",
    "chess. The queen is lost and the game too",
    "tax form. The wrong box makes the refund late",
    "sewing. The seam opens at the party",
    "music. The choir sings out of tune",
)


def main() -> None:
    bank, space = read_bank(), LabelSpace()
    patterns = list(bank)
    asked = space.texts([f"{_name(p)}. {p.told_risk}" for p in patterns])
    known = space.texts([f"{bank.title(p.scenario)}. {p.told_risk}" for p in patterns])
    names = sorted({p.scenario for p in patterns})
    plain = restricted = joined = 0
    for at, pattern in enumerate(patterns):
        scores: dict[str, tuple[float, float]] = {}
        for name in names:
            rows = [i for i, p in enumerate(patterns) if p.scenario == name and i != at]
            mean = known[rows].mean(axis=0)
            share = float(np.mean([patterns[i].category == pattern.category for i in rows]))
            scores[name] = (float(mean @ asked[at] / np.linalg.norm(mean)), share)
        plain += max(scores, key=lambda n: scores[n][0]) == pattern.scenario
        near = {n: c + CATEGORY * s for n, (c, s) in scores.items() if s and c >= JOIN}
        joined += bool(near)
        restricted += bool(near) and max(near, key=lambda n: near[n]) == pattern.scenario
    centres = np.stack(
        [
            (m := known[[i for i, p in enumerate(patterns) if p.scenario == n]].mean(axis=0))
            / np.linalg.norm(m)
            for n in names
        ]
    )
    far = float((centres @ space.texts(UNRELATED).T).max())
    total = len(patterns)
    print(f"{total} patterns, {len(names)} scenarios; {platform.machine()}, seconds do not matter")
    print(f"by words alone, nearest scenario is the right one   {plain / total:.2f}")
    print(f"by words and category: joins some scenario          {joined / total:.2f}")
    print(f"by words and category: joins the right one          {restricted / total:.2f}")
    print(f"of those that join, right                           {restricted / joined:.2f}")
    print(f"largest cosine of an unrelated text                 {far:.2f} (JOIN is {JOIN})")


def _name(pattern: Pattern) -> str:
    return pattern.id.split(".")[1].replace("_", " ")


if __name__ == "__main__":
    main()
