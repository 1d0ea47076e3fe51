"""Ways of judging: CLUE as published, our default after it, either without a part, and baselines.

Every method is a plan (rules with chains of questions), a prompt for them, and the parts that are
on. So all of them share asking, deciding, evidence and report.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from crosslight.judge.config import CHAINED, DEFAULT, JudgeConfig, Parts
from crosslight.judge.decide import Place
from crosslight.judge.prompts import render
from crosslight.policy import (
    Compiled,
    CompiledRule,
    Constitution,
    Count,
    PolicyError,
    Print,
    Question,
)

AT_LEAST = "at least one of these:"
OVERALL = "*"
"""The rule of methods that judge the image as a whole."""
METHODS = (
    *CHAINED,
    "prior-yes-no",
    "prior-cot",
    "constitution-yes-no",
    "constitution-cot",
    "rule-yes-no",
    "guard",
)
_PLAIN = Parts(False, False, False, False, False)
_THINK = replace(_PLAIN, tokens=False, cascade=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as the model reads it. `see` names it in the evidence; `prompt` is the text of
    the token question, `reason` and `summary` those of the cascade in two turns, `weigh` of the one
    in a single turn."""

    see: str
    words: tuple[str, ...]
    prompt: str
    reason: str
    summary: str
    options: tuple[str, str] = ("Yes", "No")
    task: str = "visible"
    field: str = ""
    """Of guards that answer in JSON: the field that holds one of the options."""
    absent: bool = False
    """The rule wants this not to be there: the answer changes places, after it was read."""
    print: Print | None = None
    count: Count | None = None
    """What the text reader and the detector decide, and no model is asked."""
    weigh: str = ""
    depictions: str | None = None
    """Whether drawings, toys and screens count: count, do_not_count, or nobody said."""

    @property
    def by_model(self) -> bool:
        """Whether a model is asked at all."""
        return self.print is None and self.count is None

    @property
    def joins(self) -> bool:
        """Whether it can be asked together with others: "at least one of these"."""
        return self.by_model and not self.absent


Chain = tuple[tuple[Asked, ...], ...]


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """A rule, the text that relevance is measured with, and its chains: any of them (each an AND
    of ORs) violates it. `ties` is of places in `items`."""

    id: str
    text: str
    chains: tuple[Chain, ...]
    ties: Mapping[Place, Place] = field(default_factory=dict, hash=False)

    @property
    def items(self) -> Chain:
        """The items of all chains, in the order in which evidence counts them."""
        return tuple(item for chain in self.chains for item in chain)

    @property
    def shape(self) -> tuple[tuple[int, ...], ...]:
        """For each chain, how many alternatives each item has."""
        return tuple(tuple(len(item) for item in chain) for chain in self.chains)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is asked of an image, in what way. `overall`: rules are not told apart."""

    rules: tuple[PlannedRule, ...]
    parts: Parts
    overall: bool = False

    @property
    def reads_print(self) -> bool:
        """Whether some question is the text reader's."""
        return any(asked.print is not None for asked in self._every())

    @property
    def counts(self) -> int:
        """Of how many words the detector's boxes are counted."""
        return len({asked.count.of for asked in self._every() if asked.count is not None})

    def _every(self) -> Iterator[Asked]:
        return (asked for rule in self.rules for item in rule.items for asked in item)


def plan_for(
    constitution: Constitution,
    compiled: Compiled,
    config: JudgeConfig,
    *,
    detector: bool = False,
    relevance: bool = False,
    perceived: bool = False,
    guard: "GuardFormat | None" = None,
) -> Plan:
    """The plan of `config.method`. Raises `PolicyError` for a method that is not there."""
    method = config.method
    if method not in METHODS:
        raise PolicyError(f"there is no method {method!r}", hint=f"one of: {', '.join(METHODS)}")
    allowed = {rule.id for rule in constitution.rules if rule.allowed}
    kept = [rule for rule in compiled.rules if rule.id not in allowed]
    if method in CHAINED:
        parts = Parts(detector=detector, perceived=perceived)
        parts = (parts.with_ours() if method == DEFAULT else parts).without(*config.without)
        parts = replace(parts, relevance=parts.relevance and relevance)
        return Plan(tuple(_clue_rule(r, constitution, parts) for r in kept), parts)
    if set(config.without) - {"objective"}:
        raise PolicyError(
            f"--without takes parts off the methods {DEFAULT} and {CHAINED[1]} only",
            hint="of the others only `objective` can be left out: the source's wording is asked",
        )
    if config.without:
        kept = [rule.model_copy(update={"text": rule.rule}) for rule in kept]
    if method == "rule-yes-no":
        rules = [
            PlannedRule(r.id, r.text, _alone(_plain(r.text, render("rule", text=r.text))))
            for r in kept
        ]
        return Plan(tuple(rules), _PLAIN)
    if method == "guard":
        asked = (guard or GuardFormat()).asked()
        return Plan((PlannedRule(OVERALL, asked.see, _alone(asked)),), _PLAIN, overall=True)
    if method.startswith("prior"):
        prompt, see = render("prior"), "content that is not fit for the general public"
    else:
        freed = [rule for rule in compiled.rules if rule.id in allowed]
        prompt = render("constitution", rules=kept, allowed=freed)
        see = f"a violation of the {len(kept)} rules"
    parts = _THINK if method.endswith("cot") else _PLAIN
    return Plan((PlannedRule(OVERALL, see, _alone(_plain(see, prompt))),), parts, overall=True)


