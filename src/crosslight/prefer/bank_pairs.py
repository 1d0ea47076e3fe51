"""Pairs out of a build's own replies, so mixed that replies alone cannot tell the better one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from crosslight.prefer.built import Built, BuiltRow
from crosslight.prefer.candidates import STEP, Candidates, Mirror, candidates_of
from crosslight.prefer.config import RECIPE_VERSION, PreferConfig
from crosslight.prefer.dataset import PairRow, pair_row
from crosslight.prefer.replies import BY
from crosslight.prefer.splits import split_clusters
from crosslight.records import Dropped, Preference, Reply, ReplyKind, stable_id
from crosslight.runs import Lost

OURS = ("bank", BY)
"""Authors whose replies come with Crosslight."""


@dataclass(frozen=True, slots=True)
class BankPairs:
    """The pairs, what was left out, and how many families gave one."""

    rows: tuple[PairRow, ...]
    lost: tuple[Lost, ...]
    families: int
    finished: int
    ends: tuple[Dropped, ...]
    """Of each family that gave none."""


def pairs_of(built: Built, config: PreferConfig, limit: int | None = None) -> BankPairs:
    """All pairs of a build. The same rows and settings give the same pairs."""
    families = built.families
    if limit is not None:
        order = sorted(families, key=lambda f: _order(config.seed, "sample", f.id))
        kept = {family.id for family in order[:limit]}
        families = tuple(family for family in families if family.id in kept)
    found = [candidates_of(family, config.seed) for family in families]
    mix = _Mix(config)
    mix.add_mirrors(found)
    mix.add_single(found)
    rows = _finished(built, mix.pairs, config.seed)
    given = {pair.parent for pair in mix.pairs}
    lost, ends = list[Lost](), list[Dropped]()
    for one in found:
        reasons = [*one.lost, *mix.left_out(one)]
        first = one.family.rows[0]
        lost += [Lost(reason, first.source, first.photo, one.family.id) for reason in reasons]
        if not given & {row.id for row in one.family.rows}:
            ends.append(reasons[0] if reasons else Dropped(STEP, "no_reply", "no second reply"))
            if not reasons:
                lost.append(Lost(ends[-1], first.source, first.photo, one.family.id))
    return BankPairs(rows, tuple(lost), len(families), len(families) - len(ends), tuple(ends))


class _Mix:
    """Takes pairs as long as their caps have room."""

    def __init__(self, config: PreferConfig) -> None:
        self._config = config
        self._taken: dict[str, Preference] = {}
        self._left: dict[str, list[Dropped]] = {}

    @property
    def pairs(self) -> tuple[Preference, ...]:
        """What was taken, in order."""
        return tuple(self._taken.values())

    def left_out(self, one: Candidates) -> Sequence[Dropped]:
        """Why pairs of a family were not taken."""
        return self._left.get(one.family.id, ())

    def add_mirrors(self, found: Sequence[Candidates]) -> None:
        """All by photo; by text so many of a pattern; by refusal one of a pattern, under a cap."""
        for one, mirror in _mirrors(found, "photo"):
            self._take(one, mirror.pairs)
        by_text: Counter[str] = Counter()
        for one, mirror in self._shuffled(found, "text"):
            if by_text[one.family.group] >= self._config.text_mirrors:
                self._leave(one, "enough_text_mirrors", "the pattern has as many as are wanted")
            elif self._take(one, mirror.pairs):
                by_text[one.family.group] += 1
        # Half of a refusal's mirrors choose it: n of len + 2n pairs.
        share = self._config.refusals
        room = int(share * len(self._taken) / (1 - 2 * share) + 1e-9) if share < 0.5 else len(found)
        seen: set[str] = set()
        for one, mirror in self._shuffled(found, "refusal"):
            if one.family.group in seen:
                self._leave(one, "enough_refusals", "one mirror with a refusal for each pattern")
            elif len(seen) >= room:
                told = f"at most {share:.0%} of the pairs choose a refusal"
                self._leave(one, "enough_refusals", told)
            elif self._take(one, mirror.pairs):
                seen.add(one.family.group)

    def add_single(self, found: Sequence[Candidates]) -> None:
        """Pairs without a mirror: each pattern and kind in turn, as long as there is room."""
        share = self._config.unmirrored
        room = len(self._taken) * share / (1 - share) if share < 1 else float("inf")
        every = [(one, pair) for one in found for pair in one.single]
        taken = 0
        for one, pair in self._in_turn(every):
            if taken + 1 > room + 1e-9:
                told = f"at most {share:.0%} of the pairs stand without a mirror"
                self._leave(one, "enough_unmirrored", f"{_kinds(pair)}: {told}")
            elif self._take(one, (pair,)):
                taken += 1

    def _in_turn(
        self, every: Iterable[tuple[Candidates, Preference]]
    ) -> list[tuple[Candidates, Preference]]:
        """The first of each pattern and kind, then the second of each, ...; chance by the seed.

        Those over a refusal, which style gives away at once, come a turn later.
        """
        shuffled = sorted(every, key=lambda e: _order(self._config.seed, "single", e[1].id))
        counts: Counter[tuple[str, str]] = Counter()
        turns = []
        for at, (one, pair) in enumerate(shuffled):
            key = (one.family.group, _kinds(pair))
            turns.append((counts[key] + (pair.rejected.kind is ReplyKind.REFUSAL), at))
            counts[key] += 1
        return [shuffled[at] for _, at in sorted(turns)]

    def _shuffled(self, found: Sequence[Candidates], how: str) -> list[tuple[Candidates, Mirror]]:
        return sorted(
            _mirrors(found, how), key=lambda m: _order(self._config.seed, how, m[1].one.id)
        )

    def _take(self, one: Candidates, pairs: Sequence[Preference]) -> bool:
        """All of them, or none where one is there already."""
        if any(pair.id in self._taken for pair in pairs):
            self._leave(one, "duplicate_pair", "photo, question and replies of an earlier pair")
            return False
        self._taken |= {pair.id: pair for pair in pairs}
        return True

    def _leave(self, one: Candidates, reason: str, detail: str) -> None:
        self._left.setdefault(one.family.id, []).append(Dropped(STEP, reason, detail))


def _mirrors(found: Sequence[Candidates], how: str) -> Iterator[tuple[Candidates, Mirror]]:
    return ((one, mirror) for one in found for mirror in one.mirrors if mirror.how == how)


def _kinds(pair: Preference) -> str:
    return f"{pair.chosen.kind} over {pair.rejected.kind}"


def _order(seed: int, *parts: str) -> str:
    """A pseudo-random but stable sort key."""
    return stable_id("order", seed=seed, parts=list(parts))


def _finished(built: Built, pairs: Sequence[Preference], seed: int) -> tuple[PairRow, ...]:
    """Rows with their splits and what the build knows of their photos."""
    by_id = {row.id: row for family in built.families for row in family.rows}
    mirrored = {pair.cluster for pair in pairs if pair.mirror_of}
    splits = split_clusters({p.cluster: p.cluster in mirrored for p in pairs}, seed)
    return tuple(_row(replace(p, split=splits[p.cluster]), by_id[p.parent]) for p in pairs)


def _row(pair: Preference, row: BuiltRow) -> PairRow:
    made = pair_row(
        pair,
        source=row.source,
        licence=row.licence,
        origin=row.origin,
        recipe=RECIPE_VERSION,
        thing=row.element,
        chosen_refuses=_refuses(pair.chosen),
        rejected_refuses=_refuses(pair.rejected),
    )
    return replace(made, provenance=row.provenance)


def _refuses(reply: Reply) -> float | None:
    """Known of texts of ours, which were written as a refusal or as none; of a model's reply the
    build says no more than that it is no bare one."""
    return float(reply.kind is ReplyKind.REFUSAL) if reply.by in OURS else None
