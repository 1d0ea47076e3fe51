"""What the wording of a question says about how it can be looked at.

Word lists of English, as the questions are. They only steer what is measured on top: a word that is
missing here costs a call or leaves a test out, and never answers anything.
"""

import re
from collections.abc import Sequence

_PRINT = re.compile(
    r"\b(?:print\w*|texts?|written|writing|words?|letters?|lettering|captions?|signs?|signage|"
    r"labels?|documents?|pages?|leaflets?|posters?|banners?|headlines?|slogans?|logos?|brands?|"
    r"tickets?|receipts?|passports?|licen[cs]es?|licen[cs]e plates?|number ?plates?|id|ids|"
    r"identity|cards?|certificates?|numbers?|digits?|codes?|names?|address\w*|screens?|messages?|"
    r"symbols?|watermarks?|stamps?|books?|newspapers?|instructions?|prescriptions?|readable|"
    r"says?|reads?|spells?)\b",
    re.IGNORECASE,
)
_RELATION = re.compile(
    r"\b(?:and|or|at|on|onto|in|into|inside|under|over|above|below|beside|besides|behind|before|"
    r"between|near|next|against|around|along|across|through|to|toward|towards|from|by|off|out|up|"
    r"than|who|whose|which|that|while|whilst|without|no|not|neither|nor|more|less|closer|further|"
    r"taller|larger|smaller)\b|\bwith\b",
    re.IGNORECASE,
)


def about_print(see: str, words: Sequence[str]) -> bool:
    """Whether print may be what a question asks about: then print is never filled for it."""
    return any(_PRINT.search(text) for text in (see, *words))


def names_one_thing(see: str, words: Sequence[str]) -> bool:
    """Whether a question is about one thing by itself, so that a crop of it holds all that is
    asked. Relations ("feet above the ground") want the whole image."""
    return len(words) == 1 and not _RELATION.search(see)
