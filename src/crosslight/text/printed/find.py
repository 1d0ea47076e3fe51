"""Whether a picture's print holds what is sought: a phrase, a pattern, or a kind of thing.

Patterns are those of RE2, which takes time in proportion to the text whatever the pattern; it has
no look-around and no back-references.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Any

from crosslight.text.printed.kinds import FORMS
from crosslight.text.printed.lines import Line, Page, page_of
from crosslight.text.printed.word_lists import PREFIX, NoSuchList, word_list, word_list_names

LIKE = 0.8
"""How alike a read word must be to a wanted one (1 is the same); short words must be the same."""
SHORT = 4
MAX_PATTERN = 300
PATTERN_MEMORY = 1 << 20
MAX_WORDS = 4000
LAST = 4
"""Letters and digits that stay to be seen of what is private."""
_WORD = re.compile(r"[^\W_]+")
_CONFUSED = str.maketrans("i1|0", "lllo")
_PRIVATE = frozenset({"phone", "card", "email", "iban", "plate"})


@dataclass(frozen=True, slots=True)
class PrintFound:
    """What was found: `sure` as the reader was of it, times how alike it is to what was sought.
    `shown`: its text, with most of it hidden where it is of the private kinds."""

    shown: str
    sure: float


def kinds_of_print() -> list[str]:
    """All that `kind` may be."""
    return [*FORMS, *(PREFIX + name for name in word_list_names())]


def check_print(*, phrase: str = "", regex: str = "", kind: str = "") -> None:
    """Raises `ValueError` with the cause and a remedy for what nothing could find."""
    if sum(map(bool, (phrase, regex, kind))) != 1:
        raise ValueError("print wants exactly one of phrase, regex and kind")
    if phrase and not words_of(phrase):
        raise ValueError(f"the phrase {phrase[:40]!r} has neither letter nor digit")
    if regex and _pattern(regex).search(""):
        raise ValueError("the regex fits an empty text: it would find something everywhere")
    if kind.startswith(PREFIX):
        word_list(kind.removeprefix(PREFIX))
    elif kind and kind not in FORMS:
        raise NoSuchList(f"there is no kind {kind!r}; there are: {', '.join(kinds_of_print())}")


def find_print(
    lines: Sequence[Line], *, phrase: str = "", regex: str = "", kind: str = ""
) -> PrintFound | None:
    """The surest place, or None. Exactly one of the three is given. Raises `ValueError` as
    `check_print` does."""
    check_print(phrase=phrase, regex=regex, kind=kind)
    page = page_of(lines)
    if phrase:
        found = _phrases(page, (phrase,))
    elif regex:
        found = [_at(page, hit.span()) for hit in _pattern(regex).finditer(page.text)]
    elif kind.startswith(PREFIX):
        found = _phrases(page, word_list(kind.removeprefix(PREFIX)), loose=False)
    else:
        found = [_at(page, span, hidden=kind in _PRIVATE) for span in FORMS[kind](page.text)]
    return max(found, key=lambda one: one.sure, default=None)


def words_of(text: str) -> list[str]:
    """Lower-case words, letters and digits only."""
    return _WORD.findall(text.casefold())


def word_likeness(read: str, wanted: str) -> float:
    """How well a read word fits a wanted one: 1, a little less where it is misread, or 0."""
    if read == wanted:
        return 1.0
    if len(wanted) < SHORT:
        return 0.0
    ratio = SequenceMatcher(None, read, wanted, autojunk=False).ratio()
    return ratio if ratio >= LIKE else 0.0


def _phrases(page: Page, wanted: Sequence[str], *, loose: bool = True) -> list[PrintFound]:
    """Every place of a phrase, over line ends too. Of lists a word must be the same: `hate` is
    not to be found in `late`, and many words near to one of a list are harmless."""
    read = [(hit[0].casefold(), *hit.span()) for hit in _WORD.finditer(page.text)][:MAX_WORDS]
    fit = word_likeness if loose else _same
    fits = {w: _fits(w, read, fit) for phrase in wanted for w in _split(phrase)}
    found = []
    for words in map(_split, wanted):
        for at in fits[words[0]]:
            share = min(fits[w].get(at + n, 0.0) for n, w in enumerate(words))
            if share > 0:
                start, end = read[at][1], read[at + len(words) - 1][2]
                sure = share * page.certainty(start, end)
                found.append(PrintFound(_shown(page.text[start:end]), sure))
    return found


def _split(phrase: str) -> list[str]:
    return re.findall(r"[^\W_]+\*?", phrase.casefold())


def _fits(
    wanted: str, read: Sequence[tuple[str, int, int]], fit: Callable[[str, str], float]
) -> dict[int, float]:
    """The places where a word fits a wanted one, and how well."""
    known: dict[str, float] = {}
    for word, _, _ in read:
        if word not in known:
            known[word] = fit(word, wanted)
    return {at: known[word] for at, (word, _, _) in enumerate(read) if known[word] > 0}


def _same(read: str, wanted: str) -> float:
    if wanted.endswith("*"):
        return float(_folded(read).startswith(_folded(wanted[:-1])))
    return float(_folded(read) == _folded(wanted))


def _folded(word: str) -> str:
    """With the letters that readers take for one another made one."""
    return word.translate(_CONFUSED)


def _at(page: Page, span: tuple[int, int], *, hidden: bool = False) -> PrintFound:
    return PrintFound(_shown(page.text[slice(*span)], hidden), page.certainty(*span))


def _shown(text: str, hidden: bool = False) -> str:
    line = text.replace("\n", " / ")[:120]
    if not hidden:
        return line
    last = [at for at, c in enumerate(line) if c.isalnum()][-LAST:]
    return "".join("*" if c.isalnum() and at not in last else c for at, c in enumerate(line))


@cache
def _pattern(regex: str) -> Any:
    """Raises `ValueError`."""
    try:
        import re2
    except ModuleNotFoundError as error:
        raise ValueError("patterns need a package: pip install google-re2") from error

    if len(regex) > MAX_PATTERN:
        raise ValueError(f"the regex is longer than {MAX_PATTERN} characters: shorten it")
    options = re2.Options()
    options.max_mem = PATTERN_MEMORY
    options.log_errors = False
    try:
        compiled: Any = re2.compile(regex, options)
        return compiled
    except re2.error as error:
        told = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(
            f"the regex is none that RE2 takes ({told}); it has no look-around and no "
            "back-references"
        ) from error
