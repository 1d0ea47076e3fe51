"""Lists of words and phrases, one file a list and language: `crime.en.txt`.

`words:crime` asks all languages of a list, `words:crime-en` one. A word ending in `*` stands for
all words that begin so. Lists are short and plain: they find what is written openly.
"""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("words")
PREFIX = "words:"


class NoSuchList(ValueError):
    """There is no word list of that name; the message names those that there are."""


def word_list_names() -> list[str]:
    """`crime`, `crime-de`, `crime-en`, ...: what may stand behind `words:`."""
    files = sorted(path.name.split(".")[:2] for path in FOLDER.glob("*.*.txt"))
    names = {name for name, _ in files} | {f"{name}-{language}" for name, language in files}
    return sorted(names)


@cache
def word_list(name: str) -> tuple[str, ...]:
    """The entries of a list, all languages together unless the name says one. Raises
    `NoSuchList`."""
    if name not in word_list_names():
        raise NoSuchList(f"there is no word list {name!r}; there are: {_listed()}")
    title, _, language = name.partition("-")
    files = sorted(FOLDER.glob(f"{title}.{language or '*'}.txt"))
    lines = [row for path in files for row in path.read_text(encoding="utf-8").splitlines()]
    kept = (row.partition("#")[0].strip() for row in lines)
    return tuple(dict.fromkeys(row for row in kept if row))


def _listed() -> str:
    return ", ".join(name for name in word_list_names() if "-" not in name)
