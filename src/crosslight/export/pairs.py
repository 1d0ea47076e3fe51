"""What a run of prefer found, in sections that both its card and its page show."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

from crosslight.prefer import PairRow, PairsRun, needs_picture
from crosslight.records import RequestSide
from crosslight.runs import read_run
from crosslight.stats import TOO_TELLING, PairAudit, PairTexts, RightShare, audit_pairs
from crosslight.text import plural

SHARED = "sections"
"""Of `run.json`: sections that the run itself wrote, of annotators, guards and responders."""
_MOST_SECTIONS, _MOST_ROWS = 40, 200


@dataclass(frozen=True, slots=True)
class PairSection:
    """A part of the card. `loud`: sentences that must not be overlooked."""

    title: str
    text: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    loud: tuple[str, ...] = ()


def kinds_told(row: PairRow) -> str:
    """What was chosen over what."""
    return " over ".join(kind.replace("_", " ") or "unknown" for kind in row.kinds)


def audit_run_of_pairs(run: PairsRun, *, most: int = 1_000, seed: int = 0) -> PairAudit:
    """The shortcut audit of a run: patterns (or photos) held out."""
    texts = (
        PairTexts(
            row.question,
            row.chosen,
            row.rejected,
            row.cluster or row.pattern or row.photo,
            kinds_told(row),
            bool(row.mirror_of),
        )
        for row in run.rows
    )
    return _audited(tuple(texts), most, seed)


@lru_cache(maxsize=2)
def _audited(texts: tuple[PairTexts, ...], most: int, seed: int) -> PairAudit:
    """The card and the page of a run ask one after the other."""
    return audit_pairs(texts, most=most, seed=seed)


def share_told(share: RightShare) -> str:
    """A share with its interval, for people."""
    if share.value is None or share.low is None or share.high is None:
        return f"unknown: {share.reason}"
    return f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})"


def pair_warnings(found: PairAudit) -> tuple[str, ...]:
    """What tells too much, and what to do."""
    if not found.loud:
        return ()
    named = ", ".join(f"{rule.title} {rule.whole.value:.2f}" for rule in found.loud)
    remedy = MORE_MIRRORS if found.mirrored else NO_MIRRORS
    return (
        f"The replies alone tell the better one in more than {TOO_TELLING:.0%} of the "
        f"pairs: {named}. A model can learn this instead of looking. Remedy: {remedy}.",
    )


MORE_MIRRORS = (
    "more pairs with a mirror, or a smaller --unmirrored; photos in which the same sentences are "
    "harmless make mirrors"
)
NO_MIRRORS = (
    "pairs with a mirror, as those of a build have one; or, of models, replies that differ in what "
    "they say and not in who says it (--draw item, or more responders)"
)


def pair_sections(run: PairsRun) -> list[PairSection]:
    """All of the card's figures, in the order in which a buyer asks for them."""
    told = read_run(run.folder)
    own = _own_sections(told)
    parts = [_pairs(run.rows), _shortcuts(audit_run_of_pairs(run)), _graph(run.rows)]
    parts += own or [_not_asked()]
    parts += [_refusals(run.rows), _outcomes(run, told), _distinct(run.rows), _authors(run.rows)]
    return parts


def _pairs(rows: Sequence[PairRow]) -> PairSection:
    needed = sum(needs_picture(rows))
    sides = Counter(row.side for row in rows)
    caution = sum(n for side, n in sides.items() if side != RequestSide.HARMLESS)
    text = (
        f"{plural(len(rows), 'pair')}, {needed:,} of which need the picture: the same question "
        "and the same two replies stand beside another photo with their roles changed. "
        f"{sum(bool(r.mirror_of) for r in rows):,} stand in a mirror of any sort. "
        f"Pairs that teach caution : pairs that teach helpfulness = {caution:,} : "
        f"{sides[RequestSide.HARMLESS]:,}."
    )
    counts = Counter((kinds_told(row), row.side) for row in rows)
    named = tuple(sorted(sides))
    kinds = sorted({kind for kind, _ in counts})
    table = [
        (
            kind,
            *(f"{counts[kind, side]:,}" for side in named),
            f"{sum(bool(r.mirror_of) for r in rows if kinds_told(r) == kind):,}",
        )
        for kind in kinds
    ]
    columns = ("chosen over rejected", *(side.replace("_", " ") for side in named), "in a mirror")
    return PairSection("Pairs", text, columns, tuple(table))


def _shortcuts(found: PairAudit) -> PairSection:
    sampled = (
        f" Of {found.of:,} pairs {found.pairs:,} were looked at." if found.pairs < found.of else ""
    )
    text = (
        "The share of pairs that a rule without the picture gets right; one half is chance. What "
        "is learned was learned on other patterns (or photos). In a mirror by photo the question "
        "and both replies are the same, so nothing but the picture can tell. In a mirror by text "
        "the question may: then that is what is to be learned." + sampled
    )
    columns = ("pairs", "number", *(rule.title for rule in found.rules))
    parts = [
        ("all", [rule.whole for rule in found.rules]),
        ("in a mirror", [rule.mirrored for rule in found.rules]),
        ("without a mirror", [rule.unmirrored for rule in found.rules]),
    ]
    for at, (kind, _) in enumerate(found.rules[0].kinds):
        parts.append((kind, [rule.kinds[at][1] for rule in found.rules]))
    rows = [(name, f"{shares[0].pairs:,}", *map(share_told, shares)) for name, shares in parts]
    return PairSection(
        "Can it be solved without the picture?", text, columns, tuple(rows), pair_warnings(found)
    )


