"""README's picture of the viewer: it is there, small and described, and its script can make it."""

import os
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from tests.command_tree import command_in, options

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def script() -> Any:
    found = spec_from_file_location("_picture", ROOT / "docs" / "picture.py")
    assert found is not None and found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_picture_is_there_small_and_described() -> None:
    (shown,) = re.findall(r"<picture>.*?</picture>", README)
    assert len(re.findall(r'alt="([^"]{60,})"', shown)) == 1
    named = {ROOT / name for name in re.findall(r'src(?:set)?="([^"]+)"', shown)}
    assert named == set(script().PICTURES.values())
    for path in named:
        assert path.stat().st_size <= script().MOST == 300_000
        with Image.open(path) as image:
            assert image.format == "WEBP" and image.width >= 1_100
    before = README[: README.index("<picture>")]
    assert before.count("\n") < 40 and "crosslight view runs/demo\nhttp://" in before


def test_the_script_calls_a_command_that_exists_with_its_options() -> None:
    program, *words = script().COMMAND
    name = command_in(" ".join(words))
    assert program == "crosslight" and name == "view"
    assert {word for word in words if word.startswith("--")} <= options()[name]


def test_the_photos_in_it_may_be_handed_on_and_who_took_them_is_named() -> None:
    file = ROOT / "src" / "crosslight" / "models" / "fetch" / "manifest.yaml"
    pieces = yaml.safe_load(file.read_text(encoding="utf-8"))["files"]
    for name in ("coffee", "chelsea", "camera"):
        assert pieces[name]["licence"] == script().LICENCE == "CC0-1.0"
        assert all(part in README for part in pieces[name]["credit"].split("; "))


def test_without_a_browser_the_script_says_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "picture.py"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "There is no Chromium here to take a picture with: apt install chromium"
    )
