"""From first-token probabilities, or from samples, to probabilities over given options."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crosslight.models.errors import BadAnswer, NoOption, NotSupported
from crosslight.models.protocol import TokenLogprob

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
# "I cannot" and "A man" name no option; "A is right", "I, because" and "A) a man" do.
_ARTICLE = re.compile(r"[ai]['\u2019]\w|[ai]\s+(?!(?:is|because|since)\b)\w")
_SPACE_MARKS = str.maketrans({"\u2581": " ", "\u0120": " ", "\u010a": " "})
SPECIAL = re.compile(r"</?\w{1,40}>|<[|\uff5c].{1,40}[|\uff5c]>")
MIN_PREFIX = 2
CERTAIN = math.log(0.999)
"""So likely a token needs no alternatives beside it."""
MOST_MASS = 1.01
LONGEST_SAID = 200


@dataclass(frozen=True, slots=True)
class Bound:
    """Probabilities over the options (sum 1) and the mass that lay on anything else.

    `unknown_mass` may be an option's or not; then each option's probability lies in its interval,
    and the one that is given is about the middle. `said`: the words that the model said.
    """

    probabilities: dict[str, float]
    outside_mass: float
    unknown_mass: float = 0.0
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    said: str = ""


def normalise(token: str) -> str:
    """A token without spaces, space marks of tokenizers, quotes and stars, in lower case."""
    return _EDGES.sub("", token.translate(_SPACE_MARKS)).casefold()


class Binding:
    """Which option a token stands for: equal to it, or the start of exactly one.

    Letters work as options of their own. Raises NotSupported for options that the first token
    cannot tell apart.
    """

    def __init__(self, options: Sequence[str]) -> None:
        self.options = tuple(options)
        self._by_name = {normalise(option): option for option in self.options}
        if len(self.options) < 2 or len(self._by_name) != len(self.options) or "" in self._by_name:
            raise NotSupported(
                f"cannot choose among {list(self.options)!r}",
                hint="give two or more options that differ in more than case and punctuation, "
                "or bind them to letters",
            )

    def option(self, token: str) -> str | None:
        """The option of a first token, or None."""
        name = normalise(token)
        if name in self._by_name:
            return self._by_name[name]
        if len(name) < MIN_PREFIX:
            return None
        starts = [option for key, option in self._by_name.items() if key.startswith(name)]
        return starts[0] if len(starts) == 1 else None

    def leading(self, text: str) -> str | None:
        """The option that a whole short reply gives: all of it, or its first words."""
        reply = normalise(text)
        if reply in self._by_name:
            return self._by_name[reply]
        found = [o for key, o in self._by_name.items() if re.match(re.escape(key) + r"\b", reply)]
        best = max(found, key=len) if found else None
        return None if best and _ARTICLE.match(reply) and normalise(best) == reply[0] else best

    def from_logprobs(self, top: Iterable[tuple[str, float]]) -> Bound:
        """From the alternatives of one token, all that there are. See `from_tokens`."""
        listed = tuple(top)
        first = listed[0] if listed else ("", 0.0)
        return self.from_tokens([TokenLogprob(*first, listed)], whole=True)

    def from_tokens(self, tokens: Sequence[TokenLogprob], *, whole: bool = False) -> Bound:
        """From an answer's tokens, beginning with its first; those of one option count together.

        A token that only leads up to a word (a blank, a quote, stars, the beginning of several
        options) is followed to the next one. What cannot be known is kept as unknown: an option
        that is not listed may have as much as the smallest that is, and no more than the mass that
        is not listed at all; `whole`: the lists leave nothing out. Raises BadAnswer when a
        logarithm is no number, NoOption when no option has any mass.
        """
        found = _Walk(dict.fromkeys(self.options, 0.0))
        prefix, weight = "", 1.0
        for token in tokens:
            followed = self._read(found, token, prefix, weight, whole)
            prefix, weight = prefix + token.token, weight * followed
            if not followed:
                break
        found.unknown += weight
        said = "".join(token.token for token in tokens).translate(_SPACE_MARKS)
        return self._share(found, said)

    def _read(
        self, found: "_Walk", token: TokenLogprob, prefix: str, weight: float, whole: bool
    ) -> float:
        """One position: its masses go into `found`; returns the probability of the token that was
        taken, where it only leads up to a word."""
        followed, listed, lowest = 0.0, 0.0, 1.0
        here: set[str] = set()
        for text, logprob in token.top or ((token.token, token.logprob),):
            if math.isnan(logprob) or logprob > 1e-3:
                raise BadAnswer(f"{logprob!r} is no log-probability", hint="see crosslight doctor")
            p = math.exp(min(logprob, 0.0))
            listed += p
            lowest = min(lowest, p) if p > 0.0 else lowest
            option = self.option(prefix + text)
            if option is not None:
                here.add(option)
                found.mass[option] += weight * p
            elif self._leads(prefix, text):
                if text == token.token and not followed:
                    followed = p
                else:
                    found.unknown += weight * p
        free = 0.0 if whole else max(0.0, 1.0 - listed)
        if free > 1e-9:
            found.free += weight * free
            for option in self.options:
                if option not in here:
                    found.extra[option] = found.extra.get(option, 0.0) + weight * min(free, lowest)
        return followed

    def _leads(self, prefix: str, text: str) -> bool:
        """Whether the answer may still become an option behind this token."""
        if not text or SPECIAL.fullmatch(text.strip()):
            return False  # the end of the reply, or a control token
        if unreadable(text):
            return True
        name = normalise(prefix + text)
        return any(key.startswith(name) for key in self._by_name)

    def from_samples(self, texts: Sequence[str]) -> Bound:
        """Count replies. Raises NoOption when none gives one."""
        found = _Walk(dict.fromkeys(self.options, 0.0))
        for text in texts:
            option = self.leading(text)
            if option is not None:
                found.mass[option] += 1 / len(texts)
        return self._share(found, texts[0] if texts else "")

    def _share(self, found: "_Walk", said: str) -> Bound:
        inside = sum(found.mass.values())
        if inside <= 0.0:
            raise NoOption(
                f"no option of {list(self.options)!r} among the likely tokens; "
                f"the reply began with {said[:40]!r}",
                hint="end the question with `Answer with one word: ...`; a model that thinks first "
                "needs room for it: ?room=4096 or ?thinking=off in an openai: spec",
                text=said[:LONGEST_SAID],
            )
        middle = {o: p + found.extra.get(o, 0.0) / 2 for o, p in found.mass.items()}
        shares = {option: p / sum(middle.values()) for option, p in middle.items()}
        unknown = found.unknown + min(found.free, sum(found.extra.values()))
        unknown = min(unknown, max(0.0, 1.0 - inside))
        intervals = {o: found.interval(o, inside) for o in self.options} if unknown > 1e-9 else {}
        outside = max(0.0, 1.0 - inside - unknown)
        return Bound(shares, outside, unknown if intervals else 0.0, intervals, said[:LONGEST_SAID])


@dataclass(slots=True)
class _Walk:
    """Masses that were found on the way: on each option, on what cannot be read (`unknown`), on
    tokens that are not listed (`free`), and how much of that each option can have at most."""

    mass: dict[str, float]
    unknown: float = 0.0
    free: float = 0.0
    extra: dict[str, float] = field(default_factory=dict)

    def interval(self, option: str, inside: float) -> tuple[float, float]:
        """Between what the option's share of all options lies."""
        own, more = self.mass[option], self.extra.get(option, 0.0)
        others = min(self.free, sum(self.extra.values()) - more) + self.unknown
        low = own / (inside + others)
        high = (own + more + self.unknown) / (inside + more + self.unknown)
        return max(0.0, min(low, 1.0)), max(0.0, min(high, 1.0))


def unreadable(token: str) -> bool:
    """Whether a server gave a number, or half a character, in place of a token's text."""
    return token.startswith("token_id:") or "\ufffd" in token


def unusable(tokens: Sequence[TokenLogprob], *, alone: bool = False) -> str:
    """Why no probabilities can be read from the first of these tokens; empty where they can.

    The one test of that: `doctor` tells by it what a run will do. `alone`: a token without
    alternatives is good enough, since nothing else is to be had.
    """
    if not tokens:
        return "log-probabilities are left out of the answers"
    top = tokens[0].top
    likeliest = max((p for _, p in top), default=tokens[0].logprob)
    if len(top) < 2 and likeliest < CERTAIN and not alone:
        return "log-probabilities are given without alternatives"
    mass = sum(math.exp(min(p, 700.0)) for _, p in top)
    if not mass <= MOST_MASS or tokens[0].logprob > 1e-3:
        return f"no probabilities: the alternatives sum to {mass:.3g}"
    if all(unreadable(token) for token, _ in top or ((tokens[0].token, 0.0),)):
        return "tokens are given by their numbers"
    return ""
