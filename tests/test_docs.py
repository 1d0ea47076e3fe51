"""The docs name only what is there: links, commands and options; made pages are fresh."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from tests.command_tree import command_in, generator, options

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
PLACE = re.compile(
    r"`((?:src/crosslight/|tests/|benchmarks/)?"
    r"(?:bench|build|judge|graders|models|flow|store|policy|view|export|stats|text|records|cli)"
    r"/[a-z_/]*(?:\.(?:py|pyi|yaml|j2|tsv))?)`"
)
"""`build/bank.py` and the like: a file or folder of a room, or of its tests."""
BENCHMARK = re.compile(r"(?<!OLD )python3? (?:-m benchmarks\.(\w+)|benchmarks/(\w+)\.py)")
COMMAND = re.compile(r"^\s*(?:\.venv/bin/)?crosslight (?!-)(.+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_options_in_commands_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = "\n".join(re.findall(r"```(?:sh|console)?\n(.*?)```", text, re.DOTALL))
    for line in COMMAND.findall(blocks):
        words = line.split("#")[0]
        name = command_in(words)
        assert name, f"there is no command `crosslight {words}`"
        for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", words):
            assert option in options()[name], f"`crosslight {name}` has no {option}"


BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("page", [*PAGES, *BENCHMARKS], ids=lambda p: str(p.relative_to(ROOT)))
def test_benchmarks_are_named_as_they_start(page: Path) -> None:
    """As a file a script does not find `tests` and `benchmarks`; as a module it does."""
    for module, file in BENCHMARK.findall(page.read_text(encoding="utf-8")):
        script = ROOT / "benchmarks" / f"{module or file}.py"
        assert script.is_file(), f"there is no {script.name}"
        if file:
            needs = re.findall(
                r"^\s*(?:from|import) (?:tests|benchmarks)\b", script.read_text(), re.M
            )
            assert not needs, f"python -m benchmarks.{file}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_in_examples_work(page: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for node in ast.walk(ast.parse(block, feature_version=(3, 11))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("crosslight"):
                module = importlib.import_module(node.module or "")
                lacks = [alias.name for alias in node.names if not hasattr(module, alias.name)]
                assert not lacks, f"{node.module} has no {lacks}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_of_the_house_that_are_named_exist(page: Path) -> None:
    named = PLACE.findall(page.read_text(encoding="utf-8"))
    roots = (ROOT, ROOT / "src" / "crosslight", ROOT / "src")
    gone = [name for name in named if not any((root / name).exists() for root in roots)]
    assert gone == []


@pytest.mark.parametrize("page", ["bench-suites.md", "commands.md"])
def test_a_made_page_is_what_the_declarations_make(page: str) -> None:
    path = ROOT / "docs" / page
    made = generator().pages()[path]
    assert path.read_text(encoding="utf-8") == made, "run make docs"


def test_no_page_names_a_path_of_one_machine() -> None:
    for page in PAGES:
        assert not re.search(r"/(?:root|home|Users)/\w", page.read_text(encoding="utf-8")), page
