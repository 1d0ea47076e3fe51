"""A hint names only what exists: every option and every command in a text of ours is looked up.

Hints stand far from the command line that they speak of, and drift from it unseen.
"""

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.command_tree import command_in, generator, options

SOURCE = Path(__file__).parent.parent / "src" / "crosslight"
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9]+(?:-[a-z0-9]+)*(?![\w-])")
COMMAND = re.compile(r"(?<![\w/.-])crosslight +((?!-)[a-z][^`;:,.()\n]*)")
PART = re.compile(r"`([a-z]+ [a-z]+)`")
MODULE = re.compile(r"python -m (crosslight[\w.]*)")

RUNS = ("build run", "judge run", "judge assess", "bench run")
"""The commands that ask models. What a room below them says must hold for each."""
TUNE = ("tune sft", "tune dpo", "tune reward", "tune grpo", "tune probe", "tune judge")
SERVES = {
    "tune": TUNE,
    "api/tuning.py": TUNE,
    "models/hf/repository.py": TUNE,
    "build": ("build run",),
    "build/calibrate/run.py": ("build calibrate",),
    "build/rethreshold/run.py": ("build rethreshold",),
    "bench": ("bench run",),
    "prefer": ("prefer run",),
    "judge": (
        "judge run",
        "judge assess",
        "judge agree",
        "judge rethreshold",
        "judge report",
    ),
    "graders": ("bench run",),
    "api": RUNS,
    "api/judge_tuning.py": ("tune judge",),
    "rate": ("rate",),
    "photos": ("build run", "judge run", "judge assess"),
    "judge/compile.py": ("policy compile",),
    "models/doctor/canary.py": ("build run",),
}
"""Rooms, and files of rooms, that do not serve every run, with the commands that they serve."""
ONE_IS_ENOUGH = frozenset("tune build bench judge graders rate view export api cli".split())
"""Rooms that know which of their commands is running; the others must be right for each."""

FILES = sorted(
    path
    for path in SOURCE.rglob("*")
    if path.suffix in (".py", ".j2", ".yaml") and "bank_data" not in path.parts
)


def texts(path: Path) -> Iterator[str]:
    """What a file may say to people: the strings of a module but its docstrings, a whole template.
    What is filled in reads `{}`."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield re.sub(r"<style>.*?</style>|style=\"[^\"]*\"", "", source, flags=re.DOTALL)
        return
    tree = ast.parse(source)
    told = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            told.update(map(id, node.values))
            parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
            yield "".join(map(str, parts))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def groups() -> set[str]:
    """Groups that need the name of a part behind them; `` for `crosslight` itself."""
    told = {c.words.partition(" ")[2] for c in generator().commands() if c.parts}
    return told - {c.short.partition(" ")[2] for c in generator().commands() if c.short}


def unknown_commands(text: str) -> list[str]:
    wrong = [m[0] for m in COMMAND.finditer(text) if command_in(m[1]) in groups()]
    firsts = {name.split()[0] for name in options() if " " in name}
    parts = [part for part in PART.findall(text) if part.split()[0] in firsts]
    wrong += [part for part in parts if part not in options()]
    return wrong + [name for name in MODULE.findall(text) if find_spec(name) is None]


def unknown_options(text: str, path: Path) -> list[str]:
    """Options that the command around them lacks, or else the commands of the room."""
    told = [(m.span(), command_in(m[1])) for m in COMMAND.finditer(text)]
    wrong = []
    for option in OPTION.finditer(text):
        around = [(name,) for (start, end), name in told if start < option.start() < end]
        verbs = around[0] if around else served(path)
        lack = [verb for verb in verbs if option[0] not in options().get(verb, frozenset())]
        one_is_enough = not around and path.relative_to(SOURCE).parts[0] in ONE_IS_ENOUGH
        if len(lack) == len(verbs) or (lack and not one_is_enough):
            wrong.append(f"{option[0]} is no option of {', '.join(lack)}: {text[:160]!r}")
    return wrong


def served(path: Path) -> tuple[str, ...]:
    """The commands whose users read what this file says."""
    room = path.relative_to(SOURCE).parts[0]
    if room in ("view", "export") or (room == "cli" and path.stem not in ("console", "options")):
        return tuple(options())
    return SERVES.get(path.relative_to(SOURCE).as_posix(), SERVES.get(room, RUNS))


def is_argument(text: str) -> bool:
    """One word with dashes before it: given to another program, or a declaration."""
    return bool(OPTION.fullmatch(text))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_command_in_a_text_is_there(path: Path) -> None:
    assert [wrong for text in texts(path) for wrong in unknown_commands(text)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_option_in_a_text_is_there_for_who_reads_it(path: Path) -> None:
    told = [text for text in texts(path) if not is_argument(text)]
    assert [wrong for text in told for wrong in unknown_options(text, path)] == []


@pytest.mark.parametrize(
    ("room", "text"),
    [
        ("build/x.py", "name one with --colunm"),
        ("bench/x.py", "shown with --reason-tokens"),
        ("store/x.py", "see --per-photo"),
        ("policy/x.py", "crosslight policy compile {} --modle SPEC"),
    ],
)
def test_an_option_that_leads_nowhere_is_found(room: str, text: str) -> None:
    assert unknown_options(text, SOURCE / room)


@pytest.mark.parametrize(
    "text",
    [
        "`crosslight doktor SPEC`",
        "crosslight policy",
        "see `bench lists`",
        "python -m crosslight.x",
    ],
)
def test_a_command_that_leads_nowhere_is_found(text: str) -> None:
    assert unknown_commands(text)


def test_hints_lead_on() -> None:
    assert unknown_commands("`crosslight doctor SPEC` shows more; see `policy list`") == []
    assert unknown_options("crosslight policy compile {} --model SPEC", SOURCE / "store/x.py") == []
    assert unknown_options("name another with --store", SOURCE / "judge/x.py") == []
