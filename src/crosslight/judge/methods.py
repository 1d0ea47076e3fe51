"""Ways of judging: CLUE, CLUE without a part, and the baselines that it is compared with.

Every method is a plan (rules with chains of questions), a prompt for them, and the parts that are
on. So all of them share asking, deciding, evidence and report.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crosslight.judge.config import JudgeConfig, Parts
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

OVERALL = "*"
"""The rule of methods that judge the image as a whole."""
METHODS = (
    "clue",
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
    the token question, `reason` and `summary` those of the cascade."""

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
    if method == "clue":
        parts = Parts(detector=detector, perceived=perceived).without(*config.without)
        parts = replace(parts, relevance=parts.relevance and relevance)
        return Plan(tuple(_clue_rule(r, parts) for r in kept), parts)
    if config.without:
        raise PolicyError("--without takes parts off the method clue only")
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


def _clue_rule(rule: CompiledRule, parts: Parts) -> PlannedRule:
    if parts.preconditions:
        chains = tuple(
            tuple(tuple(_visible(q) for q in item.any) for item in chain)
            for chain in rule.all_chains
        )
        return PlannedRule(rule.id, rule.text, chains, dict(rule.ties))
    words = tuple(dict.fromkeys(w for _, _, q in rule.questions for w in q.words))
    whole = Question(see=_violation(rule.text), words=words[:8])
    return PlannedRule(rule.id, rule.text, _alone(_visible(whole)))


def _alone(asked: Asked) -> tuple[Chain, ...]:
    """The chains of a rule that is one question."""
    return (((asked,),),)


def _violation(text: str) -> str:
    """The whole rule as one piece of content, for the ablation without preconditions."""
    return f"something that breaks this rule: {text}"[:300]


def _visible(question: Question) -> Asked:
    see = question.see
    return Asked(
        see,
        question.words,
        render("visible", see=see),
        render("reason", see=see),
        render("summarise", see=see),
        absent=question.absent,
        print=question.print,
        count=question.count,
    )


def _plain(see: str, prompt: str) -> Asked:
    question = prompt.rpartition(" Answer with one word")[0] or prompt
    return Asked(see, (), prompt, render("think", question=question), render("think_sum"))
