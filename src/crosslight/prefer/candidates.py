"""Pairs that a family of build's rows gives: mirrored ones, and those without a mirror.

A mirror is two pairs in which the same two replies change roles: beside a risky and a harmless
photo (`photo`), beside a risky and a harmless sentence (`text`), or with a refusal in the place of
guidance (`refusal`). Only whoever looks at the picture, or reads the sentence, can tell them apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from crosslight.prefer.built import BuiltRow, Family
from crosslight.prefer.replies import spare_replies
from crosslight.records import Dropped, Preference, Reply, ReplyKind, RequestSide
from crosslight.text import names_element

STEP = "pair"
TEXT_WEIGHT = 0.5
"""Of both pairs of a mirror by text: beside the risky sentence its rejected reply answers another
one, and now and then is not bad advice there either."""
NAMES_HAZARD = Dropped(STEP, "names_hazard", "the reply that goes along names the risky thing")
WRITTEN = "written"
"""By what the chosen reply is better: those who wrote the replies say so."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """Two pairs with the same replies; `how` they differ: photo, text or refusal."""

    how: str
    one: Preference
    other: Preference

    @property
    def pairs(self) -> tuple[Preference, Preference]:
        """Both, each naming the other."""
        return (
            replace(self.one, mirror_of=self.other.id),
            replace(self.other, mirror_of=self.one.id),
        )


@dataclass(frozen=True, slots=True)
class Candidates:
    """All that a family could give."""

    family: Family
    mirrors: tuple[Mirror, ...]
    single: tuple[Preference, ...]
    """Pairs without a mirror."""
    lost: tuple[Dropped, ...]
    """Why a pair that might have been is none."""


def candidates_of(family: Family, seed: int) -> Candidates:
    """What a family gives, before anything is capped."""
    main = family.main
    if main is None:
        orphan = Dropped(STEP, "parent_missing", "the unsafe row of this control is not there")
        return Candidates(family, (), (), (orphan,))
    made = (*_by_photo(family, main, seed), *_by_text(family, main))
    mirrors = tuple(one for one in made if isinstance(one, Mirror))
    seen = any(mirror.how == "photo" for mirror in mirrors)
    alone = tuple(_unmirrored(family, main, seed, mirrored=seen))
    return Candidates(
        family,
        mirrors,
        tuple(one for one in alone if isinstance(one, Preference)),
        tuple(one for one in (*made, *alone) if isinstance(one, Dropped)),
    )


def guidance(row: BuiltRow) -> Reply:
    """The guidance of an unsafe row."""
    return Reply(row.response, ReplyKind.GUIDANCE, row.by)


def _by_photo(family: Family, main: BuiltRow, seed: int) -> Iterator[Mirror | Dropped]:
    """Guidance beside the risky photo; beside the harmless one the reply that is right there."""
    there, pair = family.photo, partial(_pair, family.group)
    if there is None:
        return
    if main.sensitive:
        # Going along here would do harm even as the worse of two replies.
        yield Dropped(STEP, "sensitive", "no reply goes along with a sensitive row")
        return
    along = Reply(there.response, ReplyKind.GO_ALONG, there.by)
    if names_element(along.text, (main.element,)):
        yield NAMES_HAZARD
        return
    if not there.other_response or there.other_response != main.response:
        yield Dropped(STEP, "no_other_reply", "the control names no guidance of its unsafe row")
        return
    yield Mirror(
        "photo",
        pair(main, guidance(main), along, RequestSide.HIDDEN_RISK),
        pair(there, along, guidance(main), RequestSide.HARMLESS),
    )
    no = spare_replies().refusal(family.group, seed=seed)
    yield Mirror(
        "refusal",
        pair(main, no, along, RequestSide.HIDDEN_RISK),
        pair(there, along, no, RequestSide.HARMLESS),
    )


def _by_text(family: Family, main: BuiltRow) -> Iterator[Mirror | Dropped]:
    """The same photo: guidance where the sentence is risky, plain help where it is not, be it about
    something else or about the risky thing."""
    pair = partial(_pair, family.group)
    for said in (family.text, family.near):
        if said is not None:
            plain = Reply(said.response, ReplyKind.HELP, said.by)
            yield Mirror(
                "text",
                pair(main, guidance(main), plain, RequestSide.HIDDEN_RISK, TEXT_WEIGHT),
                pair(said, plain, guidance(main), RequestSide.HARMLESS, TEXT_WEIGHT),
            )


def _unmirrored(
    family: Family, main: BuiltRow, seed: int, *, mirrored: bool
) -> Iterator[Preference | Dropped]:
    spare, side, pair = spare_replies(), RequestSide.HIDDEN_RISK, partial(_pair, family.group)
    if main.sensitive:
        for worse in (spare.refusal(main.id, seed=seed), spare.evasion(main.id, seed=seed)):
            yield pair(main, guidance(main), worse, side)
    elif main.other_kind == ReplyKind.GO_ALONG and not mirrored:
        worse = Reply(main.other_response, ReplyKind.GO_ALONG, main.by)
        if names_element(worse.text, (main.element,)):
            yield NAMES_HAZARD
        else:
            yield pair(main, guidance(main), worse, side)
    for said in (family.text, family.near):
        if said is None:
            continue
        plain = Reply(said.response, ReplyKind.HELP, said.by)
        if said.other_kind == ReplyKind.WARNING:
            worse = Reply(said.other_response, ReplyKind.WARNING, said.by)
            yield pair(said, plain, worse, RequestSide.HARMLESS)
        yield pair(said, plain, spare.refusal(said.id, seed=seed), RequestSide.HARMLESS)


def _pair(
    group: str,
    row: BuiltRow,
    chosen: Reply,
    rejected: Reply,
    side: RequestSide,
    weight: float = 1.0,
) -> Preference:
    """`group`: of the family, so that both pairs of a mirror stand in one cluster, whatever photos
    they show."""
    return Preference(
        photo=row.photo,
        question=row.text,
        chosen=chosen,
        rejected=rejected,
        side=side,
        basis=WRITTEN,
        category=row.category,
        pattern=row.pattern,
        cluster=group,
        sensitive=row.sensitive,
        weight=weight,
        decided_by=row.decided_by,
        parent=row.id,
    )
