"""Characters that a reader cannot see, or takes for others, in text that people write and review.

Hidden ones are refused: what a reviewer cannot see must not reach a model. Those that a language
or an emoji is written with pass, where they do that work. What only looks like something else is
pointed at.
"""

import re
import unicodedata
from collections.abc import Iterator

# Control and direction characters, invisible letters and fillers, variation selectors and tags.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
_FLAG = re.compile(
    "\U0001f3f4\U000e0067\U000e0062(?:\U000e0065\U000e006e\U000e0067|"
    "\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f"
)
"""England, Scotland and Wales: the only flags that are written with tag characters."""
_NO_BREAK = re.compile("[\u00a0\u2007\u202f]")
_WORD = re.compile(r"[^\W\d_]+")
_LOOKS = dict(
    zip(
        "аеіјорсухѕһԁѵАВЕІЈКМНОРСТУХЅονικυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeijopcyxshdvABEIJKMHOPCTYXSovikuABEZHIKMNOPTYX",
        strict=True,
    )
)
"""Cyrillic and Greek letters that look like Latin ones."""


def hidden_characters(text: str) -> Iterator[tuple[int, str]]:
    """(place in the text, `U+202E`) of every hidden character that does no work."""
    flags = {at for flag in _FLAG.finditer(text) for at in range(*flag.span())}
    for hit in _HIDDEN.finditer(text):
        if hit.start() not in flags and not _works(text, hit.start()):
            yield hit.start(), f"U+{ord(hit.group()):04X}"


def odd_characters(text: str) -> list[str]:
    """What reads otherwise than it looks: no-break spaces, Cyrillic and Greek in Latin words."""
    found = [
        f"no-break space U+{ord(hit.group()):04X} {_near(text, hit.start())}"
        for hit in _NO_BREAK.finditer(text)
    ]
    words = _WORD.findall(text)
    latin = any(_script(char) == "LATIN" for word in words for char in word)
    for word in words:
        alike = [char for char in word if char in _LOOKS]
        if not alike or not latin:
            continue
        mixed = any(_script(char) == "LATIN" for char in word)
        if mixed or len(alike) == len(word):
            found.append(f"{word!r}: {looks_like(alike[0])}")
    return found


def looks_like(char: str) -> str:
    """`the Cyrillic letter U+0430 looks like the Latin a`; of others the name; empty for ASCII."""
    if char.isascii():
        return ""
    if char in _LOOKS:
        script = _script(char).capitalize()
        return f"the {script} letter U+{ord(char):04X} looks like the Latin {_LOOKS[char]}"
    return f"U+{ord(char):04X} ({unicodedata.name(char, 'without a name').lower()})"


def _works(text: str, at: int) -> bool:
    """Whether a joiner, a direction mark or a variation selector stands where it is needed."""
    char, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if char in "\u200c\u200d":
        beside = _NEEDS_JOINERS & {_script(before), _script(after)}
        emoji = _is_pictorial(before) and _is_pictorial(after)
        return bool(beside) or (char == "\u200d" and emoji)
    if char in "\u200e\u200f":
        start = text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        line = text[start : end if end >= 0 else len(text)]
        around = {before, after} & {"\u200e", "\u200f"}
        return not around and any(unicodedata.bidirectional(c) in ("R", "AL") for c in line)
    if char in "\ufe0e\ufe0f":  # drawn as text or in colour; also of the keys 0-9, # and *
        return _is_pictorial(before) or bool(before and before in "0123456789#*")
    if "\u180b" <= char <= "\u180f":
        return _script(before) == "MONGOLIAN"
    if "\U000e0100" <= char <= "\U000e01ef":
        return _script(before) == "CJK"
    return False


_NEEDS_JOINERS = frozenset(
    "ARABIC SYRIAC MANDAIC NKO MONGOLIAN DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL TELUGU "
    "KANNADA MALAYALAM SINHALA KHMER MYANMAR TIBETAN TAI BALINESE JAVANESE".split()
)


def _script(char: str) -> str:
    """The first word of the character's name: LATIN, CYRILLIC, ARABIC."""
    return unicodedata.name(char, "").split(" ")[0].split("-")[0] if char else ""


def _is_pictorial(char: str) -> bool:
    """A symbol, a skin tone, or the selector after one."""
    if not char or char.isascii():
        return False
    return char == "\ufe0f" or unicodedata.category(char) in ("So", "Sk", "Sm", "Po")


def _near(text: str, at: int) -> str:
    before = text[max(0, at - 20) : at].split()[-1:] or [""]
    after = text[at + 1 : at + 20].split()[:1] or [""]
    return f"between {before[0]!r} and {after[0]!r}"
