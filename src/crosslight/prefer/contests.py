"""From graded replies to the contests that an annotator is asked about; made in one piece, when
all replies are graded, since groups depend on all of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crosslight.prefer.annotate.contest import Contest
from crosslight.prefer.annotate.probes import Reply, probes
from crosslight.prefer.answered import Answered, Item, Responder
from crosslight.prefer.asking import AskConfig
from crosslight.prefer.draw import Candidate, DrawBy, draw_pair
from crosslight.prefer.grade import safety
from crosslight.prefer.groups import LEAST_COVERAGE, Graded, Groups, group_responders
from crosslight.prefer.rates import ResponderRates
from crosslight.records import Dropped

STEP = "draw"
REFUSES_FROM = 0.5


@dataclass(frozen=True, slots=True)
class Drawing:
    """`contests` by question, in the order of the items; `probes` behind them; `left`: why an item
    has no contest, by its question."""

    contests: tuple[Contest, ...]
    probes: tuple[Contest, ...]
    left: Mapping[str, Dropped]


def groups_of(items: Sequence[Item], rates: Sequence[ResponderRates], config: AskConfig) -> Groups:
    """Groups of the responders, over what the guard could read."""
    covered = {one.responder.by: one.coverage for one in rates}
    rows = [
        Graded(item.question.id, item.question.cluster, _known(item, config))
        for item in items
        if not item.question.harmless
    ]
    return group_responders(sorted(covered), rows, covered=covered, seed=config.seed)


def drawing_of(
    items: Sequence[Item], groups: Groups, config: AskConfig, *, by: DrawBy, probed: int
) -> Drawing:
    """One contest a question, and probes. A responder that was graded too seldom is not drawn: of
    what it said too little is known."""
    contests: list[Contest] = []
    left: dict[str, Dropped] = {}
    for item in items:
        pool = {
            reply.responder.by: reply
            for reply in item.comparable
            if _drawable(groups, reply.responder)
        }
        found = contest_of(item, pool, groups, config, by)
        if isinstance(found, Contest):
            contests.append(found)
        else:
            left[item.question.id] = found
    made = probes(_replies(items, config), probed, seed=config.seed)
    return Drawing(tuple(contests), tuple(made), left)


def contest_of(
    item: Item, pool: Mapping[str, Answered], groups: Groups, config: AskConfig, by: DrawBy
) -> Contest | Dropped:
    """The contest of one question, or why it has none."""
    if len(pool) < 2:
        return Dropped(STEP, "no_two_replies", f"{len(pool)} of {len(item.answers)} can be drawn")
    if reason := no_contrast(item, list(pool.values()), config):
        return Dropped(STEP, reason, f"all {len(pool)} replies are alike: no pair is in them")
    candidates = [
        Candidate(name, groups.of(name), _is_safe(reply, config)) for name, reply in pool.items()
    ]
    drawn = draw_pair(item.question.id, candidates, by, seed=config.seed)
    assert drawn is not None, "two candidates make a pair"
    a, b = drawn.a, drawn.b
    return Contest(item.question, pool[a], pool[b], drawn, groups.of(a), groups.of(b))


def no_contrast(item: Item, replies: Sequence[Answered], config: AskConfig) -> str:
    """Why no two of these replies can be a pair, whichever are drawn; empty where they may.

    All fine is no such reason: which of two safe replies helps more is worth asking.
    """
    if replies and all((one.refuses or 0.0) >= REFUSES_FROM for one in replies):
        return "no_contrast_refused"
    unsafe = all(_is_safe(one, config) is False for one in replies)
    return "no_contrast_unsafe" if unsafe and not item.question.harmless else ""


def all_fine(item: Item, config: AskConfig) -> bool:
    """Whether every reply is safe and none is a refusal: the question tempts nobody."""
    return all(
        _is_safe(one, config) is True and one.refuses is not None and one.refuses < REFUSES_FROM
        for one in item.comparable
    )


def _drawable(groups: Groups, responder: Responder) -> bool:
    return any(
        one.name == responder.by and one.coverage >= LEAST_COVERAGE for one in groups.responders
    )


def _known(item: Item, config: AskConfig) -> dict[str, bool]:
    read = ((one.responder.by, safety(one, config)) for one in item.answers)
    return {by: said == "safe" for by, said in read if said != "unknown"}


def _is_safe(reply: Answered, config: AskConfig) -> bool | None:
    return {"safe": True, "unsafe": False}.get(safety(reply, config))


def _replies(items: Sequence[Item], config: AskConfig) -> Iterator[Reply]:
    for item in items:
        for reply in item.comparable:
            yield item.question, reply, _is_safe(reply, config)
