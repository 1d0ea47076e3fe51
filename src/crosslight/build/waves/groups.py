"""Names of groups that outlive a redrawing: who keeps an id, who merges, who splits."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from crosslight.build.waves.patterns import slug


def keep_ids(
    groups: Mapping[int, Sequence[tuple[str, int]]],
    titles: Mapping[int, str],
    taken: Collection[str],
) -> dict[int, str]:
    """The id of each group. `groups`: the earlier id ("" for none) and the count of each kind in
    it; `titles`: its central pattern; `taken`: ids that no group may have.

    An earlier id goes to the group that holds most of it: of a split scenario the largest part
    keeps it. Of two that merge the larger one's stays. A new group is called after its title.
    """
    claims = Counter[tuple[int, str]]()
    for group, kinds in groups.items():
        for old, count in kinds:
            if old and old not in taken:
                claims[group, old] += count
    ids: dict[int, str] = {}
    used = set(taken)
    for (group, old), _ in sorted(claims.items(), key=lambda c: (-c[1], c[0][1], titles[c[0][0]])):
        if group not in ids and old not in used:
            ids[group] = old
            used.add(old)
    used.update(old for _, old in claims)  # an id that merged away is not given to another
    for group in sorted(groups.keys() - ids.keys(), key=lambda g: (titles[g], g)):
        ids[group] = _free(slug(titles[group]), used)
        used.add(ids[group])
    return ids


def renamed(
    before: Mapping[int, str], after: Mapping[int, str], weight: Mapping[int, int]
) -> dict[str, str]:
    """Ids that are on no map any more, and where most of what they held is now."""
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, old in before.items():
        moved[old][after[kind]] += weight[kind]
    left = set(after.values())
    return {
        old: min(went, key=lambda new: (-went[new], new))
        for old, went in sorted(moved.items())
        if old and old not in left
    }


def _free(name: str, used: Collection[str]) -> str:
    number, free = 2, name
    while free in used:
        free, number = f"{name}_{number}", number + 1
    return free
