"""The house (docs/design.md): rooms import downward, through each other's faces, without circles.

`python -m tests.test_rooms` prints the rooms and the figures of the tree.
"""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "crosslight"
FLOORS = (
    ("records",),
    ("text", "stats"),
    ("store",),
    ("policy",),
    ("photos",),
    ("models",),
    ("flow",),
    ("runs",),
    ("graders",),
    ("build", "judge", "bench", "prefer"),
    ("tune",),
    ("rate",),
    ("export",),
    ("view",),
    ("api",),
    ("cli",),
)
"""From the ground up. Rooms on one floor stand side by side and do not know each other."""
FLOOR = {room: at for at, floor in enumerate(FLOORS) for room in floor}
HEAVY = (
    *("torch", "transformers", "ray", "xllamacpp", "rapidocr", "onnxruntime", "wordllama", "cv2"),
    *("numpy", "pyarrow", "PIL", "aiohttp", "pydantic", "jinja2", "sklearn", "scipy"),
)

FILES = sorted(p for p in SOURCE.rglob("*.py") if p.parent != SOURCE)


def module_of(path: Path) -> str:
    """`crosslight.flow.runner`; a package by its own name."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    return {module_of(path): path for path in SOURCE.rglob("*.py")}


@cache
def face(room: str) -> dict[str, str]:
    """The public names of a room, each with the module that it comes from."""
    stub = SOURCE / room / "__init__.pyi"
    if not stub.is_file():
        return {}
    found = {}
    for node in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            module = f"crosslight.{room}" + (f".{node.module}" if node.module else "")
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                found[alias.name] = inner if inner in modules() else module
    return found


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every import of Crosslight's own, anywhere in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room"
            yield from ((node.module or "", alias.name) for alias in node.names)


def own(path: Path) -> list[tuple[str, str]]:
    return [(m, n) for m, n in imports(path) if m.partition(".")[0] == "crosslight"]


def room_of(module: str, name: str = "") -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else name


def targets(path: Path) -> set[str]:
    """The modules of Crosslight that a file leans on, faces looked through."""
    found = set()
    for module, name in own(path):
        room = room_of(module, name)
        if f"{module}.{name}" in modules():
            found.add(f"{module}.{name}")
        elif module == f"crosslight.{room}" and name in face(room):
            found.add(face(room)[name])
        elif module in modules():
            found.add(module)
    return found - {module_of(path), "crosslight"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_room_imports_only_rooms_below_it(path: Path) -> None:
    room = path.relative_to(SOURCE).parts[0]
    assert room in FLOOR, f"{room} is no room of the house: add it to docs/design.md"
    used = {room_of(module, name) for module, name in own(path)} & FLOOR.keys() - {room}
    upward = {other for other in used if FLOOR[other] > FLOOR[room]}
    beside = {other for other in used if FLOOR[other] == FLOOR[room]}
    assert not upward, f"imports upward: {sorted(upward)}"
    assert not beside, f"knows a room of its own floor: {sorted(beside)}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_other_rooms_are_entered_by_their_face(path: Path) -> None:
    room = path.relative_to(SOURCE).parts[0]
    past = [
        f"from {module} import {name}"
        for module, name in own(path)
        if (other := room_of(module, name)) in FLOOR
        and other != room
        and (module != f"crosslight.{other}" or name not in face(other))
    ]
    assert not past, f"past a face: {past}"


def test_no_circle_of_imports() -> None:
    assert list(circles({module: targets(path) for module, path in modules().items()})) == []


def circles(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    """Every circle that a walk in depth meets, functions' own imports included."""
    done: set[str] = set()

    def walk(module: str, trail: list[str]) -> Iterator[list[str]]:
        if module in trail:
            yield [*trail[trail.index(module) :], module]
        elif module not in done:
            for other in sorted(graph.get(module, ())):
                yield from walk(other, [*trail, module])
            done.add(module)

    for module in sorted(graph):
        yield from walk(module, [])


def test_the_walk_finds_a_circle() -> None:
    assert list(circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == [["a", "b", "c", "a"]]


ROOMS = sorted(p.parent.name for p in SOURCE.glob("*/__init__.pyi"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_face_gives_what_it_names_and_hides_no_module(room: str) -> None:
    module = importlib.import_module(f"crosslight.{room}")
    assert set(module.__all__) == set(face(room))
    for name, source in face(room).items():
        is_module = source == f"crosslight.{room}.{name}"
        assert is_module or f"crosslight.{room}.{name}" not in modules(), f"{name} hides a module"
        if not needs_torch(source):
            assert getattr(module, name) is not None


def needs_torch(module: str) -> bool:
    return module.startswith("crosslight.models.hf")


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    code = f"import sys, crosslight.cli\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def tree(paths: Iterable[Path]) -> str:
    """Figures of the tree: files, lines, the share of files under 60 lines, rooms with theirs."""
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    told = []
    for floor in FLOORS:
        for room in floor:
            own_lines = [
                n for path, n in lines.items() if path.relative_to(SOURCE).parts[0] == room
            ]
            if own_lines:
                below = {
                    room_of(m, n)
                    for p in lines
                    for m, n in own(p)
                    if p.relative_to(SOURCE).parts[0] == room
                } & FLOOR.keys() - {room}
                used = ", ".join(sorted(below, key=lambda r: FLOOR[r])) or "nothing"
                told.append(
                    f"{room:8} {len(own_lines):3} files {sum(own_lines):6,} lines  uses {used}"
                )
    small = sum(n < 60 for n in lines.values())
    told.append(
        f"{len(lines)} files, {sum(lines.values()):,} lines, "
        f"{small} ({small / len(lines):.0%}) under 60 lines"
    )
    return "\n".join(told)


if __name__ == "__main__":
    print(tree(sorted(SOURCE.rglob("*.py"))))
