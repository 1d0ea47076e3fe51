"""Questions that ask for an absence, or for a number that no photo shows.

"A dog without a muzzle" has no clear answer where nothing is to be seen: models read the absence of
the muzzle as No. The positive is asked instead, and the answer changes places (`absent: true`).
"""

import re

_QUOTED = re.compile(r"[\"“”][^\"“”]*[\"“”]")
_NEGATED = re.compile(
    r"\b(?:no|not|non|without|neither|nor|none|never|nobody|nothing|nowhere|cannot|"
    r"free (?:of|from)|(?:lack|lacks|lacking|absence|absent|missing|instead of|other than|except|"
    r"unless|but for)(?: of)?)\b|n't\b|\bunable\b",
    re.IGNORECASE,
)
_QUANTIFIED = re.compile(r"\b(?:some|all|every|each|only|whole|entire)\b", re.IGNORECASE)
"""Of some part that is not covered, the opposite is all of it."""
_ARTICLE = {"no": "a", "nobody": "a person", "nothing": "a thing"}
_UNIT = (
    r"(?:°|degrees?|(?:centi|milli|kilo)?met(?:re|er)s?|cm|mm|km|m|inch(?:es)?|feet|foot|yards?|miles?|"
    r"%|percent|per cent|years?(?: old)?|months?|weeks?|days?|hours?|minutes?|seconds?|"
    r"(?:kilo|milli)?grams?|kg|mg|pounds?|litres?|liters?|ml|km/h|mph|volts?|watts?)"
)
_NUMBER = (
    r"(?:[0-9][0-9.,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|"
    r"thirty|forty|fifty|sixty|ninety|hundred|half|quarter|third|sixth|tenth)"
)
_MEASURE = re.compile(
    rf"\b{_NUMBER}[ -]?{_UNIT}(?!\w)|\bone[ -](?:half|third|quarter|fifth|sixth|tenth) of\b",
    re.IGNORECASE,
)


def negator(see: str) -> str:
    """The word that makes a question one for an absence; empty where it asks for what is there.
    What stands in quotes is print and no negation."""
    hit = _NEGATED.search(_QUOTED.sub(" ", see))
    return hit.group() if hit else ""


def positive(see: str) -> tuple[str, ...]:
    """Positive phrases for a negated one, as a proposal: "a dog without a muzzle" -> "a dog with a
    muzzle". "Neither ... nor" gives two."""
    if _QUANTIFIED.search(see):
        return ()
    both = re.fullmatch(r"(.*?)\bneither (.+?) nor (.+)", see, re.IGNORECASE)
    if both:
        return tuple(f"{both[1]}{part}".strip() for part in both.groups()[1:])
    text = re.sub(r"\bis (?:free of|free from|lacking|missing)\b", "has", see, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:lacks|lack)\b", "has", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:without|lacking|free of|free from)\b( any\b)?", "with", text, flags=re.I)
    text = re.sub(r"\b(?:does|do|is|are)(?:n't| not) (have|wear|hold)\b", r"\1s", text, flags=re.I)
    text = re.sub(r"\b(does|do|did) not\b ?|\b(?:not|never)\b ?|n't\b", "", text, flags=re.I)
    text = re.sub(
        r"\b(no|nobody|nothing)\b(?= ?(\w*))",
        lambda hit: "" if hit[2].endswith("s") else _ARTICLE[hit[1].lower()],
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"\ba (?=[aeiou])", "an ", text)
    text = re.sub(r"\ba (at least|more than|any)\b", r"\1", text)
    text = " ".join(text.split())
    return () if negator(text) or text == see else (text,)


def measure(text: str) -> str:
    """A number with a unit that nobody can read off a photo; empty where there is none."""
    hit = _MEASURE.search(_QUOTED.sub(" ", text))
    return hit.group() if hit else ""
