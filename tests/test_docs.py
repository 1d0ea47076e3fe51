"""The docs name only what is there: links, commands and options."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
COMMAND = re.compile(r"^\s*(?:\.venv/bin/)?crosslight ((?:[a-z]+ ?)+)(.*)$", re.MULTILINE)
GROUPS = {"models", "photos", "store", "policy", "fake"}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_options_in_commands_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = "\n".join(re.findall(r"```(?:sh|console)?\n(.*?)```", text, re.DOTALL))
    for words, rest in COMMAND.findall(blocks):
        verb = words.split()[: 2 if words.split()[0] in GROUPS else 1]
        told = options(tuple(verb))
        for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", rest.split("#")[0]):
            assert option in told, f"`crosslight {' '.join(verb)}` has no {option}"


@cache
def options(verb: tuple[str, ...]) -> str:
    """The help of a verb and, where it is a group with a default, of its parts."""
    subs: tuple[tuple[str, ...], ...] = ((),)
    if verb[0] == "judge":
        subs = (("run",), ("rethreshold",), ("report",), ("assess",))
    elif verb[0] == "bench":
        subs = (("run",), ("list",), ("show",))
    return "".join(_help((*verb, *sub)) for sub in subs)


def _help(words: tuple[str, ...]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "crosslight", *words, "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "", "COLUMNS": "200", "TERM": "dumb"},
    )
    return done.stdout


def test_no_page_names_a_path_of_one_machine() -> None:
    for page in PAGES:
        assert not re.search(r"/(?:root|home|Users)/\w", page.read_text(encoding="utf-8")), page
