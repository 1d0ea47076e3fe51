"""How well ideas find their scenario by the meaning of their words, measured on the bank.

    python benchmarks/scenarios.py

Takes the bank's patterns as if a model had named them. Prints how its 29 scenarios come out of the
clustering, how many patterns would be taken for another's paraphrase, how ideas join a scenario
that the bank holds (half of its patterns taken out), and how those join that it does not hold
(five scenarios taken out: to join is then wrong).
"""

import numpy as np

from crosslight.build.bank import Bank, Pattern, read_bank
from crosslight.build.waves import cluster as clustering
from crosslight.build.waves.fixed import JOIN, FixedPoints
from crosslight.build.waves.patterns import SAME, told, unit
from crosslight.models.embedded.conse import LabelSpace

TURNS = 10
PARAPHRASES = (
    ("hot drink near the table edge. A child pulls the hot drink down and is scalded",
     "hot coffee at table edge. A toddler could pull the cup down and burn itself"),
    ("lilies and a cat. Lilies are deadly poisonous to cats",
     "toxic bouquet for the cat. The cat may chew on the lilies and suffer kidney failure"),
    ("rest at cliff edge. Someone may fall off the cliff",
     "picnic on the brink. A person sitting at the edge can slip and fall deep"),
    ("charging the phone in bath. electric shock in the water",
     "phone charger by the bathtub. The phone falls into the bath and electrocutes someone"),
    ("grill on a balcony. Carbon monoxide and fire indoors",
     "barbecue in enclosed space. Fumes of the grill poison people and it can start a fire"),
    ("posting a boarding pass. A stranger takes over the booking",
     "sharing ticket code online. Strangers use the barcode to change the flight"),
)  # fmt: skip


def main() -> None:
    from sklearn.metrics import completeness_score, homogeneity_score

    bank, space = read_bank(), LabelSpace()
    patterns = list(bank)
    vectors = space.texts([told(_name(p), p.told_risk) for p in patterns])
    scenarios = [p.scenario for p in patterns]
    categories = [p.category for p in patterns]
    print(f"{len(patterns)} patterns of {len(set(scenarios))} scenarios")
    for weight, apart in ((0.0, 0.76), (clustering.CATEGORY, clustering.APART)):
        clustering.CATEGORY, clustering.APART = weight, apart
        groups = clustering.cluster(vectors, categories)
        print(
            f"category {weight}, apart {apart}: {len(set(groups))} groups, "
            f"homogeneity {homogeneity_score(scenarios, groups):.2f}, "
            f"completeness {completeness_score(scenarios, groups):.2f}"
        )
    likeness = vectors @ vectors.T - np.eye(len(patterns))
    same = np.equal.outer(np.array(categories), np.array(categories))
    near = ((likeness >= SAME) & same).any(axis=1).mean()
    print(f"patterns with another of their category at SAME ({SAME}): {near:.1%}")
    first, second = (space.texts([pair[at] for pair in PARAPHRASES]) for at in (0, 1))
    found = int(((first * second).sum(axis=1) >= SAME).sum())
    print(f"paraphrases at SAME: {found} of {len(PARAPHRASES)}")
    dice = np.random.default_rng(0)
    for what in ("half of the patterns", "five scenarios"):
        turns = [_join(bank, patterns, vectors, space, what, dice) for _ in range(TURNS)]
        held, joined, right = np.sum(turns, axis=0)
        share = f", right of those {right / joined:.0%}" if what.startswith("half") else ""
        print(f"{what} taken out: {joined / held:.0%} join at JOIN ({JOIN}){share}")


def _join(
    bank: Bank, patterns: list[Pattern], vectors: np.ndarray, space: LabelSpace,
    what: str, dice: np.random.Generator,
) -> tuple[int, int, int]:  # fmt: skip
    """Patterns taken out; of them those in groups that joined a scenario, and rightly so."""
    names = [s.scenario for s in bank.scenarios]
    gone = set(dice.choice(names, 5, replace=False)) if what.startswith("five") else set()
    out = [p.scenario in gone if gone else bool(dice.random() < 0.5) for p in patterns]
    kept = {p.id for p, taken in zip(patterns, out, strict=True) if not taken}
    rest = [
        s.model_copy(update={"patterns": mine})
        for s in bank.scenarios
        if (mine := tuple(p for p in s.patterns if p.id in kept))
    ]
    fixed = FixedPoints(Bank(tuple(rest)), space.texts)
    rows = np.flatnonzero(out)
    groups = clustering.cluster(vectors[rows], [patterns[row].category for row in rows])
    joined = right = 0
    for group in set(groups):
        members = rows[groups == group]
        mean = unit(vectors[members].sum(axis=0))
        name = fixed.near(mean, [patterns[row].category for row in members])
        joined += len(members) if name else 0
        right += sum(patterns[row].scenario == name for row in members)
    return len(rows), joined, right


def _name(pattern: Pattern) -> str:
    return pattern.id.split(".")[1].replace("_", " ")


if __name__ == "__main__":
    main()
