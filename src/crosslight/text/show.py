"""Untrusted text made fit to be shown: nothing invisible, nothing endless, no markup."""

import re

SHOWN_LIMIT = 2000
"""Characters of one field that a page shows."""

# Bidirectional overrides and isolates can reorder a whole page, tag characters and control
# characters hide text from the reader. Joiners and the two direction marks stay: scripts need them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_MARKDOWN = re.compile(r"([\\`*_\[\]{}<>|#~!$&])")
# What GitHub and the hub turn into a link without being asked. An entity alone is not enough: both
# look for addresses in the text once entities are read. A comment parts the text for good.
_ADDRESS = re.compile(r"(?<=www)\.|(?<=mailto):|(?<=xmpp):|:(?=//)|@", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


def visible(text: str, limit: int = SHOWN_LIMIT) -> str:
    """The text with hidden characters named (`‹U+202E›`) and its end cut off honestly."""
    cut = text[:limit]
    named = _HIDDEN.sub(lambda hit: f"‹U+{ord(hit.group()):04X}›", cut)
    left = len(text) - len(cut)
    return f"{named} … ({left:,} more characters)" if left else named


def markdown(text: str, limit: int = SHOWN_LIMIT) -> str:
    """One line of Markdown that shows the text and nothing else: no link, HTML or table cell.

    Also no link where the text is an address by itself.
    """
    line = _SPACE.sub(" ", visible(text, limit))
    shown = _MARKDOWN.sub(r"\\\1", line).replace("\\<", "&lt;").replace("\\&", "&amp;")
    return _ADDRESS.sub(lambda hit: f"<!-- -->&#{ord(hit[0])};", shown)


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
}


def latex(text: str, limit: int = SHOWN_LIMIT) -> str:
    """One line of LaTeX that shows the text and nothing else: no command, no comment, no cell."""
    line = _SPACE.sub(" ", visible(text, limit))
    return "".join(_LATEX.get(sign, sign) for sign in line)


def probability(value: float | None) -> str:
    """A probability for people; `unknown` is a word, never a number."""
    if value is None:
        return "unknown"
    if 0 < value < 0.005:
        return "<0.01"
    if 0.995 < value < 1:
        return ">0.99"
    return f"{value:.2f}"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 photo`, `2,000 photos`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
