"""A fence around text of strangers in a prompt, which the text cannot close.

The marks carry a name that is made of the whole prompt's content and does not occur in it: nobody
can write it who has not seen the finished prompt, and the same content always gets the same name,
so that keys of stored answers stay.
"""

import hashlib

LONG = 8
"""Hexadecimal digits of a name."""
MARKS = 2
"""How often a fence has its name."""


def fence_name(content: str) -> str:
    """A name that does not occur in `content`, whatever its case; the same for the same content."""
    folded = content.casefold()
    digest = hashlib.sha256(content.encode(errors="surrogatepass"))
    while (name := digest.hexdigest()[:LONG]) in folded:
        digest.update(b"again")
    return name


def fenced(text: str, label: str, name: str) -> str:
    """`text` as a block of its own between two marks."""
    return f"<<<{label}-{name}\n{text}\n{label}-{name}>>>"


def last_fenced(text: str) -> str:
    """What stands in the fence that ends `text`; without one, its last line. For models that take
    the words that they are asked about out of a prompt."""
    whole = text.strip()
    mark = whole[whole.rfind("\n") + 1 :].removesuffix(">>>")
    _, opened, rest = whole.partition(f"<<<{mark}\n")
    if opened and rest.endswith(f"\n{mark}>>>"):
        return rest.removesuffix(f"\n{mark}>>>")
    return whole[whole.rfind("\n") + 1 :]
