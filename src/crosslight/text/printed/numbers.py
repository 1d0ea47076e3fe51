"""Numbers in print: telephone, card with its check digit, IBAN with its check number.

A reader mistakes O for 0 and I or l for 1. Where a check digit confirms it, that is put right;
in a telephone number it is not.
"""

import re
from collections.abc import Iterator

Span = tuple[int, int]

_MISREAD = str.maketrans("OoIl|", "00111")
_CARD = re.compile(r"(?<![\dA-Za-z])[\dOoIl|](?:[ \n-]?[\dOoIl|]){12,60}(?![\dA-Za-z])")
_ISSUERS = (
    (re.compile(r"4"), (16, 13, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|35"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"30[0-5]|3[689]"), (14, 16)),
    (re.compile(r"6011|65|64[4-9]|62"), (16, 19)),
)
"""How card numbers begin, and how many digits they then have."""
_IBAN = re.compile(r"(?<![A-Za-z\d])[A-Z]{2}[\dOIl]{2}(?:[ \n]?[A-Z\da-z]){11,30}(?![A-Za-z\d])")
_IBAN_LENGTH = {
    **{"NO": 15, "BE": 16, "DK": 18, "FI": 18, "FO": 18, "GL": 18, "NL": 18, "MK": 19, "SI": 19},
    **{"AT": 20, "BA": 20, "EE": 20, "KZ": 20, "LT": 20, "LU": 20, "XK": 20, "CH": 21, "HR": 21},
    **{"LI": 21, "LV": 21, "BG": 22, "BH": 22, "DE": 22, "GB": 22, "GE": 22, "IE": 22, "ME": 22},
    **{"RS": 22, "AE": 23, "GI": 23, "IL": 23, "AD": 24, "CZ": 24, "ES": 24, "MD": 24, "PK": 24},
    **{"RO": 24, "SA": 24, "SE": 24, "SK": 24, "TN": 24, "VG": 24, "PT": 25, "FR": 27, "GR": 27},
    **{"IT": 27, "MC": 27, "SM": 27, "AL": 28, "AZ": 28, "CY": 28, "DO": 28, "GT": 28, "HU": 28},
    **{"LB": 28, "PL": 28, "BR": 29, "PS": 29, "QA": 29, "UA": 29, "JO": 30, "KW": 30, "MU": 30},
    **{"MT": 31},
}
_CALL = re.compile(
    r"(?i)\b(?:tel(?:[eé]fono?|ephone)?|phone|fon|call|mobil[ei]?|cell|handy|fax|hotline|whatsapp|"
    r"t[eé]l|ring|ruf)\b[^\d\n+(]{0,12}$"
)
_PHONE = re.compile(r"(?<![\w.,/+-])\+?\(?\d(?:[ ()./-]{0,2}\d){5,16}(?![\w]|[.,/-]\d)")
_DATE = re.compile(
    r"\(?(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{4} ?[-/] ?\d{4}"
    r"|\d{4}[./-]\d{1,2}|\d{1,2}[./-]\d{4}|(?:\d{1,3}\.){3}\d{1,3})\)?"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:[ .]\d{3})+")
_LEAST, _MOST = 7, 15
"""Digits of a telephone number (15 by E.164)."""


def cards(text: str) -> Iterator[Span]:
    """Card numbers: as long as their issuer has them, the last digit the check digit. They begin
    and end with a group of digits; an expiry date may stand beside them."""
    for hit in _CARD.finditer(text):
        at = [i for i, c in enumerate(hit[0]) if c.isalnum() or c == "|"]
        digits = "".join(hit[0][i] for i in at).translate(_MISREAD)
        begins = [n for n, i in enumerate(at) if n == 0 or i - at[n - 1] > 1]
        ends = {*begins[1:], len(at)}
        for first in begins:
            for length in _lengths(digits[first:]):
                last = first + length
                if last in ends and luhn(digits[first:last]):
                    yield hit.start() + at[first], hit.start() + at[last - 1] + 1


def _lengths(digits: str) -> tuple[int, ...]:
    return next((lengths for start, lengths in _ISSUERS if start.match(digits)), ())


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812)."""
    total = 0
    for at, digit in enumerate(reversed(digits)):
        twice = int(digit) * 2 if at % 2 else int(digit)
        total += twice - 9 if twice > 9 else twice
    return total % 10 == 0


def ibans(text: str) -> Iterator[Span]:
    """IBANs: of a country's length, with the right check number. What stands behind it in the
    same row does not hide it."""
    for hit in _IBAN.finditer(text):
        country = hit[0][:2]
        wanted = _IBAN_LENGTH.get(country, 0)
        kept = [at for at, c in enumerate(hit[0]) if c.isalnum()]
        if not wanted or len(kept) < wanted:
            continue
        read = "".join(hit[0][at] for at in kept[:wanted])
        if mod97(read.upper()) or mod97(country + read[2:].translate(_MISREAD).upper()):
            yield hit.start(), hit.start() + kept[wanted - 1] + 1


def mod97(iban: str) -> bool:
    """The check of ISO 13616 on an IBAN without spaces."""
    moved = iban[4:] + iban[:4]
    if not moved.isalnum() or not moved.isascii():
        return False
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def phones(text: str) -> Iterator[Span]:
    """Telephone numbers: international, after a word such as `tel`, or written in groups as a
    national number is. No dates, years, card numbers or amounts."""
    taken = [*cards(text), *ibans(text)]
    for hit in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", hit[0])
        if not _LEAST <= len(digits) <= _MOST or _DATE.fullmatch(hit[0].strip()):
            continue
        if any(start < hit.end() and hit.start() < end for start, end in taken):
            continue
        if _written_as_phone(hit[0], digits, text[max(0, hit.start() - 40) : hit.start()]):
            yield hit.span()


def _written_as_phone(written: str, digits: str, before: str) -> bool:
    if written.startswith("+") or digits.startswith("00"):
        return True
    if _CALL.search(before):
        return True
    if _THOUSANDS.fullmatch(written):
        return False
    groups = [g for g in re.split(r"\D+", written) if g]
    if written.startswith(("(0", "0")):
        return len(digits) >= 9 and len(groups) >= 2
    american = [len(g) for g in groups] in ([3, 3, 4], [1, 3, 3, 4])
    return american and groups[-3][0] in "23456789"