def _graph(rows: Sequence[PairRow]) -> PairSection:
    """What beats what: without a circle, one order of kinds would be right everywhere."""
    apart = [row.kinds for row in rows if row.chosen_kind != row.rejected_kind]
    if not apart:
        return PairSection("What beats what", "In no pair are the two replies of different kinds.")
    edges = set(apart)
    both = sorted({tuple(sorted(edge)) for edge in edges if edge[::-1] in edges})
    if both:
        told = ", ".join(f"{a} and {b}".replace("_", " ") for a, b in both)
        return PairSection("What beats what", f"Each of these beats the other somewhere: {told}.")
    if circle := _circle(edges):
        return PairSection("What beats what", f"There is a circle: {circle}.")
    loud = (
        "What beats what has no circle: a fixed order of kinds of reply, told by style, is right "
        f"on every pair of two kinds ({len(apart):,} of {len(rows):,})."
    )
    return PairSection("What beats what", "No kinds of reply beat each other.", loud=(loud,))


def _circle(beats: set[tuple[str, str]]) -> str:
    """A circle of three kinds or more; empty where there is none. In order: a card is the same
    each time."""
    worse: dict[str, list[str]] = {}
    for better, other in sorted(beats):
        worse.setdefault(better, []).append(other)
    try:
        TopologicalSorter(worse).prepare()
    except CycleError as error:
        # Each one beats the one before it.
        return " over ".join(kind.replace("_", " ") for kind in reversed(error.args[1]))
    return ""


def _refusals(rows: Sequence[PairRow]) -> PairSection:
    columns = ("side", "pairs", "refusal chosen", "refusal rejected", "not known")
    table = []
    for side in sorted({row.side for row in rows}):
        among = [row for row in rows if row.side == side]
        chosen = sum((row.chosen_refuses or 0.0) >= 0.5 for row in among)
        rejected = sum((row.rejected_refuses or 0.0) >= 0.5 for row in among)
        unknown = sum(None in (row.chosen_refuses, row.rejected_refuses) for row in among)
        cells = (len(among), chosen, rejected, unknown)
        table.append((side.replace("_", " "), *(f"{n:,}" for n in cells)))
    text = "A model that is taught to refuse refuses what is harmless as well."
    return PairSection("Refusals", text, columns, tuple(table))


def _outcomes(run: PairsRun, told: Mapping[str, Any]) -> PairSection:
    account = told.get("account")
    counts = account if isinstance(account, dict) else {}
    named = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts.items())
    rows = [
        (one.step, one.reason.replace("_", " "), "dropped", f"{one.count:,}") for one in run.dropped
    ] + [(one.step, one.reason.replace("_", " "), "failed", f"{one.count:,}") for one in run.failed]
    text = (
        f"Of the inputs: {named or 'unknown'}. An input can give several pairs and lose others, so "
        "the table counts more than inputs. Nothing in it counts as safe or unsafe."
    )
    return PairSection(
        "What was left out", text, ("step", "why", "how it ended", "number"), tuple(rows)
    )


def _distinct(rows: Sequence[PairRow]) -> PairSection:
    once = len({(row.chosen, row.rejected, row.photo) for row in rows})
    counts = Counter(row.chosen for row in rows)
    rejected, asked, photos, clusters = (
        len({getattr(row, name) for row in rows})
        for name in ("rejected", "question", "photo", "cluster")
    )
    text = (
        f"{len(counts):,} distinct chosen and {rejected:,} distinct rejected replies, {asked:,} "
        f"questions, {photos:,} photos, {clusters:,} patterns or clusters. The most frequent "
        f"chosen reply stands in {plural(max(counts.values(), default=0), 'pair')}; {once:,} of "
        f"{len(rows):,} pairs differ in photo or replies. What repeats is weight, not data."
    )
    return PairSection("How much is distinct", text)


def _authors(rows: Sequence[PairRow]) -> PairSection:
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found[row.chosen_by, row.chosen_kind] += 1
        found[row.rejected_by, row.rejected_kind] += 1
    table = [(by, kind.replace("_", " "), f"{n:,}") for (by, kind), n in sorted(found.items())]
    decided = Counter(f"{row.basis} ({row.decided_by or 'not stated'})" for row in rows)
    told = ", ".join(f"{name}: {n:,}" for name, n in sorted(decided.items()))
    ours = {"bank", "prefer"} & {by for by, _ in found}
    leaves = {row.category or row.leaf for row in rows} - {""}
    text = (
        f"Replies by author. {OURS if ours else ''}By what the chosen reply is better: {told}. "
        f"{plural(len(leaves), 'kind')} of harm."
    )
    return PairSection("Who wrote what", text, ("author", "kind", "replies"), tuple(table))


OURS = (
    "Those of bank and of prefer are texts that come with Crosslight: language models wrote them, "
    "a program checks them. "
)


def _not_asked() -> PairSection:
    text = (
        "No model was asked: no responder, no guard, no annotator. So there is no agreement, no "
        "position or length bias, no win matrix and no error of an annotator to report."
    )
    return PairSection("Annotator, guard and responders: not asked", text)


def _own_sections(told: Mapping[str, Any]) -> list[PairSection]:
    """Sections that the run wrote into `run.json`, read as those of a stranger."""
    found = told.get(SHARED)
    sections = []
    for one in found[:_MOST_SECTIONS] if isinstance(found, list) else ():
        if not isinstance(one, dict) or not one.get("title"):
            continue
        rows = one.get("rows")
        cells = [_texts(row) for row in rows[:_MOST_ROWS]] if isinstance(rows, list) else []
        sections.append(
            PairSection(
                str(one["title"]),
                str(one.get("text", "")),
                _texts(one.get("columns")),
                tuple(cells),
                _texts(one.get("loud")),
            )
        )
    return sections


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, Iterable) and isinstance(value, list) else ()
