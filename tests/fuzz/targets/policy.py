"""Policies as YAML: a whole policy, or an error that lists what is wrong."""

from collections.abc import Sequence
from pathlib import Path

from crosslight.policy import Constitution, PolicyError, read_any
from tests.fuzz.target import Target

SOUND = (
    b"title: T\nrules:\n  - id: a\n    text: No cat within {n} cm.\n    constants: {n: 1.50}\n",
    b"\xef\xbb\xbftitle: 'T'\r\nrules:\r\n- {id: b, text: \"No dog is here.\", allowed: yes}\r\n",
    b"title: T\nby: me\nrules:\n- id: c\n  rule: No cat here.\n  text: No cat here.\n"
    b"  chain: [{any: [{see: a cat, words: [cat]}]}]\n",
    "title: T\rrules:\r- id: d\r  text: کتاب\u200cها here\r".encode("utf-16"),
)
ODD = (
    *(
        "no",
        "~",
        "22:30",
        "1e999",
        "0x1F",
        "2024-01-01",
        "!!int 3",
        "!x y",
        "*a",
        "&a b",
        "<<",
        "=",
    ),
    *(
        "[",
        "{",
        "]",
        "{a: {}}",
        "[[[]]]",
        "? x",
        "- -",
        "|",
        ">-",
        "'",
        '"\\u202e"',
        '"\\x00"',
        "%",
    ),
    *("9" * 5000, "\t", "\u00a0", "\u200b", "\u2028", "\x85", "\ud7ff", "\U0010ffff", "с" * 9, "-"),
)
WHOLE = (
    *(b"", b"\n", b"#", b"---\n---\n", b"...\n", b"%YAML 9.9\n---\na", b"a: &a [*a]", b"\xff\xfe"),
    *(b"[" * 9_000, b"{" * 9_000, b"- " * 50_000, b"? " * 50_000, b"a: " * 9_000, b"\0" * 999),
    *(b"rules: [" + b"1," * 25_000, b"x" * 300_000, b"a:\n" * 2_000, b"&a " * 9_000),
)


def sound() -> Sequence[bytes]:
    """Small policies, one of them compiled."""
    return SOUND


def handmade() -> Sequence[bytes]:
    """Every odd value as a title and as a rule's text and name; files that are none."""
    forms = ("title: {}\nrules: []\n", "title: T\nrules:\n- id: {}\n  text: {}\n  {}: x\n")
    return [*(form.replace("{}", odd).encode() for form in forms for odd in ODD), *WHOLE]


def read(data: bytes, folder: Path) -> None:
    """A file of that content."""
    path = folder / "p.yaml"
    path.write_bytes(data)
    try:
        found = read_any(path)
    except PolicyError as error:
        assert error.message.startswith(("p.yaml", str(path)))
        assert len(error.message) < 50_000
        return
    assert found.rules
    if isinstance(found, Constitution):
        assert all(
            str(value) in rule.stated for rule in found.rules for value in rule.constants.values()
        )


TARGET = Target("policy", read, sound, handmade, files=200)
