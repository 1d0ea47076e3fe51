"""Sixty files of strangers, of all kinds, in every verb that reads pictures: the run ends in time
and memory, every entry stands in one place, and nothing is called a defect of ours."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crosslight.models.fake import FakeServer
from tests.build.scenes import picture
from tests.fuzz.target import targets
from tests.fuzz.test_pictures import BY_HAND
from tests.runs.verbs import VERBS, Ended, Verb, prepared, ran, summary

OURS = "a defect of ours"
MOST_S, MOST_KB = 120, 1 << 20
# Linux hands a child its parent's peak at exec, and pytest's own may be gigabytes: so a small
# process stands between, whose children alone are counted.
COUNTED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""
BAD_YAML = {
    "alias.yaml": "a: &a [1]\nrules: [*a, *a]\n",
    "deep.yaml": "[" * 500 + "]" * 500,
    "binary.yaml": "\x00\x01\x02",
    "hidden.yaml": "title: x\nrules: [{id: a, text: 'no \u202e cats'}]\n",
    "tag.yaml": "!!python/object/apply:os.system ['true']\n",
    "empty.yaml": "",
}
ENDINGS = {
    "tar": ".tar",
    "tgz": ".tgz",
    "parquet": ".parquet",
    "csv": ".csv",
    "jsonl": ".jsonl",
    "list": ".txt",
}


def sixty(folder: Path) -> list[Path]:
    """24 pictures, 5 of each kind of archive and table, 6 YAML files; by name."""
    folder.mkdir()
    made: dict[str, bytes] = {
        f"{at:02} {name[:40]}.jpg".replace("/", "-"): BY_HAND[name]()
        for at, name in enumerate(list(BY_HAND)[:24])
    }
    for target in targets():
        if target.name in ENDINGS:
            wrong = target.handmade()
            step = max(1, len(wrong) // 5)
            for at, data in enumerate(wrong[::step][:5]):
                made[f"{target.name}-{at}{ENDINGS[target.name]}"] = data
    made |= {name: text.encode() for name, text in BAD_YAML.items()}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("strangers")
    prepared(folder, 3)
    files = sixty(folder / "sixty")
    assert len(files) == 60
    rows = [
        json.dumps(
            {
                "id": str(at),
                "text": "May I?",
                "image": f"sixty/{path.name}",
                "expected": "no",
                "subset": "bad",
                "side": "unsafe",
            }
        )
        for at, path in enumerate(files)
    ]
    broken = ["{", "[]", '{"id": 1}', '{"expected": {}}', "\x00", '{"id": "x", "text": 5}']
    (folder / "items.jsonl").write_text("\n".join([*rows, *broken]), encoding="utf-8")
    return folder


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_sixty_files_at_once(verb: Verb, here: Path, tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 1)) as server:
        words = verb.command(here, server.spec, f"out-{verb.name}", "--attempts", "1")
        words = [word.replace("/photos", "/sixty") for word in words]
        began = time.monotonic()
        peak = tmp_path / "peak"
        done = subprocess.run(
            [sys.executable, "-c", COUNTED, str(peak), *words],
            capture_output=True,
            text=True,
            check=False,
        )
    told = done.stdout + done.stderr
    assert done.returncode in (0, 1), told
    assert OURS not in told and "Traceback" not in told
    assert time.monotonic() - began < MOST_S
    assert 10_000 < int(peak.read_text()) < MOST_KB
    account = summary(here / f"out-{verb.name}")["account"]
    assert account["inputs"] == (66 if verb.name == "bench" else 60)
    assert account["not_reached"] == 0
    assert account["inputs"] == sum(n for name, n in account.items() if name != "inputs")


@pytest.mark.parametrize("kind", ENDINGS)
def test_each_file_as_what_it_says_it_is(kind: str, here: Path, tmp_path: Path) -> None:
    """What is wrong with one costs itself, and is told."""
    for path in sorted((here / "sixty").glob(f"{kind}-*")):
        done = judged(path, tmp_path / path.stem, tmp_path / "store")
        assert done.returncode in (0, 1, 2), done.stderr
        assert OURS not in done.stderr and "Traceback" not in done.stderr
        if (tmp_path / path.stem / "run.json").exists():
            account = summary(tmp_path / path.stem)["account"]
            assert account["inputs"] == sum(n for name, n in account.items() if name != "inputs")
        else:
            assert done.returncode == 2 and done.stderr.count("help:") == 1


def test_good_and_bad_photos_together(here: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for path in (here / "sixty").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    for at in range(3):
        (folder / f"good-{at}.jpg").write_bytes(picture(at))
    done = judged(folder, tmp_path / "out", tmp_path / "store")
    assert done.returncode == 0, done.stderr
    names = json.dumps(summary(tmp_path / "out")["account"])
    assert summary(tmp_path / "out")["account"]["finished"] >= 3, names


@pytest.mark.parametrize("name", BAD_YAML)
@pytest.mark.parametrize("use", ["constitution", "suite", "scale", "policy check"])
def test_yaml_of_strangers(use: str, name: str, here: Path, tmp_path: Path) -> None:
    path = here / "sixty" / name
    photo = tmp_path / "a.jpg"
    photo.write_bytes(picture(1))
    words: dict[str, list[object]] = {
        "constitution": ["judge", photo, "--constitution", path, "-o", tmp_path / "o"],
        "suite": ["bench", path, "--model", "fake:echo", "-o", tmp_path / "o"],
        "scale": ["judge", "assess", photo, "--model", "fake:echo", "--scale", path],
        "policy check": ["policy", "check", path],
    }
    done = ran(["python", "-m", "crosslight", *map(str, words[use])])
    assert done.returncode == 2, done.stdout
    assert OURS not in done.stderr
    assert name.partition(".")[0] in done.stderr or "YAML" in done.stderr, done.stderr


def judged(source: Path, out: Path, store: Path) -> Ended:
    words = ["judge", source, "--constitution", "visible", "--model", "fake:echo", "-q"]
    places = ["-o", out, "--store", store, "--injection", "off"]
    return ran(["python", "-m", "crosslight", *map(str, [*words, *places])])
