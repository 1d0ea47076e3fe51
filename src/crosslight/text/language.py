"""In which language a short text is, as far as its letters and its small words tell.

Enough to see that a reply is in another language than its question; no more. A text whose letters
are Latin and whose small words are few, or speak for two languages alike, has none that is known.
"""

import re
import unicodedata
from collections import Counter

LEAST_WORDS = 3
"""Different small words that a language needs."""
CLEAR = 1.5
"""So many times those of the next language."""
MOST_READ = 4_000
"""Characters that are looked at."""
_WORD = re.compile(r"[^\W\d_]+")
_SMALL = {
    "en": "the a an and or of to in is are it that this you i not be with for on can what how my",
    "de": "der die das und oder ist nicht ich du sie es ein eine zu mit auf für den wie was auch",
    "fr": "le la les et ou est pas je tu vous il un une des de du dans pour que qui avec sur ce",
    "es": "el la los las y o es no yo que de en un una por para con se lo como su puedo está",
    "pt": "o a os as e ou é não eu que de em um uma por para com se como isso você seu está",
    "it": "il lo la gli le e o è non io che di in un una per con si come questo sono del della",
    "nl": "de het een en of is niet ik je u dat dit van in op met voor zijn wat hoe te ook",
    "sv": "den det en ett och eller är inte jag du som att på i med för av kan vad hur",
    "pl": "i w na z nie to że się jest do jak co czy jestem nie może tego od po",
    "tr": "bir ve bu da de için ile ne mi mı ben sen o değil olarak çok gibi var",
    "id": "yang dan di ini itu tidak untuk dengan saya anda ke dari adalah apa bisa akan",
    "vi": "là và của có không tôi bạn này cho trong một được với những các thể",
}
_OF: dict[str, list[str]] = {}
for _name, _words in _SMALL.items():
    for _one in dict.fromkeys(_words.split()):
        _OF.setdefault(_one, []).append(_name)
_SCRIPTS = (
    *("CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "BENGALI", "TAMIL", "THAI"),
    *("HANGUL", "HIRAGANA", "KATAKANA", "CJK", "ARMENIAN", "GEORGIAN"),
)


def language_of(text: str) -> str:
    """A two-letter code for a language in Latin letters, the name of the script for others
    (`cyrillic`, `cjk`, `kana` ...), empty where it cannot be told."""
    text = text[:MOST_READ]
    scripts = Counter(_script(char) for char in text if char.isalpha())
    letters = scripts.total()
    if not letters:
        return ""
    if scripts["kana"] >= letters / 10:
        return "kana"
    script, count = scripts.most_common(1)[0]
    if script != "latin":
        return script if count > letters / 2 else ""
    return _latin(text)


def _latin(text: str) -> str:
    words = Counter(_WORD.findall(text.casefold()))
    hits: Counter[str] = Counter()
    different: Counter[str] = Counter()
    for word, count in words.items():
        for name in _OF.get(word, ()):
            hits[name] += count
            different[name] += 1
    ranked = [*hits.most_common(2), ("", 0), ("", 0)]
    (name, first), (_, second) = ranked[0], ranked[1]
    return name if different[name] >= LEAST_WORDS and first >= CLEAR * second else ""


def _script(char: str) -> str:
    if char < "\u0250":
        return "latin"
    name = unicodedata.name(char, "")
    found = next((script for script in _SCRIPTS if name.startswith(script)), "latin")
    return "kana" if found in ("HIRAGANA", "KATAKANA") else found.lower()
