"""One reader for every YAML that people write: a repeated key, a changed word, other systems."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crosslight.bench.suites.custom import custom_suite
from crosslight.build.bank import read_scenario
from crosslight.judge.scales import read_scale
from crosslight.models.embedded.thresholds import THRESHOLDS, read_thresholds
from crosslight.models.fake.script import load
from crosslight.models.fetch.manifest import MANIFEST, read_manifest
from crosslight.policy import read_any
from crosslight.policy.constitution import CONSTITUTION_FOLDER
from crosslight.policy.taxonomy import CROSSWALK_FOLDER, Scheme, _read
from crosslight.records import CrosslightError
from tests.build.banks import as_yaml, small_bank

SCRIPT = "name: demo\nslots: 4\nrules:\n  - {task: grade, choice: {Yes: .7, No: 0.20}}\n"
BANK_FILE = as_yaml(small_bank()["lake"])
SUITE = "name: signs\ndata: items.jsonl\nsubsets: {bad: Unsafe., good: Safe.}\n"
SCALE = "question: How safe is it?\nmarks: {0: bad, 10: best}\n"


def _shipped(path: Path) -> str:
    return path.read_text(encoding="utf-8")


READERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "constitution": (read_any, _shipped(CONSTITUTION_FOLDER / "template.yaml")),
    "compiled": (read_any, _shipped(CONSTITUTION_FOLDER / "household.compiled.yaml")),
    "scale": (lambda path: read_scale(str(path)), SCALE),
    "crosswalk": (lambda path: _read(path, Scheme), _shipped(CROSSWALK_FOLDER / "llamaguard.yaml")),
    "bank": (read_scenario, BANK_FILE),
    "script": (lambda path: load(str(path)), SCRIPT),
    "suite": (custom_suite, SUITE),
    "manifest": (read_manifest.__wrapped__, _shipped(MANIFEST)),
    "thresholds": (read_thresholds.__wrapped__, _shipped(THRESHOLDS)),
}
"""How each is read, and a sound file of it."""


def refusal(read: Callable[[Path], Any], path: Path, data: str | bytes) -> str:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(CrosslightError) as caught:
        read(path)
    return caught.value.message


@pytest.mark.parametrize("name", READERS)
def test_every_reader(name: str, tmp_path: Path) -> None:
    read, text = READERS[name]
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    read(path)  # with the mark and the line ends of Windows
    last = text.count("\n") + 1
    at, key = next(
        (at, line.split(":")[0])
        for at, line in enumerate(text.split("\n"), 1)
        if line and line[0].isalpha() and ":" in line
    )
    said = refusal(read, path, f"{text}{key}: 1\n")
    assert f"line {last}: `{key}` stands twice" in said
    assert f"also in line {at}" in said
    assert f"line {last}: surprise: is no field" in refusal(read, path, f"{text}surprise: 1\n")
    assert f"line {last}: tags" in refusal(read, path, f"{text}x: !!python/name:os.system ''\n")
    assert f"line {last}: aliases" in refusal(read, path, f"{text}x: *y\n")
    assert f"line {last}: hidden character U+200B" in refusal(read, path, f"{text}# a\u200bb\n")
    assert "levels deep" in refusal(read, path, text + "x: " + "[" * 500)
    assert "cp1252" in refusal(read, path, text.encode() + b"# K\xfcche\n")
    assert "not YAML" in refusal(read, path, text + "x: [\n")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (
            "suite",
            "bad: Unsafe.",
            "bad: no",
            'subsets.bad: YAML reads a bare no as false: write "no"',
        ),
        ("script", "name: demo", "name: off", 'name: YAML reads a bare off as false: write "off"'),
        ("scale", "0: bad", "0: No", 'marks.0: YAML reads a bare No as false: write "No"'),
        ("suite", "name: signs", "name:", "name: nothing stands there"),
        (
            "suite",
            "data: items.jsonl",
            "data: ~",
            'data: YAML reads a bare ~ as nothing: write "~"',
        ),
        ("script", "slots: 4", "slots: four", "slots: wants a whole number, and four stands there"),
        (
            "script",
            "task: grade",
            "tаsk: grade",
            "the Cyrillic letter U+0430 looks like the Latin a",
        ),
    ],
)
def test_a_changed_word_is_told(name: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    read, text = READERS[name]
    assert old in text
    assert says in refusal(read, tmp_path / "x.yaml", text.replace(old, new))


def test_numbers_of_a_script_stay_numbers(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "latency_ms: 1.50\nrules:\n  - {json: {p: 0.90, t: 22:30}, text: 12, answer: 007}\n"
    )
    script = load(str(path))
    assert (script.name, script.latency_ms) == ("s", 1.5)
    rule = script.rules[0]
    assert (rule.json_, rule.text, rule.answer) == ({"p": 0.9, "t": "22:30"}, "12", "007")


def test_the_command_lists_all_and_fails(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(
        "title: T\nrules:\n  - id: on\n    text: No cat is here.\n    text: No horse is here.\n"
    )
    command = [sys.executable, "-m", "crosslight", "policy", "check", "p.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'line 3: rule on, id: YAML reads a bare on as true: write "on"' in done.stderr
    assert "line 5: `text` stands twice: also in line 4" in done.stderr
    assert "rules" not in done.stdout
