"""The real tree of commands, as docs/generate.py reads it off the declarations."""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


@cache
def generator() -> Any:
    """The module docs/generate.py."""
    found = importlib.util.spec_from_file_location("_generate", ROOT / "docs" / "generate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


@cache
def options() -> dict[str, frozenset[str]]:
    """Every command (`judge run`; `` for the root) with the names of its options. A short form
    (`judge` for `judge run`) has the options of what it stands for."""
    told: dict[str, frozenset[str]] = {}
    for command in generator().commands():
        words = command.words.removeprefix("crosslight").strip()
        told[words] = told.get(words, frozenset()) | command.all_names
        if command.short:
            short = command.short.removeprefix("crosslight").strip()
            told[short] = told[short] | command.all_names
    return {words: names | {"-h", "--help"} for words, names in told.items()}


def command_in(text: str) -> str:
    """The longest command that `text` (what follows `crosslight`) begins with: `` for none."""
    words = text.split()
    for length in range(len(words), 0, -1):
        if (name := " ".join(words[:length])) in options():
            return name
    return ""