@dataclass(frozen=True, slots=True)
class GuardFormat:
    """How a guard model is asked and read: by its own chat template (no `prompt`: the image alone
    is sent), or by the text of a policy file that the user names. The first of the two words it
    answers with means unsafe."""

    prompt: str = ""
    unsafe: str = "unsafe"
    safe: str = "safe"
    field: str = ""
    """For guards that answer in JSON, the field with the word; else it is the first token."""

    def asked(self) -> Asked:
        """The one question of a guard model."""
        see = "the guard model's own policy" if not self.prompt else "the named guard policy"
        return Asked(see, (), self.prompt, "", "", (self.unsafe, self.safe), "guard", self.field)


def _clue_rule(rule: CompiledRule, constitution: Constitution, parts: Parts) -> PlannedRule:
    text = rule.text if parts.objective else rule.rule
    depictions = constitution.depictions_of(rule.id) if parts.depictions else None
    if parts.preconditions:
        every = [
            [[_visible(q, depictions) for q in item.any] for item in chain]
            for chain in rule.all_chains
        ]
        if not parts.alternatives:
            every = [[_as_one(item, depictions) for item in chain] for chain in every]
        chains = tuple(tuple(map(tuple, chain)) for chain in every)
        ties = dict(rule.ties) if parts.alternatives else {}
        return PlannedRule(rule.id, text, chains, ties)
    words = tuple(dict.fromkeys(w for _, _, q in rule.questions for w in q.words))
    see = f"something that breaks this rule: {text}"
    return PlannedRule(rule.id, text, _alone(_seen(see, words, depictions)))


def _as_one(item: Sequence[Asked], depictions: str | None) -> list[Asked]:
    """The alternatives that a model is asked about, wanted there, as one question with `or`."""
    one = [asked for asked in item if asked.joins]
    if len(one) < 2:
        return list(item)
    words = tuple(dict.fromkeys(word for asked in one for word in asked.words))
    joined = _seen(", or ".join(asked.see for asked in one), words, depictions)
    return [joined, *(asked for asked in item if asked not in one)]


def joint_of(several: Sequence[Asked]) -> Asked:
    """The question whether at least one of several things is to be seen."""
    sees = [asked.see for asked in several]
    depictions = several[0].depictions
    prompt = render("joint", several=sees, depictions=depictions)
    return replace(_seen(f"{AT_LEAST} {'; '.join(sees)}", (), depictions), prompt=prompt)


def detected_words(rules: Sequence[PlannedRule]) -> tuple[str, ...]:
    """The central words of all questions that a model is asked, each once."""
    every = (asked for rule in rules for item in rule.items for asked in item if asked.by_model)
    return tuple(dict.fromkeys(word for asked in every for word in asked.words))


def _alone(asked: Asked) -> tuple[Chain, ...]:
    """The chains of a rule that is one question."""
    return (((asked,),),)


def _visible(question: Question, depictions: str | None) -> Asked:
    asked = _seen(question.see, question.words, depictions)
    return replace(asked, absent=question.absent, print=question.print, count=question.count)


def _seen(see: str, words: tuple[str, ...], depictions: str | None) -> Asked:
    """The prompts of one question. Nothing of it is cut, however long a rule's text is."""
    told = {"see": see, "depictions": depictions}
    return Asked(
        see,
        words,
        render("visible", **told),
        render("reason", **told),
        render("summarise", see=see),
        weigh=render("weigh", **told),
        depictions=depictions,
    )


def _plain(see: str, prompt: str) -> Asked:
    question = prompt.rpartition(" Answer with one word")[0] or prompt
    return Asked(see, (), prompt, render("think", question=question), render("think_sum"))
