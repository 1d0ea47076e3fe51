"""Kinds of print that have a form: e-mail, web address, number plate, telephone, card, IBAN."""

import re
from collections.abc import Callable, Iterator
from types import MappingProxyType

from crosslight.text.printed.numbers import Span, cards, ibans, phones

_ENDINGS = (
    "com|org|net|edu|gov|info|biz|io|ai|app|dev|tv|co|shop|online|site|xyz|eu|"
    "de|ch|uk|fr|es|nl|pl|pt|se|dk|fi|ie|cz|ru|ua|tr|ca|mx|br|ar|au|nz|jp|cn|kr"
)
"""Of addresses without `www`; endings that are words as well (in, it, me, no, us) are left out."""
_EMAIL = re.compile(
    r"(?i)(?<![\w.+-])[a-z0-9][a-z0-9._%+-]{0,63}"
    r"(?:@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.[a-z]{2,24}\b"
    r"| ?@ ?[a-z0-9-]{1,63}(?: ?\. ?[a-z0-9-]{1,63}){0,4} ?\. ?(?:" + _ENDINGS + r")\b)"
)
_URL = re.compile(
    r"(?i)\bhttps?[:;] ?/ ?/? ?[\w./%?&=#~-]{3,200}"
    r"|(?<![\w@.-])www ?[., ] ?[a-z0-9-]{2,63}(?: ?\. ?[a-z0-9-]{2,63}){1,4}"
)
_HOST = re.compile(
    r"(?<![\w@.-])(?:(?:[a-z0-9][a-z0-9-]{1,62}\.){1,4}(?:" + _ENDINGS + r")"
    r"|(?:[A-Z0-9][A-Z0-9-]{1,62}\.){1,4}(?:" + _ENDINGS.upper() + r"))(?![\w@-]|\.\w)"
)
_NO_HOST = re.compile(r"(?i)(?:[a-z]\.){2,}|node\.js|(?:no|dr|st|mr|vs|e\.g|i\.e)\.[a-z]+")
_PLATES = re.compile(
    r"(?m)^(?:"
    r"[A-ZÄÖÜ]{1,3}[ :.-]{1,2}[A-Z]{1,2} ?\d{1,4}[EH]?"  # Germany
    r"|[A-Z]{2}\d{2} ?[A-Z]{3}"  # United Kingdom
    r"|[A-Z]{2}[ -]?\d{3}[ -]?[A-Z]{2}"  # France, Italy
    r"|\d{4} ?[BCDFGHJ-NPR-TV-Z]{3}"  # Spain
    r"|[A-Z]{3}[ -]?\d{3,4}|\d{3}[ -]?[A-Z]{3}"  # many, Sweden and states of the US among them
    r"|\d[A-Z]{3}\d{3}"  # California
    r")$"
)
_PLAIN_WORDS = frozenset(
    "PAGE YEAR ROOM UNIT PART STEP DAY ART MAX MIN THE AND FOR TOP NEW".split()
)


def emails(text: str) -> Iterator[Span]:
    """E-mail addresses; spaces that a reader puts beside `@` and the dots are passed over."""
    return (hit.span() for hit in _EMAIL.finditer(text))


def urls(text: str) -> Iterator[Span]:
    """Web addresses, with or without `http` and `www`; the ends of e-mail addresses are none."""
    mail = list(emails(text))
    for hit in (*_URL.finditer(text), *_HOST.finditer(text)):
        inside = any(start < hit.end() and hit.start() < end for start, end in mail)
        if not inside and not _NO_HOST.fullmatch(hit[0]):
            yield hit.span()


def plates(text: str) -> Iterator[Span]:
    """What could be a number plate: a line by itself in the form of one. Other codes look alike,
    so ask for a vehicle as well."""
    for hit in _PLATES.finditer(text):
        letters = "".join(c for c in hit[0] if c.isalpha())
        if letters not in _PLAIN_WORDS:
            yield hit.span()


FORMS: MappingProxyType[str, Callable[[str], Iterator[Span]]] = MappingProxyType(
    {
        "phone": phones,
        "card": cards,
        "email": emails,
        "iban": ibans,
        "plate": plates,
        "url": urls,
    }
)
"""Kind -> where it stands in a text."""
